// Guards one inside the other: what each order does, the type that comes out, and the same without a thread.
#include <weir/exec/task.hpp>
#include <weir/guard/bulkhead.hpp>
#include <weir/guard/circuit_breaker.hpp>
#include <weir/guard/fallback.hpp>
#include <weir/guard/guard.hpp>
#include <weir/guard/hedge.hpp>
#include <weir/guard/rate_limiter.hpp>
#include <weir/guard/retry.hpp>
#include <weir/guard/throttle.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using control::breaker_state;

const control::backoff_options quickly{.initial = 1us, .cap = 1us};

struct failing {
  int calls = 0;
  result<int> operator()() {
    ++calls;
    return std::unexpected(errc::timed_out);
  }
};

TEST(guard, the_type_says_what_can_go_wrong) {
  rate_limiter limiter(1e9, 100);
  circuit_breaker breaker;
  retry again;
  auto g = guard(limiter, breaker, again);
  static_assert(std::is_same_v<decltype(g.call([] { return 1; })), result<int>>);
  static_assert(std::is_same_v<decltype(g.call([] {})), result<>>);
  static_assert(std::is_same_v<decltype(g.call([] { return result<int>(1); })), result<int>>);
  static_assert(std::is_same_v<decltype(g.call([] { return io_result<int>(1); })), io_result<int>>);
  EXPECT_EQ(g.call([] { return 42; }), 42);
  EXPECT_TRUE(g.call([] {}));
  EXPECT_THROW((void)g.call([]() -> int { throw std::logic_error("mine"); }), std::logic_error);
}

TEST(guard, a_retry_outside_a_breaker_is_ended_by_it) {
  circuit_breaker breaker({.max_failures = 2});
  retry again({.max_attempts = 10, .backoff = quickly});
  failing f;
  EXPECT_EQ(guard(again, breaker).call(f).error(), errc::circuit_open);
  EXPECT_EQ(f.calls, 2);
}

TEST(guard, a_breaker_outside_a_retry_sees_one_call) {
  circuit_breaker breaker({.max_failures = 2});
  retry again({.max_attempts = 10, .backoff = quickly});
  failing f;
  auto g = guard(breaker, again);
  EXPECT_EQ(g.call(f).error(), errc::timed_out);
  EXPECT_EQ(f.calls, 10);
  EXPECT_EQ(breaker.state(), breaker_state::closed);
  (void)g.call(f);
  EXPECT_EQ(breaker.state(), breaker_state::open);
}

TEST(guard, a_limiter_outside_a_retry_counts_calls_and_inside_it_attempts) {
  retry again({.max_attempts = 3, .backoff = quickly});
  rate_limiter outside(0.001, 10);
  failing f;
  (void)guard(outside, again).call(f);
  EXPECT_NEAR(outside.tokens(), 9, 0.1);
  rate_limiter inside(0.001, 10);
  (void)guard(again, inside).call(f);
  EXPECT_NEAR(inside.tokens(), 7, 0.1);
}

TEST(guard, the_outermost_decides_first) {
  rate_limiter empty(0.001, 1);
  ASSERT_TRUE(empty.try_acquire());
  circuit_breaker open;
  open.trip();
  failing f;
  EXPECT_EQ(guard(empty, open).call(f).error(), errc::rate_limited);
  EXPECT_EQ(guard(open, empty).call(f).error(), errc::circuit_open);
  EXPECT_EQ(f.calls, 0);
}

TEST(guard, owns_what_it_was_given_for_good) {
  auto g = guard(rate_limiter(0.001, 2), bulkhead({.limit = 1}), circuit_breaker({.max_failures = 1}),
                 retry(), throttle(), hedge(), fallback(7));
  EXPECT_EQ(g.call([] { return 1; }), 1);
  EXPECT_EQ(g.call([]() -> result<int> { return std::unexpected(errc::empty); }), 7);
  EXPECT_EQ(g.call([] { return 1; }).error(), errc::rate_limited);
}

TEST(guard, compositions_compose) {
  circuit_breaker breaker;
  rate_limiter limiter(0.001, 1);
  auto inner = guard(limiter, breaker);
  fallback instead(-1);
  EXPECT_EQ(guard(instead, inner).call([] { return 1; }), 1);
  EXPECT_EQ(guard(instead, inner).call([] { return 1; }), -1);
}

TEST(guard, a_limiter_can_be_waited_at) {
  rate_limiter limiter(500, 1);
  auto g = guard(limiter.waiting(1h));
  const time_point begin = clock::now();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(g.call([&] { return i; }), i);
  EXPECT_GE(clock::now() - begin, 6ms);
  rate_limiter slow(0.001, 1);
  ASSERT_TRUE(slow.try_acquire());
  EXPECT_EQ(guard(slow.waiting(10ms)).call([] {}).error(), errc::rate_limited);
}

