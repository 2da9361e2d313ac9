// The clock, and arithmetic on it that cannot overflow.
//
// Invariant: `never` is the largest time; a sum that would pass it is `never`, so a wait "for ever" needs no
// special case. Thread-safety: pure functions.
#pragma once

#include <chrono>

namespace weir {

using clock = std::chrono::steady_clock;
using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<clock, duration>;

/// The time that does not come.
inline constexpr time_point never = time_point::max();

/// `t` + `d`: a negative `d` counts as 0, and the sum stops at `never`.
constexpr time_point after(time_point t, duration d) noexcept {
  if (d <= duration::zero()) return t;
  if (t.time_since_epoch() > duration::max() - d) return never;
  return t + d;
}

/// `d` from now on, by one reading of the clock; none when the answer is `never` whatever the time is.
inline time_point from_now(duration d) noexcept {
  return d == duration::max() ? never : after(clock::now(), d);
}

}  // namespace weir
