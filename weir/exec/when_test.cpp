// Several tasks at once, scopes, and sleeping.
#include <weir/channel/channel.hpp>
#include <weir/channel/testing.hpp>
#include <weir/exec/task.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::plain;
using testing::until;

task<int> number(int n) { co_return n; }
task<> nothing() { co_return; }
task<std::unique_ptr<int>> boxed(int n) { co_return std::make_unique<int>(n); }
task<int> fails(std::string why) {
  co_await nothing();
  throw std::runtime_error(why);
}
task<int> received(channel<int>& from) {
  auto op = from.async_receive();
  const result<int> got = co_await op;
  co_return got ? *got : -static_cast<int>(got.error());
}
task<errc> sleeps(duration time) {
  auto nap = sleep_for(time);
  const result<> r = co_await nap;
  co_return r ? errc{} : r.error();
}
task<> sleeps_and_notes(duration time, int name, std::vector<int>& order) {
  auto nap = sleep_for(time);
  EXPECT_TRUE(co_await nap);
  order.push_back(name);
}

TEST(when_all, gives_a_tuple_of_the_results) {
  for (const std::size_t workers : {1u, 2u}) {
    scheduler s(workers);
    auto all = []() -> task<int> {
      auto op = when_all(number(1), nothing(), boxed(3));
      auto [a, b, c] = co_await op;
      static_assert(std::is_same_v<decltype(b), std::monostate>);
      co_return a + *c;
    };
    EXPECT_EQ(run(s, all()), 4);
  }
}

TEST(when_all, of_nothing_is_an_empty_tuple) {
  scheduler s(1);
  auto all = []() -> task<> {
    auto op = when_all();
    const std::tuple<> none = co_await op;
    static_cast<void>(none);
  };
  run(s, all());
}

TEST(when_all, waits_for_all_and_then_throws_what_came_first) {
  scheduler s(1);
  channel<int> ch(0);
  std::atomic<bool> ended = false;
  auto slow = [](channel<int>& from, std::atomic<bool>& flag) -> task<int> {
    const int got = co_await received(from);
    flag = true;
    co_return got;
  };
  auto all = [&]() -> task<> {
    auto op = when_all(slow(ch, ended), fails("first"), fails("second"));
    co_await op;
  };
  std::jthread sender([&] {
    until([&] { return ch.stats().waiting_receivers == 1; });
    EXPECT_TRUE(ch.send(1));
  });
  try {
    run(s, all());
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "first");
  }
  EXPECT_TRUE(ended);
}

TEST(when_any, gives_the_first_and_stops_the_others) {
  scheduler s(2);
  channel<int> ch(0);
  auto any = [](channel<int>& from) -> task<std::size_t> {
    auto op = when_any(sleeps(1h), received(from), number(7));
    auto first = co_await op;
    EXPECT_EQ(std::get<2>(first), 7);
    co_return first.index();
  };
  EXPECT_EQ(run(s, any(ch)), 2u);
  EXPECT_EQ(ch.stats().waiting_receivers, 0u) << "the others have ended";
}

TEST(when_any, throws_when_the_first_to_end_failed) {
  scheduler s(1);
  auto any = []() -> task<> {
    auto op = when_any(fails("why"), sleeps(1h));
    co_await op;
  };
  EXPECT_THROW(run(s, any()), std::runtime_error);
}

TEST(when_any, passes_on_a_request_to_stop) {
  scheduler s(2);
  auto inner = []() -> task<errc> {
    auto op = when_any(sleeps(1h), sleeps(2h));
    auto first = co_await op;
    co_return first.index() == 0 ? std::get<0>(first) : std::get<1>(first);
  };
  auto outer = [&]() -> task<errc> {
    auto op = when_all(inner());
    auto [why] = co_await op;
    co_return why;
  };
  auto outermost = [&]() -> task<std::size_t> {
    auto op = when_any(outer(), sleeps(1ms));
    auto first = co_await op;
    co_return first.index();
  };
  EXPECT_EQ(run(s, outermost()), 1u);
}

TEST(sleep_for, ends_in_the_order_of_the_times) {
  scheduler s(1);
  std::vector<int> order;
  auto all = [](std::vector<int>& into) -> task<> {
    auto op = when_all(sleeps_and_notes(30ms, 3, into), sleeps_and_notes(1ms, 1, into),
                       sleeps_and_notes(15ms, 2, into), sleeps_and_notes(0ms, 0, into));
    co_await op;
  };
  const auto start = clock::now();
  run(s, all(order));
  EXPECT_GE(clock::now() - start, 30ms);
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
}

TEST(sleep_for, a_stop_request_ends_it) {
  scheduler s(1);
  std::stop_source stop;
  auto nap = [](std::stop_token token, std::atomic<bool>& started) -> task<errc> {
    started = true;
    auto op = sleep_for(duration::max(), token);
    const result<> r = co_await op;
    co_return r ? errc{} : r.error();
  };
  std::atomic<bool> started = false;
  std::jthread stopper([&] {
    until([&] { return started.load(); });
    stop.request_stop();
  });
  EXPECT_EQ(run(s, nap(stop.get_token(), started)), errc::cancelled);
  EXPECT_EQ(run(s, nap(stop.get_token(), started)), errc::cancelled) << "requested before";
}

