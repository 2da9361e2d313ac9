#include <weir/base/option_error.hpp>
#include <weir/control/aimd.hpp>
#include <weir/control/limit_bounds.hpp>

#include <algorithm>

namespace weir::control {

std::optional<option_error> check(const aimd_options& o) {
  if (auto bad = detail::check_bounds(o)) return bad;
  if (auto bad = check_range("backoff_ratio", o.backoff_ratio, 0.5)) return bad;
  if (o.backoff_ratio >= 1)
    return bad_option("backoff_ratio", o.backoff_ratio, {"is not below 1; use 0.5 to 0.99"});
  return check_range("timeout", o.timeout, duration(1));
}

aimd::aimd(const aimd_options& options) : options_(checked(options)), limit_(options.initial) {}

std::int64_t aimd::sample(time_point, duration rtt, std::int64_t in_flight, bool dropped) noexcept {
  if (dropped || rtt > options_.timeout) {
    limit_ = static_cast<std::int64_t>(static_cast<double>(limit_) * options_.backoff_ratio);
  } else if (in_flight * 2 >= limit_ && limit_ < options_.max) {
    ++limit_;
  }
  return limit_ = std::clamp(limit_, options_.min, options_.max);
}

}  // namespace weir::control
