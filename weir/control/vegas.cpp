#include <weir/base/option_error.hpp>
#include <weir/control/limit_bounds.hpp>
#include <weir/control/vegas.hpp>

#include <algorithm>

namespace weir::control {

namespace {

// The step in which the limit moves: its decimal digits less one, at least 1; that is max(1, floor(log10)).
double step_of(std::int64_t limit) noexcept {
  int digits = 1;
  for (; limit >= 10; limit /= 10) ++digits;
  return std::max(1, digits - 1);
}

// x rounded up. The queue that an estimate of at most 2^63 times a part below 1 gives.
double ceiling(double x) noexcept {
  const auto down = static_cast<double>(static_cast<std::int64_t>(x));
  return down < x ? down + 1 : down;
}

}  // namespace

std::optional<option_error> check(const vegas_options& o) {
  if (auto bad = detail::check_bounds(o)) return bad;
  return first_error(
      {check_above("smoothing", o.smoothing, 0, 1), check_range("probe_multiplier", o.probe_multiplier, 1)});
}

vegas::vegas(const vegas_options& options)
    : options_(checked(options)),
      random_(options.seed),
      estimate_(static_cast<double>(options.initial)),
      jitter_(draw_jitter()) {}

double vegas::draw_jitter() noexcept { return 0.5 + 0.5 * random_.unit(); }

std::int64_t vegas::limit() const noexcept { return detail::whole(estimate_, options_); }

std::int64_t vegas::sample(time_point, duration rtt, std::int64_t in_flight, bool dropped) noexcept {
  if (rtt <= duration::zero()) return limit();
  ++count_;
  if (jitter_ * static_cast<double>(options_.probe_multiplier) * estimate_ <= static_cast<double>(count_)) {
    jitter_ = draw_jitter();
    count_ = 0;
    base_rtt_ = rtt;
    return limit();
  }
  if (!base_rtt_ || rtt < *base_rtt_) {
    base_rtt_ = rtt;
    return limit();
  }
  if (const auto next = moved(rtt, in_flight, dropped)) {
    estimate_ =
        (1.0 - options_.smoothing) * estimate_ + options_.smoothing * detail::clamped(*next, options_);
  }
  return limit();
}

// Where the estimate is to go; none when it is to stay.
std::optional<double> vegas::moved(duration rtt, std::int64_t in_flight, bool dropped) const noexcept {
  const double quickest = static_cast<double>(base_rtt_->count()) / static_cast<double>(rtt.count());
  const double queue = ceiling(estimate_ * (1.0 - quickest));
  const double step = step_of(limit());
  if (dropped) return estimate_ - step;
  if (static_cast<double>(in_flight * 2) < estimate_) return std::nullopt;  // too idle to tell
  if (queue <= step) return estimate_ + 6 * step;
  if (queue < 3 * step) return estimate_ + step;
  if (queue > 6 * step) return estimate_ - step;
  return std::nullopt;
}

}  // namespace weir::control
