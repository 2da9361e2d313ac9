// Calls through guards that block no thread: the same guards and decisions as call(), awaited.
//
// Everything runs where the awaiting coroutine does. A call's context, function and innermost task live in
// the frame of the outermost one (guard.hpp), which outlives them; a guard outlives its calls.
#pragma once

#include <weir/base/error.hpp>
#include <weir/exec/coroutine.hpp>
#include <weir/exec/sleep.hpp>
#include <weir/guard/detail/call.hpp>
#include <weir/guard/failure.hpp>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir::detail {

template <class A>
decltype(auto) awaiter_of(A&& awaitable) {
  if constexpr (requires { std::forward<A>(awaitable).operator co_await(); }) {
    return std::forward<A>(awaitable).operator co_await();
  } else if constexpr (requires { operator co_await(std::forward<A>(awaitable)); }) {
    return operator co_await(std::forward<A>(awaitable));
  } else {
    return std::forward<A>(awaitable);
  }
}

template <class A>
concept awaitable = requires(A&& a) {
  { awaiter_of(std::forward<A>(a)).await_ready() } -> std::convertible_to<bool>;
  awaiter_of(std::forward<A>(a)).await_resume();
};

template <class A>
struct awaited {
  using type = A;
};
template <class A>
  requires(!std::is_void_v<A> && awaitable<A>)
struct awaited<A> {
  using type = decltype(awaiter_of(std::declval<A>()).await_resume());
};

/// What a guarded function gives in the end: what its awaitable gives, or its own value.
template <class F>
using async_answer_of = typename awaited<answer_of<F>>::type;

template <class R, class F>
task<R> invoke_async(F& f, call_context& context) {
  struct passing {
    call_context& context;
    ~passing() { context.time_passes(); }
  };
  const passing time{context};
  if constexpr (std::is_same_v<answer_of<F>, async_answer_of<F>>) {
    co_return invoke_as<R>(f, context);
  } else {
    auto running = invoke_with(f, context);
    if constexpr (std::is_void_v<async_answer_of<F>>) {
      co_await std::move(running);
      co_return R();
    } else {
      co_return R(co_await std::move(running));
    }
  }
}

template <class R, class Permit, class Next>
task<R> settle_async(Permit& permit, Next& next, call_context& context) {
  try {
    auto running = next(context);
    R outcome = co_await running;
    settle(permit, outcome, context);
    co_return outcome;
  } catch (...) {
    settle_exception(permit, context);
    throw;
  }
}

/// A gate with a line: waits there without a thread.
template <class G>
concept line_gate = gate<G> && requires(G& g, call_context& context) { g.async_line(context); };

template <class R, class G, class Next>
task<R> pass_async(G& guard, Next& next, call_context& context) {
  if constexpr (line_gate<G>) {
    auto answer = guard.admit_now(context);
    if (!answer) {
      auto line = guard.async_line(context);
      const result<> got = co_await line;
      answer.emplace(guard.after_line(got, context));
    }
    if (!*answer) co_return refused<R>(answer->error());
    auto inside = settle_async<R>(**answer, next, context);
    co_return co_await inside;
  } else if constexpr (gate<G>) {
    auto admitted = guard.admit(context);
    if (!admitted) co_return refused<R>(admitted.error());
    auto inside = settle_async<R>(*admitted, next, context);
    co_return co_await inside;
  } else {
    auto around = around_async<R>(guard, next, context);
    co_return co_await around;
  }
}

}  // namespace weir::detail
