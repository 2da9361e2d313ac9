// The clock, and arithmetic on it that cannot overflow.
//
// Invariant: `never` is the largest time; a sum that would pass it is `never`, so a wait "for ever" needs no
// special case. Thread-safety: pure functions.
#pragma once

#include <chrono>
#include <concepts>
#include <ratio>

namespace weir {

using clock = std::chrono::steady_clock;
using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<clock, duration>;

/// The time that does not come.
inline constexpr time_point never = time_point::max();

/// What a wait takes as its length: any std::chrono duration, as nanoseconds; what they cannot hold becomes
/// the largest or the smallest of them, so hours::max() is as long as for ever, and no number is 0.
class any_duration {
 public:
  template <class Rep, class Period>
  constexpr any_duration(std::chrono::duration<Rep, Period> d) noexcept : value_(saturated(d)) {}
  constexpr operator duration() const noexcept { return value_; }

 private:
  template <class Rep, class Period>
  static constexpr duration saturated(std::chrono::duration<Rep, Period> d) noexcept {
    if constexpr (std::ratio_greater_v<Period, std::nano> || std::floating_point<Rep>) {
      using coarse = std::chrono::duration<double, Period>;
      constexpr double most = std::chrono::duration_cast<coarse>(duration::max()).count();
      const auto count = static_cast<double>(d.count());
      if (count >= most) return duration::max();
      if (count <= -most) return duration::min();
      if (count != count) return duration::zero();
    }
    return std::chrono::duration_cast<duration>(d);
  }

  duration value_;
};

/// `t` + `d`: a negative `d` counts as 0, and the sum stops at `never`.
constexpr time_point after(time_point t, duration d) noexcept {
  if (d <= duration::zero()) return t;
  if (t.time_since_epoch() > duration::max() - d) return never;
  return t + d;
}

/// `d` from now on, by one reading of the clock; none when the answer is `never` whatever the time is.
inline time_point from_now(any_duration length) noexcept {
  const duration d = length;
  return d == duration::max() ? never : after(clock::now(), d);
}

}  // namespace weir
