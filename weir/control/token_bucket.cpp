#include <weir/base/option_error.hpp>
#include <weir/control/elapsed.hpp>
#include <weir/control/rounding.hpp>
#include <weir/control/token_bucket.hpp>

#include <algorithm>

namespace weir::control {

namespace {

std::int64_t nanoseconds(time_point t) noexcept { return t.time_since_epoch().count(); }

}  // namespace

std::optional<option_error> check(const token_bucket_options& options) {
  return first_error(
      {check_above("per_second", options.per_second, 0), check_range("burst", options.burst, 1)});
}

token_bucket::token_bucket(const token_bucket_options& options) : options_(checked(options)) {
  set_interval();
}

void token_bucket::set_interval() noexcept {
  interval_ = std::max<std::int64_t>(1, sat(1e9 / options_.per_second));
  capacity_ = cost(options_.burst).count();
}

duration token_bucket::cost(double n, duration interval) noexcept {
  return n == 1 ? interval : duration(sat(n * static_cast<double>(interval.count())));
}

std::optional<time_point> token_bucket::plan(double n) const noexcept {
  if (!(n >= 0 && n <= options_.burst)) return std::nullopt;
  const time_point from = std::max(tat_, now_);
  const duration length = cost(n);
  if (from > time_point::max() - length) return std::nullopt;
  return from + length;
}

bool token_bucket::try_acquire(time_point now, double n) noexcept {
  now_ = std::max(now_, now);
  const auto to = plan(n);
  if (!to || elapsed(now_, *to) > static_cast<std::uint64_t>(capacity_)) return false;
  tat_ = *to;
  return true;
}

std::optional<token_bucket::reservation> token_bucket::reserve(time_point now, double n) noexcept {
  now_ = std::max(now_, now);
  const auto to = plan(n);
  if (!to) return std::nullopt;
  tat_ = *to;
  const int128 ahead = int128{elapsed(now_, tat_)} - capacity_;
  if (ahead <= 0) return reservation(duration(0), cost(n).count(), tat_, now_, epoch_);
  const auto wait = duration(static_cast<std::int64_t>(std::min<int128>(ahead, INT64_MAX)));
  return reservation(wait, cost(n).count(), tat_, tat_ - duration(capacity_), epoch_);
}

void token_bucket::cancel(time_point now, const reservation& given) noexcept {
  now_ = std::max(now_, now);
  if (given.epoch_ != epoch_ || given.at_ < now_ || given.cost_ == 0) return;
  const int128 passed_on = int128{nanoseconds(tat_)} - nanoseconds(given.tat_);
  const int128 back = std::min<int128>(given.cost_, given.cost_ - passed_on);
  given.cost_ = 0;
  if (back > 0) tat_ -= duration(static_cast<std::int64_t>(back));
}

double token_bucket::tokens(time_point now) const noexcept {
  now = std::max(now_, now);
  const int128 ahead = tat_ > now ? int128{elapsed(now, tat_)} : 0;
  return std::min(options_.burst, static_cast<double>(capacity_ - ahead) / static_cast<double>(interval_));
}

void token_bucket::set_rate(time_point now, double per_second) {
  options_ = checked(token_bucket_options{.per_second = per_second, .burst = options_.burst});
  now_ = std::max(now_, now);
  const uint128 debt = tat_ > now_ ? elapsed(now_, tat_) : 0;
  const auto before = static_cast<uint128>(interval_);
  set_interval();
  const uint128 stretched = (debt * static_cast<uint128>(interval_) + before - 1) / before;
  const auto owed = static_cast<std::int64_t>(std::min<uint128>(stretched, saturated));
  tat_ = after(now_, duration(owed));
  ++epoch_;
}

}  // namespace weir::control
