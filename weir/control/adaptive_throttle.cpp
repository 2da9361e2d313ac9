#include <weir/base/option_error.hpp>
#include <weir/control/adaptive_throttle.hpp>
#include <weir/control/splitmix64.hpp>

#include <algorithm>

namespace weir::control {

std::optional<option_error> check(const adaptive_throttle_options& options) {
  return first_error({check_range("k", options.k, 1), check_range("window", options.window, duration(10))});
}

adaptive_throttle::adaptive_throttle(const adaptive_throttle_options& options)
    : options_(checked(options)), lately_(options.window) {}

bool adaptive_throttle::allow(time_point now, std::uint64_t draw) noexcept {
  now_ = std::max(now_, now);
  const double rejected = probability(now_);
  lately_.add(now_, {1, 0});
  return unit(draw) >= rejected;
}

void adaptive_throttle::on_accept(time_point now) noexcept {
  now_ = std::max(now_, now);
  lately_.add(now_, {0, 1});
}

double adaptive_throttle::probability(time_point now) const noexcept {
  const auto [requests, accepts] = lately_.peek(std::max(now_, now));
  const auto sent = static_cast<double>(requests);
  return std::max(0.0, (sent - options_.k * static_cast<double>(accepts)) / (sent + 1.0));
}

}  // namespace weir::control