TEST(sleep_for, stop_requests_race_with_the_time) {
  scheduler s(2);
  std::atomic<int> ended = 0;
  for (int round = 0; round < 200; ++round) {
    std::stop_source stop;
    auto nap = [](std::stop_token token, duration time, std::atomic<int>& count) -> task<> {
      auto op = sleep_for(time, token);
      static_cast<void>(co_await op);
      ++count;
    };
    for (int i = 0; i < 4; ++i) spawn(s, nap(stop.get_token(), std::chrono::microseconds(20 * i), ended));
    stop.request_stop();
    s.drain();
  }
  EXPECT_EQ(ended, 800);
}

TEST(with_scope, ends_when_all_its_tasks_have_ended) {
  scheduler s(2);
  std::atomic<int> ended = 0;
  auto counts = [](std::atomic<int>& count) -> task<> {
    auto nap = sleep_for(1ms);
    static_cast<void>(co_await nap);
    ++count;
  };
  auto spawns = [&](scope& in) -> task<int> {
    for (int i = 0; i < 10; ++i) in.spawn(counts(ended));
    co_return 5;
  };
  auto uses = [&]() -> task<int> {
    auto op = with_scope(s, spawns);
    const int five = co_await op;
    co_return five + ended;
  };
  EXPECT_EQ(run(s, uses()), 15);
}

TEST(with_scope, the_first_exception_stops_the_rest_and_is_thrown) {
  scheduler s(2);
  channel<int> ch(0);
  auto waits = [](channel<int>& from, std::atomic<int>& count) -> task<> {
    if (co_await received(from) == -static_cast<int>(errc::cancelled)) ++count;
  };
  auto throws = []() -> task<> {
    auto nap = sleep_for(1ms);
    static_cast<void>(co_await nap);
    throw std::runtime_error("first");
  };
  std::atomic<int> cancelled = 0;
  auto body = [&](scope& in) -> task<> {
    for (int i = 0; i < 3; ++i) in.spawn(waits(ch, cancelled));
    in.spawn(throws());
    if (co_await received(ch) == -static_cast<int>(errc::cancelled)) ++cancelled;
  };
  auto uses = [&]() -> task<> {
    auto op = with_scope(s, body);
    co_await op;
  };
  EXPECT_THROW(run(s, uses()), std::runtime_error);
  EXPECT_EQ(cancelled, 4) << "the body waits inside the scope, too";
}

TEST(with_scope, an_exception_of_the_body_is_thrown_after_the_join) {
  scheduler s(2);
  std::atomic<bool> ended = false;
  auto waits = [](std::atomic<bool>& flag) -> task<> {
    EXPECT_EQ(co_await sleeps(1h), errc::cancelled);
    flag = true;
  };
  auto body = [&](scope& in) -> task<int> {
    in.spawn(waits(ended));
    throw std::runtime_error("body");
    co_return 0;
  };
  auto uses = [&]() -> task<int> {
    auto op = with_scope(s, body);
    co_return co_await op;
  };
  EXPECT_THROW(run(s, uses()), std::runtime_error);
  EXPECT_TRUE(ended);
  auto no_coroutine = [](scope&) -> task<> { throw std::runtime_error("before there is a body"); };
  auto calls = [&]() -> task<> {
    auto op = with_scope(s, no_coroutine);
    co_await op;
  };
  EXPECT_THROW(run(s, calls()), std::runtime_error);
}

TEST(with_scope, can_be_stopped_from_inside_and_from_outside) {
  scheduler s(2);
  std::stop_source stop;
  auto waits_for_token = [](std::stop_token token) -> task<> {
    auto nap = sleep_for(1h, token);
    EXPECT_EQ((co_await nap).error(), errc::cancelled);
  };
  auto inside = [&](scope& in) -> task<> {
    in.spawn(waits_for_token(in.token()));
    in.spawn(waits_for_token({}));
    in.request_stop();
    auto ask = current_stop_token();
    EXPECT_TRUE((co_await ask).stop_requested());
  };
  auto outside = [&](scope& in) -> task<> {
    in.spawn(waits_for_token(in.token()));
    stop.request_stop();
    co_return;
  };
  auto uses = [&]() -> task<> {
    auto first = with_scope(s, inside);
    co_await first;
    auto second = with_scope(s, outside, stop.get_token());
    co_await second;
  };
  run(s, uses());
}

TEST(with_scope, tasks_may_spawn_tasks) {
  scheduler s(2);
  std::atomic<int> ended = 0;
  struct tree {
    static task<> grow(scope& in, int depth, std::atomic<int>& count) {
      ++count;
      if (depth == 0) co_return;
      in.spawn(grow(in, depth - 1, count));
      in.spawn(grow(in, depth - 1, count));
    }
  };
  auto body = [&](scope& in) -> task<> { return tree::grow(in, 10, ended); };
  auto uses = [&]() -> task<> {
    auto op = with_scope(s, body);
    co_await op;
  };
  run(s, uses());
  EXPECT_EQ(ended, 2047);
}

TEST(with_scope, works_from_a_coroutine_without_executor) {
  scheduler s(2);
  std::atomic<int> result = 0;
  auto body = [](scope& in) -> task<int> {
    in.spawn(nothing());
    co_return 6;
  };
  auto uses = [&](scheduler& on) -> plain {
    auto op = with_scope(on, body);
    const int six = co_await op;
    auto both = when_all(number(1), sleeps(1ms));
    auto [one, slept] = co_await both;
    EXPECT_EQ(slept, errc{});
    result = six + one;
  };
  uses(s);
  until([&] { return result == 7; });
}

}  // namespace
}  // namespace weir
