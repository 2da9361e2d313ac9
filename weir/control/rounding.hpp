// From doubles to whole numbers and within them, where the rules say how: tests/vectors/README.md, "Rules
// that hold everywhere".
//
// Invariant: no libm and no fused multiply-add, so the results are the same on every machine. Pure functions.
#pragma once

#include <cstdint>

namespace weir::control {

// So that sums and products of times and counts cannot overflow. The compiler's own; ISO C++ has none.
__extension__ using int128 = __int128;
__extension__ using uint128 = unsigned __int128;

/// Where saturating conversions stop: far beyond any count or time, and a sum of two of them still fits.
inline constexpr std::int64_t saturated = std::int64_t{1} << 62;

/// Rounded towards minus infinity; b above 0.
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) noexcept {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// x rounded up, at most `saturated`. x at least 0, not NaN.
std::int64_t sat(double x) noexcept;

/// As sat(), at least 0, and with a rounding error's worth of slack: 2.1 / 0.7 is 3.0000000000000004 in
/// doubles, and means 3 workers.
std::int64_t ceil_slack(double x) noexcept;

}  // namespace weir::control