TEST(guard, a_stop_request_reaches_every_wait_and_the_function) {
  std::stop_source stop;
  stop.request_stop();
  rate_limiter slow(0.001, 1);
  auto g = guard(slow.waiting());
  EXPECT_EQ(g.call([](std::stop_token t) { return t.stop_requested(); }, stop.get_token()), true);
  EXPECT_EQ(g.call([] { return true; }, stop.get_token()).error(), errc::cancelled);
}

TEST(guard, reads_the_clock_at_most_twice) {
  // What every guard asks is one context; this counts what it does not already know.
  detail::call_context context;
  const time_point before = context.now();
  EXPECT_EQ(context.now(), before);
  int f_ran = 0;
  auto f = [&] { ++f_ran; };
  (void)detail::invoke_as<result<>>(f, context);
  EXPECT_GE(context.now(), before);
  EXPECT_EQ(f_ran, 1);
}

TEST(fallback, gives_a_value_or_what_a_function_makes_of_the_failure) {
  fallback value(5);
  EXPECT_EQ(value.call(failing()), 5);
  EXPECT_EQ(value.call([] { return 1; }), 1);
  EXPECT_EQ(value.call([]() -> int { throw std::runtime_error("x"); }), 5);
  EXPECT_EQ(value.used(), 2u);
  fallback function([](const failure& f) { return f.code.message(); });
  EXPECT_EQ(function.call([]() -> result<std::string> { return std::unexpected(errc::full); }), "queue full");
  fallback of_nothing([] {});
  EXPECT_TRUE(of_nothing.call([]() -> result<> { return std::unexpected(errc::full); }));
  fallback fails_too([]() -> result<int> { return std::unexpected(errc::empty); });
  EXPECT_EQ(fails_too.call(failing()).error(), errc::empty);
}

TEST(fallback, replaces_only_what_the_classifier_says) {
  fallback f(0, [](errc e) { return e == errc::circuit_open; });
  EXPECT_EQ(f.call(failing()).error(), errc::timed_out);
  f.set_shadow(true);
  EXPECT_EQ(f.call([]() -> result<int> { return std::unexpected(errc::circuit_open); }).error(),
            errc::circuit_open);
  EXPECT_EQ(f.would_have_refused(), 1u);
  EXPECT_EQ(f.used(), 0u);
}

TEST(throttle, holds_back_when_the_service_turns_calls_away) {
  throttle t;
  int sent = 0;
  const auto overloaded = [&]() -> result<> {
    ++sent;
    return std::unexpected(errc::overloaded);
  };
  for (int i = 0; i < 2000; ++i) (void)t.call(overloaded);
  EXPECT_LT(sent, 200);
  EXPECT_EQ(t.refused(), 2000u - static_cast<unsigned>(sent));
  EXPECT_GT(t.probability(), 0.9);
  t.set_shadow(true);
  sent = 0;
  for (int i = 0; i < 100; ++i) (void)t.call(overloaded);
  EXPECT_EQ(sent, 100);
  EXPECT_GT(t.would_have_refused(), 50u);
}

TEST(throttle, calls_that_fail_by_themselves_are_accepted_ones) {
  throttle t;
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(t.call([]() -> result<> { return std::unexpected(errc::empty); }).error(), errc::empty);
  }
  EXPECT_EQ(t.probability(), 0);
}

/// Measures enough calls that take next to nothing.
template <class H>
void learn(H& h, int calls = 20) {
  for (int i = 0; i < calls; ++i) (void)h.call([] {});
}

TEST(hedge, a_second_attempt_wins_when_the_first_is_slow) {
  hedge h({.quantile = 0.9, .minimum_calls = 20});
  EXPECT_FALSE(h.delay());
  learn(h);
  ASSERT_TRUE(h.delay());
  std::atomic<int> calls = 0;
  const std::thread::id here = std::this_thread::get_id();
  const result<bool> of_the_second = h.call([&](std::stop_token stop) {
    ++calls;
    const bool second = std::this_thread::get_id() != here;
    while (!second && !stop.stop_requested()) std::this_thread::yield();
    return second;
  });
  EXPECT_EQ(of_the_second, true);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(h.stats().won, 1u);
}

TEST(hedge, the_first_attempt_decides_unless_the_second_succeeds_before) {
  hedge h({.minimum_calls = 1});
  learn(h, 1);
  std::atomic<bool> failed = false;
  const std::thread::id here = std::this_thread::get_id();
  EXPECT_EQ(h.call([&]() -> result<int> {
    if (std::this_thread::get_id() != here) {
      failed = true;
      return std::unexpected(errc::empty);
    }
    while (!failed) std::this_thread::yield();
    return 1;
  }),
            1)
      << "a failure of the second counts for nothing";
  EXPECT_THROW((void)h.call([]() -> int { throw std::runtime_error("x"); }), std::runtime_error);
}

TEST(hedge, what_the_first_throws_once_it_is_stopped_does_not_hide_the_second_answer) {
  hedge h({.minimum_calls = 1});
  learn(h, 1);
  const std::thread::id here = std::this_thread::get_id();
  const auto ask = [&](std::stop_token stop) {
    if (std::this_thread::get_id() != here) return 2;
    while (!stop.stop_requested()) std::this_thread::yield();
    throw std::runtime_error("stopped");
  };
  EXPECT_EQ(h.call(ask), 2);
  EXPECT_EQ(h.stats().won, 1u);
}

