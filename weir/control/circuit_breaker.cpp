#include <weir/base/option_error.hpp>
#include <weir/control/circuit_breaker.hpp>
#include <weir/control/elapsed.hpp>

#include <algorithm>

namespace weir::control {

namespace {

constexpr duration tick{1};  // the least that is a time

std::optional<option_error> check_mode(breaker_mode mode) {
  switch (mode) {
    case breaker_mode::consecutive:
    case breaker_mode::count_window:
    case breaker_mode::time_window: return std::nullopt;
  }
  return bad_option("mode", static_cast<int>(mode),
                    {"is no mode; use breaker_mode::consecutive, count_window or time_window"});
}

std::optional<option_error> check_minimum(const circuit_breaker_options& options) {
  if (options.mode == breaker_mode::count_window && options.minimum_calls > options.window_calls) {
    return bad_option("minimum_calls", options.minimum_calls,
                      {"is above window_calls ", options.window_calls, ", so it would never open; use 1 to ",
                       options.window_calls});
  }
  return check_range("minimum_calls", options.minimum_calls, 1);
}

std::optional<option_error> check_optional(std::string_view name, const std::optional<duration>& value) {
  return value ? check_range(name, *value, tick) : std::nullopt;
}

bool reaches(std::int64_t part, std::int64_t whole, double share) noexcept {
  return static_cast<double>(part) / static_cast<double>(whole) >= share;
}

}  // namespace

std::optional<option_error> check(const circuit_breaker_options& options) {
  return first_error({
      check_mode(options.mode),
      check_range("max_failures", options.max_failures, 1),
      check_range("reset_timeout", options.reset_timeout, tick),
      check_range("half_open_probes", options.half_open_probes, 1),
      check_optional("probe_timeout", options.probe_timeout),
      check_range("window_calls", options.window_calls, 1),
      check_range("window", options.window, duration(10)),
      check_minimum(options),
      check_above("failure_rate", options.failure_rate, 0, 1.0),
      check_optional("slow_call", options.slow_call),
      check_above("slow_call_rate", options.slow_call_rate, 0, 1.0),
  });
}

circuit_breaker::circuit_breaker(const circuit_breaker_options& options)
    : options_(checked(options)),
      calls_(options.mode == breaker_mode::count_window ? static_cast<std::size_t>(options.window_calls) : 0),
      lately_(options.window) {}

void circuit_breaker::enter(breaker_state next) noexcept {
  state_ = next;
  ++generation_;
  opened_at_ = now_;
  failures_in_a_row_ = 0;
  calls_.clear();
  lately_.clear();
  issued_ = 0;
  probes_ = {};
}

bool circuit_breaker::waited(time_point now) const noexcept {
  return elapsed_at_least(options_.reset_timeout, opened_at_, now);
}

breaker_state circuit_breaker::state_at(time_point now) const noexcept {
  const bool ready = state_ == breaker_state::open && waited(std::max(now_, now));
  return ready ? breaker_state::half_open : state_;
}

std::optional<circuit_breaker::permit> circuit_breaker::allow(time_point now) noexcept {
  now_ = std::max(now_, now);
  if (state_ == breaker_state::open) {
    if (!waited(now_)) return std::nullopt;
    enter(breaker_state::half_open);
  }
  if (state_ == breaker_state::half_open && !let_probe()) return std::nullopt;
  return permit{generation_};
}

bool circuit_breaker::let_probe() noexcept {
  if (issued_ >= options_.half_open_probes) {
    if (!elapsed_at_least(options_.probe_timeout.value_or(options_.reset_timeout), last_issued_, now_))
      return false;
    // Those out are taken for lost: their results, should they come, are of an earlier generation.
    issued_ = probes_.calls;
    ++generation_;
  }
  ++issued_;
  last_issued_ = now_;
  return true;
}

void circuit_breaker::on_success(time_point now, permit of, duration took) noexcept {
  on_result(now, of, {.failed = false, .slow = slow(took)});
}

void circuit_breaker::on_failure(time_point now, permit of, duration took) noexcept {
  on_result(now, of, {.failed = true, .slow = slow(took)});
}

void circuit_breaker::on_result(time_point now, permit of, call_result how) noexcept {
  now_ = std::max(now_, now);
  if (of.generation != generation_) return;
  if (state_ == breaker_state::half_open) {
    judge_probes(how);
  } else if (state_ == breaker_state::closed) {
    judge_calls(how);
  }
}

void circuit_breaker::judge_probes(call_result how) noexcept {
  probes_.add(how);
  if (options_.mode == breaker_mode::consecutive && how.failed) return enter(breaker_state::open);
  if (probes_.calls < options_.half_open_probes) return;
  const bool bad = options_.mode != breaker_mode::consecutive && over(probes_);
  enter(bad ? breaker_state::open : breaker_state::closed);
}

void circuit_breaker::judge_calls(call_result how) noexcept {
  switch (options_.mode) {
    case breaker_mode::consecutive: {
      failures_in_a_row_ = how.failed ? failures_in_a_row_ + 1 : 0;
      if (failures_in_a_row_ >= options_.max_failures) enter(breaker_state::open);
      return;
    }
    case breaker_mode::count_window: {
      calls_.add(how);
      return judge(calls_.counts());
    }
    case breaker_mode::time_window: {
      lately_.add(now_, {1, how.failed, how.slow});
      const auto& [calls, failures, slow] = lately_.advance(now_);
      return judge({.calls = calls, .failures = failures, .slow = slow});
    }
  }
}

void circuit_breaker::judge(const call_counts& counts) noexcept {
  if (counts.calls >= options_.minimum_calls && over(counts)) enter(breaker_state::open);
}

bool circuit_breaker::over(const call_counts& counts) const noexcept {
  return reaches(counts.failures, counts.calls, options_.failure_rate) ||
         (options_.slow_call && reaches(counts.slow, counts.calls, options_.slow_call_rate));
}

void circuit_breaker::release(time_point now, permit of) noexcept {
  now_ = std::max(now_, now);
  if (of.generation == generation_ && state_ == breaker_state::half_open) --issued_;
}

void circuit_breaker::trip(time_point now) noexcept {
  now_ = std::max(now_, now);
  enter(breaker_state::open);
}

void circuit_breaker::reset(time_point now) noexcept {
  now_ = std::max(now_, now);
  enter(breaker_state::closed);
}

}  // namespace weir::control
