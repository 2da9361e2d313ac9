#include <weir/control/rounding.hpp>
#include <weir/control/splitmix64.hpp>

namespace weir::control {

std::uint64_t below(std::uint64_t draw, std::uint64_t n) noexcept {
  return static_cast<std::uint64_t>((uint128{draw} * n) >> 64);
}

double unit(std::uint64_t draw) noexcept { return static_cast<double>(draw >> 11) * 0x1p-53; }

}  // namespace weir::control
