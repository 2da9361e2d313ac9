// How long a worker's jobs take: its own notes, told to the pool's admission now and then.
//
// Invariant: what is untold ended between first_ and last_, which lie less than `longest_untold` apart (but
// for the last note). So a worker writes its own cache line for each batch, and the shared one rarely. Not
// thread-safe: the pool's lock is held.
#pragma once

#include <weir/base/time.hpp>
#include <weir/control/expected_wait.hpp>

#include <cstdint>
#include <utility>

namespace weir::detail {

class service_tally {
 public:
  static constexpr duration longest_untold = std::chrono::milliseconds(100);

  /// So many jobs that took so long, one after the other. True when it is time to tell.
  bool note(time_point start, duration each, std::uint64_t jobs) noexcept {
    const duration took = each * static_cast<duration::rep>(jobs);
    last_ = start + took;
    if (untold_jobs_ == 0) first_ = last_;
    untold_jobs_ += jobs;
    untold_time_ += took;
    jobs_ += jobs;
    time_ += took;
    return last_ - first_ >= longest_untold;
  }

  void tell(control::expected_wait& waits) noexcept {
    if (untold_jobs_ == 0) return;
    const auto jobs = static_cast<std::int64_t>(std::exchange(untold_jobs_, 0));
    waits.on_complete(last_, std::exchange(untold_time_, duration::zero()) / jobs, jobs);
  }

  /// Of all jobs ever.
  std::uint64_t jobs() const noexcept { return jobs_; }
  duration time() const noexcept { return time_; }

 private:
  time_point first_{};
  time_point last_{};
  std::uint64_t untold_jobs_ = 0;
  duration untold_time_{};
  std::uint64_t jobs_ = 0;
  duration time_{};
};

}  // namespace weir::detail
