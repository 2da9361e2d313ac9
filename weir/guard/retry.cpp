#include <weir/base/option_error.hpp>
#include <weir/base/parker.hpp>
#include <weir/guard/detail/thread_generator.hpp>
#include <weir/guard/retry.hpp>

#include <algorithm>
#include <mutex>

namespace weir {

namespace {

bool is_cancelled(const failure& why) {
  return why.code == errc::cancelled || why.code == std::errc::operation_canceled;
}

bool may_change_soon(const failure& why) {
  return why.code != errc::closed && why.code != errc::expired && why.code != errc::circuit_open;
}

}  // namespace

std::optional<option_error> check(const retry_options& options) {
  return first_error({check_range("max_attempts", std::int64_t{options.max_attempts}, 1),
                      check(options.backoff), options.budget ? check(*options.budget) : std::nullopt,
                      check_range("total", options.total, duration::zero())});
}

retry::retry(retry_options options) : options_((require(check(options)), std::move(options))) {
  if (options_.budget) budget_.emplace(*options_.budget);
}

retry::retry(retry&& other) noexcept
    : shadowable(static_cast<shadowable&&>(other)),
      options_(std::move(other.options_)),
      budget_(other.budget_),
      retries_(std::move(other.retries_)),
      exhausted_(std::move(other.exhausted_)),
      refused_(std::move(other.refused_)) {}

retry::course::course(retry& of, detail::call_context& context) : of_(of), backoff_(of.options_.backoff) {
  if (of.options_.total != duration::max()) last_start_ = after(context.now(), of.options_.total);
  if (of.budget_) {
    const time_point now = context.now();
    const std::lock_guard hold(of.lock_);
    of.budget_->deposit(now);
  }
}

bool retry::course::may_go_on(const failure& why) const {
  return !is_cancelled(why) && of_.options_.classifier(why, may_change_soon(why));
}

std::optional<duration> retry::course::delay_after(const failure& why, detail::call_context& context) {
  if (!may_go_on(why)) return std::nullopt;
  detail::thread_generator random;
  const duration delay = std::max(backoff_.next(random), why.retry_after.value_or(duration::zero()));
  const bool in_time = last_start_ == never || after(context.now(), delay) <= last_start_;
  if (attempts_ >= of_.options_.max_attempts || !in_time) {
    of_.exhausted_.add();
    return std::nullopt;
  }
  if (of_.budget_ && !of_.withdraw(context.now())) return std::nullopt;
  return delay;
}

void retry::course::go_on() {
  ++attempts_;
  of_.retries_.add();
}

bool retry::withdraw(time_point now) noexcept {
  {
    const std::lock_guard hold(lock_);
    if (budget_->try_withdraw(now)) return true;
  }
  if (passes_as_shadow()) return true;
  refused_.add();
  return false;
}

/// False: a stop was requested.
bool retry::pause(duration delay, detail::call_context& context) {
  const std::stop_token stop = context.stop();
  detail::parker<> sleep;
  const auto wake = [&sleep]() noexcept { sleep.finish(); };
  std::optional<std::stop_callback<decltype(wake)>> on_stop;
  if (stop.stop_possible()) on_stop.emplace(stop, wake);
  const auto why = sleep.wait(from_now(delay));
  context.time_passes();
  return why == detail::parker<>::reason::timed_out;
}

retry_stats retry::stats() const noexcept {
  return {.retries = retries_.value(), .exhausted = exhausted_.value(), .refused = refused_.value()};
}

}  // namespace weir