TEST(hedge, the_budget_bounds_second_attempts) {
  hedge h({.budget = control::retry_budget_options{.min_per_second = 0, .ratio = 0}, .minimum_calls = 1});
  learn(h, 1);
  int calls = 0;
  EXPECT_TRUE(h.call([&] {
    ++calls;
    while (h.stats().refused == 0) std::this_thread::yield();
  }));
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(h.stats().hedges, 0u);
  EXPECT_EQ(check(hedge_options{.quantile = 0})->option, "quantile");
}

template <class G, class F>
auto call_async(scheduler& s, G& g, F f, std::stop_token stop = {}) {
  auto body = [](G& guards, F function, std::stop_token token) -> task<decltype(guards.call(function))> {
    auto op = guards.async_call(std::move(function), token);
    co_return co_await op;
  };
  return run(s, body(g, std::move(f), stop));
}

TEST(guard, async_calls_decide_as_calls_do) {
  scheduler s(2);
  circuit_breaker breaker({.max_failures = 2});
  retry again({.max_attempts = 10, .backoff = quickly});
  auto g = guard(again, breaker);
  EXPECT_EQ(call_async(s, g, [] { return 3; }), 3);
  int calls = 0;
  EXPECT_EQ(call_async(s, g,
                       [&]() -> result<int> {
                         ++calls;
                         return std::unexpected(errc::timed_out);
                       })
                .error(),
            errc::circuit_open);
  EXPECT_EQ(calls, 2);
  breaker.reset();
  auto once = guard(breaker);
  EXPECT_THROW((void)call_async(s, once, []() -> int { throw std::logic_error("mine"); }), std::logic_error);
  EXPECT_EQ(breaker.stats().failed, 3u);
}

task<result<int>> later(int value) {
  auto nap = sleep_for(1ms);
  const result<> slept = co_await nap;
  if (!slept) co_return std::unexpected(slept.error());
  co_return value;
}

TEST(guard, async_calls_await_what_the_function_gives) {
  scheduler s(2);
  rate_limiter limiter(500, 1);
  bulkhead one({.limit = 1, .max_wait = 1h});
  auto g = guard(limiter.waiting(), one);
  auto body = [](decltype(g)& guards, int value) -> task<> {
    auto op = guards.async_call([value] { return later(value); });
    const result<int> got = co_await op;
    EXPECT_EQ(got, value);
  };
  for (int i = 0; i < 5; ++i) spawn(s, body(g, i));
  s.drain();
  EXPECT_EQ(one.stats().in_flight, 0);
  auto nothing = [](decltype(g)& guards) -> task<result<>> {
    auto op = guards.async_call([]() -> task<> { co_return; });
    co_return co_await op;
  };
  EXPECT_TRUE(run(s, nothing(g)));
}

TEST(guard, async_waits_end_in_time_or_when_asked) {
  scheduler s(1);
  bulkhead one({.limit = 1, .max_wait = 2ms});
  const auto inside = one.acquire();
  auto g = guard(one);
  EXPECT_EQ(call_async(s, g, [] {}).error(), errc::timed_out);
  retry again({.backoff = {.initial = 1h, .cap = 1h}});
  auto r = guard(again);
  std::stop_source stop;
  std::atomic<bool> failed = false;
  std::jthread asks([&] {
    while (!failed) std::this_thread::yield();
    stop.request_stop();
  });
  const auto fails = [&]() -> result<int> {
    failed = true;
    return std::unexpected(errc::timed_out);
  };
  EXPECT_EQ(call_async(s, r, fails, stop.get_token()).error(), errc::cancelled);
  EXPECT_EQ(again.stats().retries, 0u);
}

TEST(guard, async_hedges_race_two_tasks) {
  scheduler s(2);
  hedge h({.minimum_calls = 5});
  learn(h, 5);
  fallback instead(-1);
  auto g = guard(instead, h);
  std::atomic<int> calls = 0;
  auto body = [](decltype(g)& guards, std::atomic<int>& count) -> task<result<int>> {
    auto op = guards.async_call([&count]() -> task<result<int>> {
      const int mine = ++count;
      if (mine == 1) {
        auto nap = sleep_for(1h);
        const result<> slept = co_await nap;
        co_return std::unexpected(slept.error());
      }
      co_return mine;
    });
    co_return co_await op;
  };
  EXPECT_EQ(run(s, body(g, calls)), 2);
  EXPECT_EQ(h.stats().won, 1u);
  auto fails = [](decltype(g)& guards) -> task<result<int>> {
    auto op = guards.async_call([]() -> task<int> {
      throw std::runtime_error("x");
      co_return 1;
    });
    co_return co_await op;
  };
  EXPECT_EQ(run(s, fails(g)), -1);
}

}  // namespace
}  // namespace weir
