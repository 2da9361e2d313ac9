// Select for coroutines: exactly one case happens, whoever else is racing for it.
#include <weir/channel/select.hpp>
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
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::until;

template <class C>
void until_receivers_wait(const C& ch, std::size_t n) {
  until([&] { return ch.stats().waiting_receivers == n; });
}

TEST(async_select, runs_the_case_that_is_ready) {
  channel<int> a(1);
  channel<std::string> b(1);
  ASSERT_TRUE(b.send("here"));
  scheduler s(1);
  auto selects = [](channel<int>& x, channel<std::string>& y) -> task<std::string> {
    std::string got;
    auto op = async_select(on_receive(x, [&](result<int>) { got = "x"; }),
                           on_receive(y, [&](result<std::string> v) { got = *v; }));
    const std::size_t which = co_await op;
    co_return got + std::to_string(which);
  };
  EXPECT_EQ(run(s, selects(a, b)), "here1");
}

TEST(async_select, waits_for_whichever_comes_and_leaves_the_others_alone) {
  for (const std::size_t capacity : {0u, 1u}) {
    channel<int> a(capacity);
    channel<int> b(capacity);
    scheduler s(2);
    auto selects = [](channel<int>& x, channel<int>& y) -> task<int> {
      int got = 0;
      auto op = async_select(on_receive(x, [&](result<int> v) { got = *v; }),
                             on_receive(y, [&](result<int> v) { got = 10 * *v; }));
      co_await op;
      co_return got;
    };
    std::jthread sender([&] {
      until_receivers_wait(a, 1);
      EXPECT_TRUE(b.send(4));
    });
    EXPECT_EQ(run(s, selects(a, b)), 40);
    EXPECT_EQ(a.stats().waiting_receivers, 0u);
  }
}

TEST(async_select, sends_a_value_or_leaves_it) {
  channel<std::unique_ptr<int>> full(1);
  ASSERT_TRUE(full.send(nullptr));
  channel<int> other(1);
  scheduler s(1);
  auto selects = [](channel<std::unique_ptr<int>>& to, channel<int>& from) -> task<bool> {
    auto mine = std::make_unique<int>(3);
    auto op = async_select(on_send(to, std::move(mine), [](result<> sent) { EXPECT_TRUE(sent); }),
                           on_receive(from, [](result<int>) {}));
    const std::size_t which = co_await op;
    EXPECT_EQ(which == 1, mine != nullptr);
    co_return which == 0;
  };
  ASSERT_TRUE(other.send(1));
  EXPECT_FALSE(run(s, selects(full, other)));
  ASSERT_TRUE(full.receive());
  EXPECT_TRUE(run(s, selects(full, other)));
}

TEST(async_select, a_closed_channel_is_ready) {
  channel<int> a(0);
  channel<int> b(0);
  scheduler s(1);
  auto selects = [](channel<int>& x, channel<int>& y) -> task<errc> {
    errc why{};
    auto op = async_select(on_receive(x, [&](result<int> v) { why = v.error(); }),
                           on_receive(y, [&](result<int> v) { why = v.error(); }));
    EXPECT_EQ(co_await op, 1u);
    co_return why;
  };
  std::jthread closer([&] {
    until_receivers_wait(b, 1);
    b.close();
  });
  EXPECT_EQ(run(s, selects(a, b)), errc::closed);
}

TEST(async_select, times_out_and_can_be_stopped) {
  channel<int> a(0);
  scheduler s(1);
  std::stop_source stop;
  auto selects = [](channel<int>& x, duration limit, std::stop_token token) -> task<std::size_t> {
    auto op =
        async_select(on_receive(x, [](result<int>) {}), on_timeout(limit, [] {}), on_stop(token, [] {}));
    co_return co_await op;
  };
  EXPECT_EQ(run(s, selects(a, 1ms, stop.get_token())), 1u);
  EXPECT_EQ(run(s, selects(a, -1ms, stop.get_token())), 1u);
  std::jthread stopper([&] {
    until_receivers_wait(a, 1);
    stop.request_stop();
  });
  EXPECT_EQ(run(s, selects(a, duration::max(), stop.get_token())), 2u);
  EXPECT_EQ(run(s, selects(a, -1ms, stop.get_token())), 2u) << "stop comes before timeout";
}

TEST(async_select, otherwise_does_not_wait) {
  channel<int> a(0);
  scheduler s(1);
  auto selects = [](channel<int>& x) -> task<std::size_t> {
    auto op = async_select(on_receive(x, [](result<int>) {}), otherwise([] {}));
    co_return co_await op;
  };
  EXPECT_EQ(run(s, selects(a)), 1u);
}

