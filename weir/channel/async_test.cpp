// Coroutines that wait for a channel: alone, mixed with threads, closed and cancelled.
#include <weir/channel/channel.hpp>
#include <weir/channel/testing.hpp>
#include <weir/exec/task.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <coroutine>
#include <exception>
#include <fstream>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace weir {
namespace {

using testing::plain;
using testing::until;

task<> send_all(channel<int>& ch, int from, int to) {
  for (int i = from; i < to; ++i) {
    int v = i;
    auto op = ch.async_send(std::move(v));
    if (!co_await op) co_return;
  }
}

task<> receive_all(channel<int>& ch, std::atomic<long>& sum, std::atomic<int>& count) {
  for (;;) {
    auto op = ch.async_receive();
    const result<int> got = co_await op;
    if (!got) co_return;
    sum += *got;
    ++count;
  }
}

class async_channel : public ::testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(capacities, async_channel, ::testing::Values(0, 1, 64));

TEST_P(async_channel, coroutines_pass_every_value_once) {
  constexpr int each = 5000;
  for (const std::size_t workers : {1u, 2u, 3u}) {
    channel<int> ch(GetParam());
    std::atomic<long> sum = 0;
    std::atomic<int> count = 0;
    scheduler s(workers);
    scheduler senders(workers);
    for (int i = 0; i < 3; ++i) spawn(s, receive_all(ch, sum, count));
    for (int i = 0; i < 2; ++i) spawn(s, send_all(ch, i * each, (i + 1) * each));
    spawn(senders, send_all(ch, 2 * each, 3 * each));
    until([&] { return count == 3 * each; });
    ch.close();
    s.drain();
    EXPECT_EQ(sum, 3L * each * (3L * each - 1) / 2);
    EXPECT_EQ(count, 3 * each);
  }
}

TEST_P(async_channel, threads_and_coroutines_share_a_channel) {
  constexpr int each = 3000;
  channel<int> ch(GetParam());
  std::atomic<long> sum = 0;
  std::atomic<int> count = 0;
  scheduler s(2);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) spawn(s, receive_all(ch, sum, count));
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        for (const int v : ch) {
          sum += v;
          ++count;
        }
      });
      threads.emplace_back([&ch, i] {
        for (int v = i * each; v < (i + 1) * each; ++v) EXPECT_TRUE(ch.send(int(v)));
      });
    }
    for (int i = 2; i < 4; ++i) spawn(s, send_all(ch, i * each, (i + 1) * each));
    until([&] { return count == 4 * each; });
    ch.close();
  }
  s.drain();
  EXPECT_EQ(sum, 4L * each * (4L * each - 1) / 2);
}

TEST_P(async_channel, close_ends_the_waits_and_leaves_senders_their_values) {
  channel<std::unique_ptr<int>> ch(GetParam());
  for (std::size_t i = 0; i < GetParam(); ++i) ASSERT_TRUE(ch.try_send(nullptr));
  scheduler s(2);
  auto sends = [](channel<std::unique_ptr<int>>& to) -> task<> {
    auto mine = std::make_unique<int>(7);
    auto op = to.async_send(std::move(mine));
    const result<> sent = co_await op;
    EXPECT_EQ(sent.error(), errc::closed);
    EXPECT_TRUE(mine && *mine == 7);
  };
  spawn(s, sends(ch));
  spawn(s, sends(ch));
  until([&] { return ch.stats().waiting_senders == 2; });
  EXPECT_TRUE(ch.close());
  s.drain();
  spawn(s, sends(ch));
  s.drain();
  auto receives = [](channel<std::unique_ptr<int>>& from, std::size_t values) -> task<> {
    for (std::size_t i = 0; i < values; ++i) {
      auto queued = from.async_receive();
      EXPECT_TRUE(co_await queued) << "what is queued is still received";
    }
    auto op = from.async_receive();
    EXPECT_EQ((co_await op).error(), errc::closed);
  };
  run(s, receives(ch, GetParam()));
}

