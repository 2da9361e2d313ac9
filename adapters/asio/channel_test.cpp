// Asio's coroutines, futures and callbacks on weir's channels.
#include <adapters/asio/channel.hpp>
#include <weir/channel/testing.hpp>

#include <gtest/gtest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

namespace net = boost::asio;
using testing::until;

void rethrow(std::exception_ptr e) {
  if (e) std::rethrow_exception(e);
}

net::awaitable<void> send_numbers(channel<int>& ch, int from, int to) {
  for (int i = from; i < to; ++i) {
    int v = i;
    auto op = weir::asio::async_send(ch, std::move(v), net::use_awaitable);
    const result<> sent = co_await std::move(op);
    EXPECT_TRUE(sent);
  }
}
net::awaitable<void> receive_numbers(channel<int>& ch, std::atomic<long>& sum, std::atomic<int>& count) {
  for (;;) {
    const result<int> got = co_await weir::asio::async_receive(ch, net::use_awaitable);
    if (!got) co_return;
    sum += *got;
    ++count;
  }
}

TEST(asio, awaitables_and_threads_share_a_channel_on_several_threads) {
  for (const std::size_t capacity : {0u, 1u, 64u}) {
    constexpr int each = 2000;
    channel<int> ch(capacity);
    std::atomic<long> sum = 0;
    std::atomic<int> count = 0;
    net::thread_pool pool(2);
    for (int i = 0; i < 2; ++i) {
      net::co_spawn(pool, receive_numbers(ch, sum, count), rethrow);
      net::co_spawn(pool, send_numbers(ch, i * each, (i + 1) * each), rethrow);
    }
    std::jthread sender([&] {
      for (int v = 2 * each; v < 3 * each; ++v) EXPECT_TRUE(ch.send(int(v)));
    });
    until([&] { return count == 3 * each; });
    ch.close();
    pool.join();
    EXPECT_EQ(sum, 3L * each * (3L * each - 1) / 2);
  }
}

TEST(asio, a_handler_runs_on_its_strand) {
  net::thread_pool pool(2);
  auto strand = net::make_strand(pool);
  channel<int> ch(0);
  int on_strand = 0;  // guarded by the strand alone
  auto counts = [&]() -> net::awaitable<void> {
    for (;;) {
      const result<int> got = co_await weir::asio::async_receive(ch, net::use_awaitable);
      EXPECT_TRUE(strand.running_in_this_thread());
      if (!got) co_return;
      ++on_strand;
    }
  };
  for (int i = 0; i < 3; ++i) net::co_spawn(strand, counts(), rethrow);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(ch.send(int(i)));
  ch.close();
  pool.join();
  EXPECT_EQ(on_strand, 1000);
}

TEST(asio, futures_hold_the_result) {
  auto [tx, rx] = make_channel<std::unique_ptr<int>>(1);
  auto mine = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  auto sent = weir::asio::async_send(tx, std::move(mine), net::use_future);
  EXPECT_TRUE(sent.get());
  auto waiting = weir::asio::async_send(tx, std::move(second), net::use_future);
  EXPECT_EQ(**weir::asio::async_receive(rx, net::use_future).get(), 1);
  EXPECT_TRUE(waiting.get());
  EXPECT_EQ(**weir::asio::async_receive(rx, net::use_future).get(), 2);
  auto too_late = weir::asio::async_receive(rx, net::use_future);
  tx.close();
  EXPECT_EQ(too_late.get().error(), errc::closed);
  auto third = std::make_unique<int>(3);
  EXPECT_EQ(weir::asio::async_send(tx, std::move(third), net::use_future).get().error(), errc::closed);
  EXPECT_TRUE(third) << "a value that was not accepted is still the sender's";
}

TEST(asio, a_lvalue_is_copied) {
  channel<std::string> ch(1);
  net::io_context io;
  const std::string word = "word";
  bool sent = false;
  weir::asio::async_send(ch, word, net::bind_executor(io, [&](result<> r) { sent = r.has_value(); }));
  EXPECT_FALSE(sent) << "never from inside the call that starts it";
  io.run();
  EXPECT_TRUE(sent);
  EXPECT_EQ(ch.receive(), word);
}

TEST(asio, outstanding_operations_keep_the_context_running) {
  channel<int> ch(0);
  net::io_context io;
  int got = 0;
  weir::asio::async_receive(ch, net::bind_executor(io, [&](result<int> r) { got = r.value_or(-1); }));
  std::jthread sender([&] {
    until([&] { return ch.stats().waiting_receivers == 1; });
    EXPECT_TRUE(ch.send(4));
  });
  io.run();
  EXPECT_EQ(got, 4);
}

TEST(asio, a_cancellation_ends_the_wait) {
  channel<int> ch(0);
  net::io_context io;
  net::cancellation_signal signal;
  errc why{};
  weir::asio::async_receive(
      ch, net::bind_cancellation_slot(
              signal.slot(), net::bind_executor(io, [&](result<int> r) { why = r ? errc{} : r.error(); })));
  EXPECT_EQ(ch.stats().waiting_receivers, 1u);
  signal.emit(net::cancellation_type::terminal);
  io.run();
  EXPECT_EQ(why, errc::cancelled);
  EXPECT_EQ(ch.stats().waiting_receivers, 0u);
}

TEST(asio, cancellations_that_cross_a_send_lose_no_value) {
  testing::counted::reset();
  int sent = 0;
  int got = 0;
  channel<testing::counted> ch(0);
  for (int round = 0; round < 500; ++round) {
    net::io_context io;
    net::cancellation_signal signal;
    weir::asio::async_receive(ch, net::bind_cancellation_slot(
                                      signal.slot(), net::bind_executor(io, [&](result<testing::counted> r) {
                                        got += r.has_value();
                                      })));
    std::jthread sender([&] {
      testing::counted v(round);
      sent += ch.send_for(std::move(v), std::chrono::microseconds(20)).has_value();
    });
    for (int i = 0; i < round % 50; ++i) std::this_thread::yield();
    signal.emit(net::cancellation_type::all);
    io.run();
  }
  EXPECT_EQ(sent, got);
  EXPECT_EQ(testing::counted::alive, 0);
}

}  // namespace
}  // namespace weir
