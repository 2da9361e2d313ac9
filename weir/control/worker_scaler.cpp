#include <weir/base/option_error.hpp>
#include <weir/control/elapsed.hpp>
#include <weir/control/rounding.hpp>
#include <weir/control/worker_scaler.hpp>

#include <algorithm>

namespace weir::control {

namespace {

// At least 0, and below the part at which the opposite is done: at both at once it would flip.
std::optional<option_error> check_part(std::string_view option, double value, std::string_view other,
                                       double bound) {
  if (auto bad = check_range(option, value, 0)) return bad;
  if (value < bound) return std::nullopt;
  return bad_option(option, value, {"is not below ", other, " ", bound, "; use 0 or more, below ", bound});
}

}  // namespace

std::optional<option_error> check(const worker_scaler_options& o) {
  if (auto bad = first_error({check_range("min", o.min, 1), check_range("max", o.max, o.min)})) return bad;
  if (o.rule != scaler_rule::threshold && o.rule != scaler_rule::little) {
    return bad_option("rule", static_cast<int>(o.rule), {"is no scaler_rule; use threshold or little"});
  }
  return first_error(
      {check_range("interval", o.interval, duration(1)), check_above("grow_above", o.grow_above, 0, 1),
       check_part("shrink_below", o.shrink_below, "grow_above", o.grow_above),
       check_above("target_utilization", o.target_utilization, 0, 1),
       check_part("shrink_utilization", o.shrink_utilization, "target_utilization", o.target_utilization),
       check_range("shrink_after", o.shrink_after, duration(0))});
}

worker_scaler::worker_scaler(const worker_scaler_options& options) : options_(checked(options)) {}

std::int64_t worker_scaler::decide(time_point now, const load_sample& load) noexcept {
  now_ = std::max(now_, now);
  if (load.workers > options_.max) return options_.max - load.workers;
  return options_.rule == scaler_rule::threshold ? by_threshold(load) : by_little(load);
}

std::int64_t worker_scaler::by_threshold(const load_sample& load) noexcept {
  if (load.workers < options_.min) return options_.min - load.workers;
  if (!tick_) tick_ = now_;
  const auto interval = static_cast<std::uint64_t>(options_.interval.count());
  const std::uint64_t passed = elapsed(*tick_, now_);
  if (passed < interval) return 0;
  *tick_ = now_ -
           duration(static_cast<duration::rep>(passed % interval));  // the grid stays, missed ticks are gone
  double use = load.depth > 0 ? 1.0 : 0.0;
  if (load.capacity != 0) use = static_cast<double>(load.depth) / static_cast<double>(load.capacity);
  if (use > options_.grow_above && load.workers < options_.max) return 1;
  if (use < options_.shrink_below && load.workers > options_.min) return -1;
  return 0;
}

std::int64_t worker_scaler::by_little(const load_sample& sample) noexcept {
  double load = sample.arrival_per_second * static_cast<double>(sample.service.count()) / 1e9;
  if (!(load > 0)) load = 0;  // NaN too
  const std::int64_t wanted = target(load);
  if (wanted > sample.workers) {
    quiet_.reset();
    return wanted - sample.workers;
  }
  // Utilisation alone would flip: 1.1 busy of 2 workers is 0.55, but 1.1 / 0.7 needs 2.
  if (wanted == sample.workers || load / static_cast<double>(sample.workers) >= options_.shrink_utilization) {
    quiet_.reset();
    return 0;
  }
  if (!quiet_) quiet_ = now_;
  if (!elapsed_at_least(options_.shrink_after, *quiet_, now_)) return 0;
  quiet_ = now_;
  return -1;
}

// The workers that keep the target utilisation, within the bounds.
std::int64_t worker_scaler::target(double load) const noexcept {
  const double raw = load / options_.target_utilization;
  if (raw >= static_cast<double>(options_.max)) return options_.max;
  return std::max(options_.min, ceil_slack(raw));
}

}  // namespace weir::control