TEST_P(async_channel, a_stop_request_ends_a_wait_and_leaves_the_value) {
  channel<std::unique_ptr<int>> ch(GetParam());
  for (std::size_t i = 0; i < GetParam(); ++i) ASSERT_TRUE(ch.try_send(nullptr));
  channel<int> empty(GetParam());
  scheduler s(2);
  std::stop_source stop;
  auto sends = [](channel<std::unique_ptr<int>>& to, std::stop_token token) -> task<> {
    auto mine = std::make_unique<int>(7);
    auto op = to.async_send(std::move(mine), token);
    const result<> sent = co_await op;
    EXPECT_EQ(sent.error(), errc::cancelled);
    EXPECT_TRUE(mine && *mine == 7);
  };
  auto receives = [](channel<int>& from, std::stop_token token) -> task<> {
    auto op = from.async_receive(token);
    EXPECT_EQ((co_await op).error(), errc::cancelled);
  };
  spawn(s, sends(ch, stop.get_token()));
  spawn(s, receives(empty, stop.get_token()));
  until([&] { return ch.stats().waiting_senders == 1 && empty.stats().waiting_receivers == 1; });
  stop.request_stop();
  s.drain();
  EXPECT_EQ(ch.stats().waiting_senders, 0u);
  spawn(s, sends(ch, stop.get_token()));  // requested already: it would have to wait, and does not
  spawn(s, receives(empty, stop.get_token()));
  s.drain();
}

TEST(async_receive, a_token_matters_only_when_it_would_wait_and_closed_comes_first) {
  std::stop_source stop;
  stop.request_stop();
  channel<int> ch(2);
  ASSERT_TRUE(ch.send(1));
  scheduler s(1);
  auto receives = [](channel<int>& from, std::stop_token token) -> task<result<int>> {
    auto op = from.async_receive(token);
    co_return co_await op;
  };
  EXPECT_EQ(run(s, receives(ch, stop.get_token())), 1);
  EXPECT_EQ(run(s, receives(ch, stop.get_token())).error(), errc::cancelled);
  ch.close();
  EXPECT_EQ(run(s, receives(ch, stop.get_token())).error(), errc::closed);
}

task<> sends_until_sent(channel<testing::counted>& to, std::stop_source& stop, std::atomic<int>& sent) {
  testing::counted v(1);
  auto op = to.async_send(std::move(v), stop.get_token());
  const result<> r = co_await op;
  EXPECT_EQ(v.holds, !r);
  if (r) ++sent;
}
task<> receives_once(channel<testing::counted>& from, std::stop_source& stop, std::atomic<int>& got) {
  auto op = from.async_receive(stop.get_token());
  if (co_await op) ++got;
}

TEST_P(async_channel, a_storm_of_cancellations_loses_no_value) {
  testing::counted::reset();
  constexpr int rounds = 150;
  constexpr int each = 8;
  scheduler s(2);
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> sent = 0;
    std::atomic<int> got = 0;
    channel<testing::counted> ch(GetParam());
    std::stop_source stop_senders;
    std::stop_source stop_receivers;
    std::jthread stopper;
    for (int i = 0; i < each; ++i) {
      spawn(s, sends_until_sent(ch, stop_senders, sent));
      spawn(s, receives_once(ch, stop_receivers, got));
      if (i == round % each) stopper = std::jthread([&] { stop_receivers.request_stop(); });
    }
    if (round % 2 == 0) stop_receivers.request_stop();
    stopper.join();
    stop_senders.request_stop();
    s.drain();
    int left = 0;
    while (ch.try_receive()) ++left;
    EXPECT_EQ(sent, got + left) << "round " << round;
  }
  EXPECT_EQ(testing::counted::alive, 0);
}

