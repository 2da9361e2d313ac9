// The time between two times, whatever they are: the difference of two 64-bit numbers needs all 64 bits.
#pragma once

#include <weir/base/time.hpp>

#include <cstdint>

namespace weir::control {

/// Nanoseconds from `from` to `to`, which is not before it.
constexpr std::uint64_t elapsed(time_point from, time_point to) noexcept {
  return static_cast<std::uint64_t>(to.time_since_epoch().count()) -
         static_cast<std::uint64_t>(from.time_since_epoch().count());
}

/// Is it `length` or longer? `length` is at least 0.
constexpr bool elapsed_at_least(duration length, time_point from, time_point to) noexcept {
  return elapsed(from, to) >= static_cast<std::uint64_t>(length.count());
}

}  // namespace weir::control
