#include <weir/base/option_error.hpp>
#include <weir/control/backoff.hpp>

#include <algorithm>

namespace weir::control {

namespace {

std::optional<option_error> check_cap(const backoff_options& options) {
  if (options.cap >= options.initial) return std::nullopt;
  return bad_option("cap", options.cap,
                    {"is below initial ", options.initial, "; use ", options.initial, " or more"});
}

std::optional<option_error> check_jitter(jitter kind) {
  switch (kind) {
    case jitter::none:
    case jitter::full:
    case jitter::equal:
    case jitter::decorrelated: return std::nullopt;
  }
  return bad_option("jitter", static_cast<int>(kind),
                    {"is no jitter; use jitter::none, full, equal or decorrelated"});
}

// Uniform in [from, to].
duration between(duration from, duration to, std::uint64_t draw) noexcept {
  const auto width = static_cast<std::uint64_t>((to - from).count());
  return from + duration(static_cast<duration::rep>(below(draw, width + 1)));
}

}  // namespace

std::optional<option_error> check(const backoff_options& options) {
  return first_error({
      check_range("initial", options.initial, duration(1)),
      check_range("factor", options.factor, 1),
      check_cap(options),
      check_jitter(options.jitter),
  });
}

backoff::backoff(const backoff_options& options) : options_(checked(options)) { reset(); }

duration backoff::next_by(std::uint64_t draw) noexcept {
  if (options_.jitter == jitter::decorrelated) return decorrelated(draw);
  const duration base = base_;
  base_ = grown();
  switch (options_.jitter) {
    case jitter::full: return between(duration(0), base, draw);
    case jitter::equal: return between(base / 2, base, draw);
    default: return base;
  }
}

duration backoff::decorrelated(std::uint64_t draw) noexcept {
  const duration top = previous_ > duration::max() / 3 ? duration::max() : previous_ * 3;
  previous_ = std::min(options_.cap, between(options_.initial, top, draw));
  return previous_;
}

duration backoff::grown() const noexcept {
  const double next = static_cast<double>(base_.count()) * options_.factor;
  if (next >= static_cast<double>(options_.cap.count())) return options_.cap;
  return duration(static_cast<duration::rep>(next));  // of a positive number: rounded down
}

}  // namespace weir::control
