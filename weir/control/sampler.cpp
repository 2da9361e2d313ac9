#include <weir/base/option_error.hpp>
#include <weir/control/elapsed.hpp>
#include <weir/control/sampler.hpp>

#include <algorithm>

namespace weir::control {

namespace {

std::optional<option_error> check_kind(sampler_kind kind) {
  switch (kind) {
    case sampler_kind::rate:
    case sampler_kind::first_then_every: return std::nullopt;
  }
  return bad_option("kind", static_cast<int>(kind),
                    {"is no kind; use sampler_kind::rate or first_then_every"});
}

}  // namespace

std::optional<option_error> check(const sampler_options& options) {
  return first_error({
      check_kind(options.kind),
      check_range("p", options.p, 0, 1.0),
      check_range("first", options.first, 0),
      check_range("every", options.every, 0),
      check_range("interval", options.interval, duration(1)),
  });
}

sampler::sampler(const sampler_options& options) : options_(checked(options)) {}

bool sampler::by_rate(std::uint64_t draw) const noexcept { return unit(draw) < options_.p; }

bool sampler::by_count(time_point now) noexcept {
  now_ = std::max(now_, now);
  if (!start_ || elapsed_at_least(options_.interval, *start_, now_)) {
    start_ = now_;
    count_ = 0;
  }
  ++count_;
  return count_ <= options_.first || (options_.every > 0 && (count_ - options_.first) % options_.every == 0);
}

}  // namespace weir::control
