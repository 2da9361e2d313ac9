#include <weir/base/option_error.hpp>
#include <weir/guard/hedge.hpp>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <tuple>

namespace weir {

namespace {

constexpr std::uint64_t between_looks = 64;  // calls, after which the quantile is read anew

}  // namespace

std::optional<option_error> check(const hedge_options& options) {
  return first_error({check_above("quantile", options.quantile, 0, 1),
                      options.budget ? check(*options.budget) : std::nullopt,
                      check_range("minimum_calls", options.minimum_calls, 1)});
}

hedge::hedge(const hedge_options& options) : options_(checked(options)) {
  if (options.budget) budget_.emplace(*options.budget);
}

hedge::hedge(hedge&& other) noexcept
    : shadowable(static_cast<shadowable&&>(other)),
      options_(other.options_),
      budget_(other.budget_),
      measured_(other.measured_.load(std::memory_order_relaxed)),
      delay_(other.delay_.load(std::memory_order_relaxed)),
      hedges_(std::move(other.hedges_)),
      won_(std::move(other.won_)),
      refused_(std::move(other.refused_)) {
  for (std::size_t i = 0; i < times_.size(); ++i) {
    times_[i].store(other.times_[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
  }
}

std::optional<duration> hedge::begin(time_point now) noexcept {
  if (budget_) {
    const std::lock_guard hold(lock_);
    budget_->deposit(now);
  }
  return delay();
}

std::optional<duration> hedge::delay() const noexcept {
  const duration::rep d = delay_.load(std::memory_order_relaxed);
  if (d < 0) return std::nullopt;
  return duration(d);
}

bool hedge::may_hedge(time_point now) noexcept {
  bool paid = true;
  if (budget_) {
    const std::lock_guard hold(lock_);
    paid = budget_->try_withdraw(now);
  }
  if (!paid && !passes_as_shadow()) {
    refused_.add();
    return false;
  }
  hedges_.add();
  return true;
}

void hedge::took(duration time) noexcept {
  const std::uint64_t number = measured_.fetch_add(1, std::memory_order_relaxed) + 1;
  times_[number % times_.size()].store(time.count(), std::memory_order_relaxed);
  const auto enough = static_cast<std::uint64_t>(options_.minimum_calls);
  if (number < enough || (number - enough) % between_looks != 0) return;
  std::array<duration::rep, std::tuple_size_v<decltype(times_)>> known;
  const std::uint64_t count = std::min<std::uint64_t>(number, known.size());
  for (std::uint64_t i = 0; i < count; ++i) {
    known[i] = times_[(number - i) % times_.size()].load(std::memory_order_relaxed);
  }
  const auto rank =
      std::min(count - 1, static_cast<std::uint64_t>(options_.quantile * static_cast<double>(count)));
  const auto at = known.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(known.begin(), at, known.begin() + static_cast<std::ptrdiff_t>(count));
  delay_.store(*at, std::memory_order_relaxed);
}

}  // namespace weir
