#include <weir/control/rounding.hpp>

namespace weir::control {

namespace {

constexpr double limit = 0x1p62;

// x below `limit`, above its negative.
std::int64_t ceiling(double x) noexcept {
  const auto whole = static_cast<std::int64_t>(x);  // towards 0
  return whole + (static_cast<double>(whole) < x ? 1 : 0);
}

}  // namespace

std::int64_t sat(double x) noexcept { return x >= limit ? saturated : ceiling(x); }

std::int64_t ceil_slack(double x) noexcept {
  if (x >= limit) return saturated;
  if (!(x > 0)) return 0;
  return ceiling(x - 1e-9);
}

}  // namespace weir::control
