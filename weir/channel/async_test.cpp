// Coroutines that wait for a channel: alone, mixed with threads, closed and cancelled.
#include <weir/channel/channel.hpp>
#include <weir/channel/testing.hpp>
#include <weir/exec/task.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <coroutine>
#include <exception>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

using testing::until;

/// The least coroutine type that awaits what is not its own: starts at once, has no executor.
struct plain {
  struct promise_type {
    plain get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

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

}  // namespace
}  // namespace weir
