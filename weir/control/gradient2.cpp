#include <weir/base/option_error.hpp>
#include <weir/control/gradient2.hpp>
#include <weir/control/limit_bounds.hpp>

#include <algorithm>

namespace weir::control {

namespace {

constexpr std::int64_t warm_up = 10;  // samples whose plain mean the long average starts from

}  // namespace

std::optional<option_error> check(const gradient2_options& o) {
  if (auto bad = detail::check_bounds(o)) return bad;
  return first_error({check_range("queue_size", o.queue_size, 0), check_above("smoothing", o.smoothing, 0, 1),
                      check_range("long_window", o.long_window, 1),
                      check_range("tolerance", o.tolerance, 1)});
}

gradient2::gradient2(const gradient2_options& options)
    : options_(checked(options)), estimate_(static_cast<double>(options.initial)) {}

std::int64_t gradient2::limit() const noexcept { return detail::whole(estimate_, options_); }

std::int64_t gradient2::sample(time_point, duration rtt, std::int64_t in_flight, bool) noexcept {
  if (rtt <= duration::zero()) return limit();
  const auto quick = static_cast<double>(rtt.count());
  const double usual = long_average(quick);
  if (static_cast<double>(in_flight) < estimate_ / 2.0) return limit();  // too idle to tell
  const double gradient = std::max(0.5, std::min(1.0, options_.tolerance * usual / quick));
  const double next = estimate_ * gradient + static_cast<double>(options_.queue_size);
  estimate_ = detail::clamped(estimate_ * (1.0 - options_.smoothing) + next * options_.smoothing, options_);
  return limit();
}

// The long average with this sample in it. When the sample is less than half of it the average is too old, as
// after a load that is over, and the next one starts from less.
double gradient2::long_average(double rtt) noexcept {
  if (first_ < warm_up) {
    ++first_;
    sum_ += rtt;
    long_ = sum_ / static_cast<double>(first_);
  } else {
    const double factor = 2.0 / static_cast<double>(static_cast<std::uint64_t>(options_.long_window) + 1);
    long_ = long_ * (1.0 - factor) + rtt * factor;
  }
  const double usual = long_;
  if (usual / rtt > 2.0) long_ = long_ * 0.9;
  return usual;
}

}  // namespace weir::control
