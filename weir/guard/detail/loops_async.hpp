// The guards that call more than once, awaited: what their `around` does on a thread.
#pragma once

#include <weir/base/error.hpp>
#include <weir/exec/coroutine.hpp>
#include <weir/exec/sleep.hpp>
#include <weir/exec/when.hpp>
#include <weir/guard/detail/call.hpp>
#include <weir/guard/fallback.hpp>
#include <weir/guard/hedge.hpp>
#include <weir/guard/retry.hpp>

#include <exception>
#include <optional>
#include <stop_token>
#include <utility>
#include <variant>

namespace weir::detail {

template <class R, class Next>
task<R> around_async(retry& guard, Next& next, call_context& context) {
  retry::course attempts(guard, context);
  for (;;) {
    std::optional<duration> delay;
    std::exception_ptr thrown;
    try {
      auto running = next(context);
      R outcome = co_await running;
      if (outcome.has_value()) co_return outcome;
      delay = attempts.delay_after(failure::of(outcome.error()), context);
      if (!delay) co_return outcome;
    } catch (...) {
      delay = attempts.delay_after(failure::of_current_exception(), context);
      if (!delay) throw;
      thrown = std::current_exception();
    }
    auto nap = sleep_for(*delay, context.stop());
    const result<> slept = co_await nap;
    context.time_passes();
    if (!slept) {
      if (thrown) std::rethrow_exception(thrown);
      co_return refused<R>(errc::cancelled);
    }
    attempts.go_on();
  }
}

template <class R, class V, class Next>
task<R> around_async(fallback<V>& guard, Next& next, call_context& context) {
  std::optional<R> outcome;
  failure what;
  try {
    auto running = next(context);
    outcome.emplace(co_await running);
    if (outcome->has_value()) co_return std::move(*outcome);
    what = failure::of(outcome->error());
  } catch (...) {
    what = failure::of_current_exception();
    if (!guard.replaces(what)) throw;
    outcome.reset();
  }
  if (outcome && !guard.replaces(what)) co_return std::move(*outcome);
  co_return guard.template make<R>(what);
}

/// Asked to stop when either of two is.
class either_stop {
 public:
  either_stop(std::stop_token a, std::stop_token b)
      : on_a_(std::move(a), ask{&both_}), on_b_(std::move(b), ask{&both_}) {}
  std::stop_token token() const noexcept { return both_.get_token(); }

 private:
  struct ask {
    std::stop_source* source;
    void operator()() const noexcept { source->request_stop(); }
  };
  std::stop_source both_;
  std::stop_callback<ask> on_a_, on_b_;
};

template <class R, class Next>
task<R> first_attempt(Next& next, std::stop_token outer) {
  auto asks = current_stop_token();
  const either_stop stop(std::move(outer), co_await asks);
  const std::stop_token token = stop.token();
  call_context mine(token);
  auto running = next(mine);
  co_return co_await running;
}

/// Waits, and then tries: only a success of it ends the race.
template <class R, class Next>
task<R> second_attempt(hedge& guard, Next& next, duration delay, std::stop_token outer) {
  auto nap = sleep_for(delay, outer);
  const result<> slept = co_await nap;
  if (slept && guard.may_hedge(clock::now())) {
    try {
      auto trying = first_attempt<R>(next, std::move(outer));
      R outcome = co_await trying;
      if (outcome.has_value()) co_return outcome;
    } catch (...) {
      // the first attempt tells what is wrong
    }
  }
  auto until_it_ends = sleep_for(duration::max());
  const result<> stopped = co_await until_it_ends;
  co_return refused<R>(stopped ? errc::timed_out : stopped.error());
}

template <class R, class Next>
task<R> around_async(hedge& guard, Next& next, call_context& context) {
  const time_point began = context.now();
  const std::optional<duration> delay = guard.begin(began);
  if (!delay) {
    auto alone = next(context);
    R outcome = co_await alone;
    if (outcome.has_value()) guard.took(context.now() - began);
    co_return outcome;
  }
  auto race = when_any(first_attempt<R>(next, context.stop()),
                       second_attempt<R>(guard, next, *delay, context.stop()));
  auto winner = co_await race;
  context.time_passes();
  if (winner.index() == 1) guard.won();
  R outcome = winner.index() == 0 ? std::get<0>(std::move(winner)) : std::get<1>(std::move(winner));
  if (outcome.has_value()) guard.took(context.now() - began);
  co_return outcome;
}

/// A composition inside a composition.
template <class R, class G, class Next>
  requires requires(G& g, Next& n, call_context& c) { g.template around_async<R>(n, c); }
task<R> around_async(G& guard, Next& next, call_context& context) {
  return guard.template around_async<R>(next, context);
}

}  // namespace weir::detail