TEST(async_select, takes_the_first_one_written_on_request) {
  channel<int> a(64);
  channel<int> b(64);
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(a.send(1) && b.send(1));
  scheduler s(1);
  auto selects = [](channel<int>& x, channel<int>& y) -> task<> {
    for (int i = 0; i < 64; ++i) {
      auto op = async_select_first(on_receive(x, [](result<int>) {}), on_receive(y, [](result<int>) {}));
      EXPECT_EQ(co_await op, 0u);
    }
  };
  run(s, selects(a, b));
}

TEST(async_select, an_exception_of_a_handler_is_thrown_at_the_co_await) {
  channel<int> a(1);
  ASSERT_TRUE(a.send(1));
  scheduler s(1);
  auto selects = [](channel<int>& x) -> task<> {
    auto op = async_select(on_receive(x, [](result<int>) { throw std::runtime_error("handler"); }));
    co_await op;
  };
  EXPECT_THROW(run(s, selects(a)), std::runtime_error);
  EXPECT_EQ(a.size(), 0u) << "its operation has happened";
}

TEST(async_select, owns_its_cases_and_what_their_handlers_captured) {
  // Named before the co_await: g++ 12 destroys the captures of a temporary in its operand twice. Held here
  // under AddressSanitizer by what the handlers own.
  channel<std::string> a(0);
  scheduler s(2);
  auto selects = [](channel<std::string>& x) -> task<std::string> {
    auto into = std::make_shared<std::string>();
    auto op = async_select(
        on_receive(x, [into, text = std::string(100, '.')](result<std::string> v) { *into = *v + text; }),
        on_timeout(1h, [into, held = std::make_unique<int>(1)] { *into = std::to_string(*held); }));
    co_await op;
    co_return *into;
  };
  std::jthread sender([&] { EXPECT_TRUE(a.send("value")); });
  EXPECT_EQ(run(s, selects(a)), "value" + std::string(100, '.'));
}

task<> forwards(channel<int>& in, channel<int>& out, std::stop_token stop, std::atomic<int>& passed) {
  for (bool more = true; more;) {
    int v = 0;
    auto take = async_select(on_receive(in, [&](result<int> got) { (more = got.has_value()) && (v = *got); }),
                             on_stop(stop, [&] { more = false; }));
    co_await take;
    if (!more) break;
    auto give = async_select(on_send(out, std::move(v), [&](result<> sent) { more = sent.has_value(); }),
                             on_timeout(1h, [] {}));
    co_await give;
    ++passed;
  }
}

TEST(async_select, many_selects_in_opposite_order_lose_nothing) {
  for (const std::size_t capacity : {0u, 1u, 16u}) {
    constexpr int values = 2000;
    channel<int> a(capacity);
    channel<int> b(capacity);
    std::atomic<int> passed = 0;
    std::stop_source stop;
    scheduler s(2);
    for (int i = 0; i < 4; ++i) spawn(s, forwards(a, b, stop.get_token(), passed));
    {
      std::jthread sender([&] {
        for (int i = 0; i < values; ++i) EXPECT_TRUE(a.send(int(i)));
      });
      long sum = 0;
      for (int i = 0; i < values; ++i) {
        // A thread's select against the coroutines', channels the other way round.
        select(on_receive(b, [&](result<int> v) { sum += *v; }), on_stop(stop.get_token(), [] {}));
      }
      EXPECT_EQ(sum, long{values} * (values - 1) / 2);
    }
    stop.request_stop();
    s.drain();
    EXPECT_EQ(passed, values);
  }
}

TEST(async_select, timeout_and_partner_race_and_no_value_is_lost) {
  channel<int> a(0);
  scheduler s(2);
  std::atomic<int> got = 0;
  std::atomic<int> sent = 0;
  auto receives = [](channel<int>& from, std::atomic<int>& count, int n) -> task<> {
    for (int i = 0; i < n; ++i) {
      auto op = async_select(on_receive(from, [&](result<int> v) { count += v.has_value(); }),
                             on_timeout(std::chrono::microseconds(i % 50), [] {}));
      co_await op;
    }
  };
  auto sends = [](channel<int>& to, std::atomic<int>& count, int n) -> task<> {
    for (int i = 0; i < n; ++i) {
      int v = i;
      auto op = async_select(on_send(to, std::move(v), [&](result<> r) { count += r.has_value(); }),
                             on_timeout(std::chrono::microseconds((i * 7) % 50), [] {}));
      co_await op;
    }
  };
  for (int i = 0; i < 3; ++i) {
    spawn(s, receives(a, got, 500));
    spawn(s, sends(a, sent, 500));
  }
  s.drain();
  EXPECT_EQ(sent, got);
}

}  // namespace
}  // namespace weir
