// What the adaptive limits have in common: how their bounds are checked, and how an estimate becomes a limit.
//
// Pure functions.
#pragma once

#include <weir/base/option_error.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace weir::control::detail {

/// The options `min`, `max` and `initial` of a limit, in this order.
template <class Options>
std::optional<option_error> check_bounds(const Options& o) {
  if (auto bad = first_error({check_range("min", o.min, 1), check_range("max", o.max, o.min)})) return bad;
  return check_range("initial", o.initial, o.min, o.max);
}

template <class Options>
double clamped(double estimate, const Options& o) noexcept {
  return std::max(static_cast<double>(o.min), std::min(static_cast<double>(o.max), estimate));
}

/// The whole part of an estimate, within the bounds: 0.9 * 6 + 0.1 * 6 is less than 6 in doubles, and a bound
/// beyond 2^53 may have been rounded up. docs/decisions/0007-limits-stay-in-bounds.md.
template <class Options>
std::int64_t whole(double estimate, const Options& o) noexcept {
  if (estimate >= static_cast<double>(o.max)) return o.max;
  return std::max(o.min, static_cast<std::int64_t>(estimate));
}

}  // namespace weir::control::detail
