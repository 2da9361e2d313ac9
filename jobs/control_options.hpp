// How the options that hold jobs back or repeat them are read: --backoff, --retry-budget, --breaker, --limit.
//
// A value that is refused names itself and a right one. Thread-safety: pure functions.
#pragma once

#include <weir/base/error.hpp>
#include <weir/control/backoff.hpp>
#include <weir/control/circuit_breaker.hpp>
#include <weir/control/retry_budget.hpp>

#include <cstdint>
#include <string_view>

namespace weir::jobs {

/// How many attempts may be under way at a time.
struct limit_choice {
  std::int64_t most = 0;  ///< 0: as many as the workers allow
  bool adaptive = false;  ///< follows the run times
  friend bool operator==(const limit_choice&, const limit_choice&) = default;
};

/// "10ms..1s": the first wait before another attempt, which doubles, and the longest. "10ms..1s,jitter=full"
/// (none, full, equal, decorrelated) spreads the waits; one duration alone is the wait each time.
io_result<control::backoff_options> parse_backoff(std::string_view text);

/// "10%": repeated attempts for each hundred jobs. The window is the last 600 jobs: the caller's clock goes
/// on by `budget_step` a job, so that slow jobs earn as much as quick ones. Nothing is granted beyond the
/// share.
io_result<control::retry_budget_options> parse_retry_budget(std::string_view text);
inline constexpr duration budget_step = std::chrono::milliseconds(100);

/// "50%/20,reset=30s": opens when that share of the last 100 attempts (or more, when the second number is
/// above 100) has failed, after that many at the least; tries again after the reset time. "50%/20" and "50%"
/// leave the rest at 10 attempts and 30s.
io_result<control::circuit_breaker_options> parse_breaker(std::string_view text);

/// A whole number of 1 or more, or "adaptive".
io_result<limit_choice> parse_limit(std::string_view text);

}  // namespace weir::jobs