TEST(async, a_coroutine_without_executor_goes_on_where_its_partner_is) {
  channel<int> ch(0);
  std::thread::id resumed_on;
  int got = 0;
  auto receives = [](channel<int>& from, int& into, std::thread::id& where) -> plain {
    auto op = from.async_receive();
    const result<int> r = co_await op;
    into = r.value_or(-1);
    where = std::this_thread::get_id();
  };
  receives(ch, got, resumed_on);
  EXPECT_EQ(got, 0);
  EXPECT_TRUE(ch.send(5));
  EXPECT_EQ(got, 5) << "when send has returned, the receiver has run";
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST(async, a_chain_of_hand_overs_needs_no_stack) {
  constexpr int links = 100'000;
  std::vector<std::unique_ptr<channel<int>>> ch;
  for (int i = 0; i <= links; ++i) ch.push_back(std::make_unique<channel<int>>(0));
  auto link = [](channel<int>& from, channel<int>& to) -> plain {
    auto op = from.async_receive();
    result<int> got = co_await op;
    if (!got) co_return;
    ++*got;
    auto pass = to.async_send(std::move(*got));
    static_cast<void>(co_await pass);
  };
  int end = 0;
  auto last = [](channel<int>& from, int& into) -> plain {
    auto op = from.async_receive();
    into = (co_await op).value_or(-1);
  };
  for (int i = 0; i < links; ++i) {
    link(*ch[static_cast<std::size_t>(i)], *ch[static_cast<std::size_t>(i) + 1]);
  }
  last(*ch.back(), end);
  EXPECT_TRUE(ch.front()->send(1));
  EXPECT_EQ(end, links + 1);
}

TEST(async, tasks_hand_over_in_a_chain_on_one_worker) {
  constexpr int links = 100'000;
  std::vector<std::unique_ptr<channel<int>>> ch;
  for (int i = 0; i <= links; ++i) ch.push_back(std::make_unique<channel<int>>(0));
  scheduler s(1);
  auto link = [](channel<int>& from, channel<int>& to) -> task<> {
    auto op = from.async_receive();
    result<int> got = co_await op;
    if (!got) co_return;
    ++*got;
    auto pass = to.async_send(std::move(*got));
    static_cast<void>(co_await pass);
  };
  for (std::size_t i = 0; i < links; ++i) spawn(s, link(*ch[i], *ch[i + 1]));
  EXPECT_TRUE(ch.front()->send(1));
  EXPECT_EQ(ch.back()->receive(), links + 1);
}

/// Posts to a queue of its own, to be run by hand.
struct by_hand {
  std::vector<std::coroutine_handle<>> ready;
  void post(std::coroutine_handle<> h) { ready.push_back(h); }
  void run() {
    while (!ready.empty()) {
      const auto h = ready.back();
      ready.pop_back();
      h.resume();
    }
  }
};
struct on_executor {
  struct promise_type {
    template <class... Rest>
    explicit promise_type(by_hand& e, Rest&&...) noexcept : executor(&e) {}
    on_executor get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
    by_hand& get_executor() const noexcept { return *executor; }
    by_hand* executor;
  };
};

on_executor receives_on(by_hand&, channel<int>& from, int& into) {
  auto op = from.async_receive();
  into = (co_await op).value_or(-1);
}
task<int> received(channel<int>& from) {
  auto op = from.async_receive();
  co_return (co_await op).value_or(-1);
}
on_executor awaits_a_task_on(by_hand&, channel<int>& from, int& into) { into = co_await received(from); }

TEST(async, a_coroutine_with_an_executor_goes_on_there) {
  by_hand executor;
  channel<int> ch(0);
  int got = 0;
  receives_on(executor, ch, got);
  EXPECT_TRUE(ch.send(5));
  EXPECT_EQ(got, 0);
  executor.run();
  EXPECT_EQ(got, 5);
  awaits_a_task_on(executor, ch, got);
  EXPECT_TRUE(ch.send(6));
  EXPECT_EQ(got, 5) << "a task that it awaits, too";
  executor.run();
  EXPECT_EQ(got, 6);
}

TEST(async, ends_serve_coroutines_and_close_by_themselves) {
  auto [tx, rx] = make_channel<std::string>(1);
  scheduler s(2);
  auto sends = [](sender<std::string> to) -> task<> {
    for (const char* word : {"one", "two", "three"}) {
      std::string w = word;
      auto op = to.async_send(std::move(w));
      EXPECT_TRUE(co_await op);
    }
  };
  auto receives = [](receiver<std::string> from) -> task<std::string> {
    std::string all;
    for (;;) {
      auto op = from.async_receive();
      result<std::string> word = co_await op;
      if (!word) co_return all;
      all += *word;
    }
  };
  spawn(s, sends(std::move(tx)));
  EXPECT_EQ(run(s, receives(std::move(rx))), "onetwothree");
}

long resident_bytes() {
  long pages = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int many = 20'000;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
constexpr int many = 20'000;
#else
constexpr int many = 1'000'000;
#endif
#else
constexpr int many = 1'000'000;
#endif

TEST(async, a_million_waiting_coroutines_fit_in_a_gibibyte) {
  channel<int> ch(1);
  std::atomic<long> sum = 0;
  std::atomic<int> count = 0;
  scheduler s(1);
  const long before = resident_bytes();
  for (int i = 0; i < many; ++i) spawn(s, receive_all(ch, sum, count));
  until([&] { return ch.stats().waiting_receivers == std::size_t{many}; });
  const long bytes = (resident_bytes() - before) / many;
  if (many == 1'000'000) {
    EXPECT_LE(bytes, (1L << 30) / many);
  }
  RecordProperty("bytes_a_waiting_coroutine", static_cast<int>(bytes));
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(ch.send(1));
  ch.close();
  s.drain();
  EXPECT_EQ(count, 1000);
}

}  // namespace
}  // namespace weir
