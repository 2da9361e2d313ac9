// Guards one inside the other.
//
//   auto guard = weir::guard(limiter, breaker, retry);   // left is outermost
//   weir::result<reply> r = guard.call([&] { return ask(service); });
//   auto op = guard.async_call([&] { return async_ask(service); });
//   weir::result<reply> s = co_await op;
//
// The order decides. guard(retry, breaker): each attempt passes the breaker, so an open one ends the retries;
// guard(breaker, retry): the breaker sees one call, the last attempt's outcome. guard(limiter, retry):
// retries cost no further token; guard(retry, limiter): each attempt takes one. A fallback stands outermost,
// a hedge next to the function. All guards of a call share their readings of the clock: at most two an
// attempt. Thread-safety: call() and async_call() as far as the guards are; all of weir's are.
#pragma once

#include <weir/exec/coroutine.hpp>
#include <weir/guard/detail/async_call.hpp>
#include <weir/guard/detail/call.hpp>
#include <weir/guard/detail/loops_async.hpp>

#include <cstddef>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

namespace weir {

/// What guard() gives: refers to guards that were lvalues, owns those that were rvalues. A guard itself.
template <class... Guards>
class guard_chain {
 public:
  explicit guard_chain(Guards&&... guards) : guards_(std::forward<Guards>(guards)...) {}

  /// Calls f, F() or F(std::stop_token), through all of them. What f gives, as result<R>; result and
  /// expected stay as they are. `stop` ends waits: for a place or a token, and between attempts.
  template <class F>
  [[nodiscard]] auto call(F&& f, std::stop_token stop = {}) {
    using R = detail::guarded_t<detail::answer_of<F>>;
    detail::call_context context(stop);
    auto function = [&f](detail::call_context& c) -> R { return detail::invoke_as<R>(f, c); };
    return through<R, 0>(function, context);
  }

  /// As call, for coroutines: f gives an awaitable, such as a task, or a value. co_await it once, from any
  /// coroutine type; it blocks no thread, keeps f, and must not outlive the guards.
  ///   auto op = guard.async_call(f);
  ///   auto r = co_await op;
  template <class F>
  [[nodiscard]] auto async_call(F f, std::stop_token stop = {})
      -> task<detail::guarded_t<detail::async_answer_of<F>>> {
    using R = detail::guarded_t<detail::async_answer_of<F>>;
    detail::call_context context(stop);
    auto function = [&f](detail::call_context& c) -> task<R> { return detail::invoke_async<R>(f, c); };
    auto running = through_async<R, 0>(function, context);
    co_return co_await running;
  }

  /// What compositions of compositions call.
  template <class R, class Next>
  R around(Next& next, detail::call_context& context) {
    return through<R, 0>(next, context);
  }
  template <class R, class Next>
  task<R> around_async(Next& next, detail::call_context& context) {
    return through_async<R, 0>(next, context);
  }

 private:
  template <class R, std::size_t I, class Function>
  R through(Function& function, detail::call_context& context) {
    if constexpr (I == sizeof...(Guards)) {
      return function(context);
    } else {
      auto next = [this, &function](detail::call_context& c) -> R { return through<R, I + 1>(function, c); };
      return detail::pass<R>(std::get<I>(guards_), next, context);
    }
  }
  template <class R, std::size_t I, class Function>
  task<R> through_async(Function& function, detail::call_context& context) {
    if constexpr (I == sizeof...(Guards)) {
      auto running = function(context);
      co_return co_await running;
    } else {
      auto next = [this, &function](detail::call_context& c) -> task<R> {
        return through_async<R, I + 1>(function, c);
      };
      auto running = detail::pass_async<R>(std::get<I>(guards_), next, context);
      co_return co_await running;
    }
  }

  std::tuple<Guards...> guards_;
};

/// Composes guards, the outermost first. Lvalues are referred to and must live as long; rvalues are owned.
template <class... Guards>
  requires(sizeof...(Guards) > 0)
[[nodiscard]] auto guard(Guards&&... guards) {
  return guard_chain<Guards...>(std::forward<Guards>(guards)...);
}

}  // namespace weir
