// Whether another attempt may be made, by a share of the jobs.
//
// Invariant: within the last 600 jobs no more is granted than the share of them; the budget's clock counts
// jobs, not time (budget_step each). In shadow everything is granted, and what would have been refused is
// counted. Thread-safe.
#pragma once

#include <jobs/control_options.hpp>
#include <weir/base/time.hpp>
#include <weir/control/retry_budget.hpp>

#include <cstdint>
#include <mutex>
#include <optional>

namespace weir::jobs {

class retry_allowance {
 public:
  /// Without options everything is granted.
  retry_allowance(const std::optional<control::retry_budget_options>& o, bool shadow) : shadow_(shadow) {
    if (o) budget_.emplace(*o);
  }

  /// A job begins its first attempt.
  void job() noexcept {
    const std::lock_guard lock(mutex_);
    now_ += budget_step;
    if (budget_) budget_->deposit(now_);
  }

  /// A job has failed and has attempts left.
  bool grants_another() noexcept {
    const std::lock_guard lock(mutex_);
    const bool granted = !budget_ || budget_->try_withdraw(now_);
    if (!granted) ++refused_;
    if (!granted && !shadow_) return false;
    ++granted_;
    return true;
  }

  struct figures {
    std::uint64_t granted, refused;
  };
  figures seen() const noexcept {
    const std::lock_guard lock(mutex_);
    return {granted_, refused_};
  }

 private:
  const bool shadow_;
  mutable std::mutex mutex_;  // guards all below
  std::optional<control::retry_budget> budget_{};
  time_point now_{};
  std::uint64_t granted_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace weir::jobs
