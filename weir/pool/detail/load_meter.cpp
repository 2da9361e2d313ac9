#include <weir/pool/detail/load_meter.hpp>

#include <algorithm>
#include <cmath>

namespace weir::detail {

namespace {

double seconds(duration d) noexcept { return std::chrono::duration<double>(d).count(); }

/// The least rate that explains so many arrivals, `sigmas` standard deviations below the mean (Poisson).
double rate_at_least(std::uint64_t arrivals, double sigmas, duration time) noexcept {
  const auto n = static_cast<double>(arrivals);
  return time > duration::zero() ? std::max(0.0, n - sigmas * std::sqrt(n)) / seconds(time) : 0.0;
}

}  // namespace

load_meter::load_meter(duration interval)
    : interval_(interval), samples_(static_cast<std::size_t>(window * looks + 2)) {}

void load_meter::restart(time_point now, const load_moment& at) {
  first_ = 0;
  count_ = 1;
  samples_[0] = {now, at.arrived, at.ended, at.service};
  arrivals_ = 0;
  held_ = held_from_ = peak_ = 0;
  peaks_since_ = now;
}

control::load_sample load_meter::look(time_point now, const load_moment& at) noexcept {
  const auto nth = [this](std::size_t i) -> sample& { return samples_[(first_ + i) % samples_.size()]; };
  while (count_ > 1 && (now - nth(1).at >= interval_ * window || count_ == samples_.size())) {
    first_ = (first_ + 1) % samples_.size();
    --count_;
  }
  const sample oldest = nth(0);
  std::size_t recent = count_ - 1;  // the newest that is an interval old
  while (recent > 0 && now - nth(recent).at < interval_) --recent;
  const sample before = nth(recent);
  nth(count_++) = {now, at.arrived, at.ended, at.service};

  arrivals_ = at.arrived - oldest.arrived;
  const duration time = now - oldest.at;
  const double missing = std::max(0.0, 1.0 - seconds(time) / seconds(interval_ * window));
  const double steady = rate_at_least(arrivals_, missing, time);
  const double burst = rate_at_least(at.arrived - before.arrived, 3.0, now - before.at);
  const double backlog = static_cast<double>(at.queued) / seconds(interval_ * window);
  const double arrivals = std::max(steady, burst) + backlog;

  const auto jobs = static_cast<double>(at.ended - oldest.ended + at.running);
  const double service = jobs > 0 ? seconds(at.service - oldest.service + at.age) / jobs : 0.0;
  const double load = hold(now, arrivals * service);
  const duration told = std::max(duration(static_cast<duration::rep>(service * 1e9)), duration(1));
  return {.arrival_per_second = load / seconds(told), .service = told};
}

double load_meter::hold(time_point now, double load) noexcept {
  peak_ = std::max(peak_, load);
  const double noise = std::min(most_noise, least_fall + 5.0 * std::sqrt(2.0 / std::max(1.0, held_from_)));
  const bool forgets = now - peaks_since_ >= interval_ * memory;
  if (forgets || load > held_ || load < held_ * (1.0 - noise)) {
    held_ = forgets ? peak_ : load;
    held_from_ = static_cast<double>(arrivals_);
    peak_ = load;
    peaks_since_ = now;
  }
  return held_;
}

}  // namespace weir::detail
