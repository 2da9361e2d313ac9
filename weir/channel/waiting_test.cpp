// Operations that wait: what ends the wait, and which reason is told when several hold.
#include <weir/channel/channel.hpp>
#include <weir/channel/testing.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::until;

template <class C>
void until_senders_wait(const C& ch, std::size_t n) {
  until([&] { return ch.stats().waiting_senders == n; });
}
template <class C>
void until_receivers_wait(const C& ch, std::size_t n) {
  until([&] { return ch.stats().waiting_receivers == n; });
}

std::stop_token stopped() {
  std::stop_source s;
  s.request_stop();
  return s.get_token();
}

TEST(waiting, a_full_channel_blocks_its_sender_until_a_value_leaves) {
  channel<int> ch(1);
  ASSERT_TRUE(ch.send(1));
  std::jthread sender([&] { EXPECT_TRUE(ch.send(2)); });
  until_senders_wait(ch, 1);
  EXPECT_EQ(ch.receive(), 1);
  EXPECT_EQ(ch.receive(), 2);
}

TEST(waiting, an_empty_channel_blocks_its_receiver_until_a_value_comes) {
  channel<int> ch(1);
  std::jthread receiver([&] { EXPECT_EQ(ch.receive(), 1); });
  until_receivers_wait(ch, 1);
  EXPECT_TRUE(ch.try_send(1));
  EXPECT_EQ(ch.size(), 0u) << "it goes to the one who waits, not into the queue";
}

TEST(waiting, close_wakes_blocked_senders_and_leaves_them_their_values) {
  for (const std::size_t capacity : {0u, 1u}) {
    channel<std::unique_ptr<int>> ch(capacity);
    if (capacity == 1) {
      ASSERT_TRUE(ch.send(nullptr));
    }
    std::vector<std::jthread> senders;
    for (int i = 0; i < 3; ++i) {
      senders.emplace_back([&ch, i] {
        auto mine = std::make_unique<int>(i);
        EXPECT_EQ(ch.send(std::move(mine)).error(), errc::closed);
        EXPECT_TRUE(mine && *mine == i);
      });
    }
    until_senders_wait(ch, 3);
    ch.close();
  }
}

TEST(waiting, close_wakes_blocked_receivers) {
  for (const std::size_t capacity : {0u, 1u}) {
    channel<int> ch(capacity);
    std::vector<std::jthread> receivers;
    for (int i = 0; i < 3; ++i)
      receivers.emplace_back([&] { EXPECT_EQ(ch.receive().error(), errc::closed); });
    until_receivers_wait(ch, 3);
    ch.close();
  }
}

TEST(waiting, a_stop_request_wakes_a_sender_and_leaves_it_its_value) {
  channel<std::unique_ptr<int>> ch(0);
  std::stop_source stop;
  std::jthread sender([&] {
    auto mine = std::make_unique<int>(3);
    EXPECT_EQ(ch.send(std::move(mine), stop.get_token()).error(), errc::cancelled);
    EXPECT_TRUE(mine);
  });
  until_senders_wait(ch, 1);
  stop.request_stop();
  sender.join();
  EXPECT_EQ(ch.stats().waiting_senders, 0u);
}

TEST(waiting, a_stop_request_wakes_a_receiver) {
  channel<int> ch(4);
  std::stop_source stop;
  std::jthread receiver([&] { EXPECT_EQ(ch.receive(stop.get_token()).error(), errc::cancelled); });
  until_receivers_wait(ch, 1);
  stop.request_stop();
  receiver.join();
  EXPECT_EQ(ch.stats().waiting_receivers, 0u);
}

TEST(waiting, a_stop_request_wakes_only_those_who_hold_its_token) {
  channel<int> ch(1);
  std::stop_source stop;
  std::jthread patient([&] { EXPECT_EQ(ch.receive(), 9); });
  std::jthread stoppable([&] { EXPECT_EQ(ch.receive(stop.get_token()).error(), errc::cancelled); });
  until_receivers_wait(ch, 2);
  stop.request_stop();
  stoppable.join();
  EXPECT_TRUE(ch.send(9));
}

TEST(waiting, one_who_gave_up_in_the_middle_is_passed_over) {
  channel<int> ch(0);
  std::stop_source stop;
  std::vector<std::jthread> senders;
  for (int i = 0; i < 3; ++i) {
    senders.emplace_back([&, i] {
      const auto sent = ch.send(i, i == 1 ? stop.get_token() : std::stop_token());
      EXPECT_EQ(sent.has_value(), i != 1);
    });
    until_senders_wait(ch, static_cast<std::size_t>(i) + 1);
  }
  stop.request_stop();
  senders[1].join();
  EXPECT_EQ(ch.receive(), 0);
  EXPECT_EQ(ch.receive(), 2);
}

TEST(waiting, deadlines_pass) {
  channel<int> ch(1);
  const time_point before = clock::now();
  EXPECT_EQ(ch.receive_for(20ms).error(), errc::timed_out);
  EXPECT_EQ(ch.receive_until(clock::now() + 10ms).error(), errc::timed_out);
  ASSERT_TRUE(ch.send(1));
  EXPECT_EQ(ch.send_for(2, 20ms).error(), errc::timed_out);
  EXPECT_EQ(ch.send_until(2, clock::now() + 10ms).error(), errc::timed_out);
  EXPECT_EQ(ch.reserve_for(20ms).error(), errc::timed_out);
  EXPECT_EQ(ch.reserve_until(clock::now() + 10ms).error(), errc::timed_out);
  EXPECT_GE(clock::now() - before, 90ms);
  EXPECT_EQ(ch.stats().waiting_senders, 0u);
  EXPECT_EQ(ch.stats().waiting_receivers, 0u);
}

TEST(waiting, an_operation_that_need_not_wait_ignores_deadline_and_token) {
  channel<int> ch(1);
  EXPECT_TRUE(ch.send(1, stopped()));
  EXPECT_EQ(ch.receive(stopped()), 1);
  EXPECT_TRUE(ch.send_for(2, -1s));
  EXPECT_EQ(ch.receive_for(-1s), 2);
  EXPECT_TRUE(ch.send_until(3, time_point::min(), stopped()));
  EXPECT_EQ(ch.receive_until(time_point::min(), stopped()), 3);
  EXPECT_TRUE(ch.reserve(stopped()));
  EXPECT_TRUE(ch.reserve_for(0ns, stopped()));
}

TEST(waiting, negative_durations_count_as_none) {
  channel<int> ch(1);
  EXPECT_EQ(ch.receive_for(-1ns).error(), errc::timed_out);
  EXPECT_EQ(ch.receive_for(duration::min()).error(), errc::timed_out);
  EXPECT_EQ(ch.receive_until(time_point::min()).error(), errc::timed_out);
  ASSERT_TRUE(ch.send(1));
  EXPECT_EQ(ch.send_for(2, duration::min()).error(), errc::timed_out);
  EXPECT_EQ(ch.send_until(2, time_point(duration(-1))).error(), errc::timed_out);
}

TEST(waiting, the_longest_duration_is_for_ever) {
  channel<int> ch(1);
  std::jthread receiver([&] { EXPECT_EQ(ch.receive_for(std::chrono::hours::max()), 1); });
  until_receivers_wait(ch, 1);
  EXPECT_TRUE(ch.send(1));
  receiver.join();
  std::jthread another([&] { EXPECT_EQ(ch.receive_for(duration::max() - 1h), 2); });
  until_receivers_wait(ch, 1);
  EXPECT_TRUE(ch.send(2));
}

TEST(waiting, closed_comes_before_cancelled_before_timed_out) {
  channel<int> ch(1);
  EXPECT_EQ(ch.receive_for(0ns, stopped()).error(), errc::cancelled);
  EXPECT_EQ(ch.receive_for(0ns).error(), errc::timed_out);
  ASSERT_TRUE(ch.send(1));
  EXPECT_EQ(ch.send_for(2, 0ns, stopped()).error(), errc::cancelled);
  EXPECT_EQ(ch.reserve_for(0ns, stopped()).error(), errc::cancelled);
  EXPECT_EQ(ch.send_for(2, 0ns).error(), errc::timed_out);
  ch.close();
  EXPECT_EQ(ch.send_for(2, 0ns, stopped()).error(), errc::closed);
  EXPECT_EQ(ch.reserve_for(0ns, stopped()).error(), errc::closed);
  EXPECT_EQ(ch.receive_for(0ns, stopped()), 1);
  EXPECT_EQ(ch.receive_for(0ns, stopped()).error(), errc::closed);
}

TEST(waiting, blocked_senders_are_served_in_order_of_arrival) {
  for (const std::size_t capacity : {0u, 1u}) {
    channel<int> ch(capacity);
    if (capacity == 1) {
      ASSERT_TRUE(ch.send(0));
    }
    std::vector<std::jthread> senders;
    for (int i = 1; i <= 4; ++i) {
      senders.emplace_back([&ch, i] { EXPECT_TRUE(ch.send(i)); });
      until_senders_wait(ch, static_cast<std::size_t>(i));
    }
    EXPECT_EQ(ch.try_send(99).error(), errc::full) << "who comes late does not pass those who wait";
    for (int i = capacity == 1 ? 0 : 1; i <= 4; ++i) EXPECT_EQ(ch.receive(), i);
  }
}

TEST(waiting, blocked_receivers_are_served_in_order_of_arrival) {
  for (const std::size_t capacity : {0u, 3u}) {
    channel<int> ch(capacity);
    std::vector<std::jthread> receivers;
    for (int i = 0; i < 4; ++i) {
      receivers.emplace_back([&ch, i] { EXPECT_EQ(ch.receive(), i); });
      until_receivers_wait(ch, static_cast<std::size_t>(i) + 1);
    }
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(ch.try_send(i));
  }
}

TEST(rendezvous, try_send_succeeds_only_when_a_receiver_waits) {
  channel<int> ch(0);
  EXPECT_EQ(ch.try_send(1).error(), errc::full);
  EXPECT_EQ(ch.try_receive().error(), errc::empty);
  std::optional<int> got;
  std::jthread receiver([&] { got = ch.receive().value(); });
  until_receivers_wait(ch, 1);
  EXPECT_TRUE(ch.try_send(2));
  receiver.join();
  EXPECT_EQ(got, 2);
}

TEST(rendezvous, try_receive_succeeds_only_when_a_sender_waits) {
  channel<int> ch(0);
  std::jthread sender([&] { EXPECT_TRUE(ch.send(5)); });
  until_senders_wait(ch, 1);
  EXPECT_EQ(ch.size(), 0u) << "a value that waits with its sender is not queued";
  EXPECT_EQ(ch.try_receive(), 5);
}

TEST(rendezvous, send_returns_only_when_a_receiver_has_the_value) {
  channel<int> ch(0);
  std::atomic<bool> sent{false};
  std::jthread sender([&] {
    EXPECT_TRUE(ch.send(5));
    sent = true;
  });
  until_senders_wait(ch, 1);
  EXPECT_FALSE(sent);
  EXPECT_EQ(ch.receive(), 5);
  sender.join();
  EXPECT_TRUE(sent);
}

TEST(rendezvous, receive_some_serves_senders_who_wait) {
  channel<std::unique_ptr<int>> ch(0);
  std::vector<std::jthread> senders;
  for (int i = 0; i < 3; ++i) {
    senders.emplace_back([&ch, i] { EXPECT_TRUE(ch.send(std::make_unique<int>(i))); });
    until_senders_wait(ch, static_cast<std::size_t>(i) + 1);
  }
  std::vector<std::unique_ptr<int>> got(2);
  EXPECT_EQ(ch.receive_some(got), 2u);
  EXPECT_EQ(*got[0], 0);
  EXPECT_EQ(*got[1], 1);
  EXPECT_EQ(**ch.receive(), 2);
  EXPECT_EQ(ch.receive_some(got), 0u);
}

TEST(rendezvous, becomes_a_queue_when_extended) {
  channel<int> ch(0);
  std::jthread sender([&] { EXPECT_TRUE(ch.send(1)); });
  until_senders_wait(ch, 1);
  detail::extend(ch, 1);
  sender.join();
  EXPECT_EQ(ch.size(), 1u);
  EXPECT_EQ(ch.receive(), 1);
}

TEST(rendezvous, the_receiver_may_destroy_the_channel_at_once) {
  for (int i = 0; i < 2000; ++i) {
    auto ch = std::make_unique<channel<int>>(0);
    std::jthread sender([&ch = *ch, i] { EXPECT_TRUE(ch.send(i)); });
    until_senders_wait(*ch, 1);
    EXPECT_EQ(ch->receive(), i);
    // Received: the sender has been told, whether or not its thread has run since.
    sender.join();
    ch.reset();
  }
}

TEST(waiting, the_receiver_of_the_last_value_may_destroy_the_channel_while_its_sender_leaves) {
  for (int i = 0; i < 2000; ++i) {
    auto ch = std::make_unique<channel<int>>(i % 2);
    std::jthread receiver([&] {
      EXPECT_EQ(ch->receive(), i);
      ch.reset();
    });
    auto& alive = *ch;
    until_receivers_wait(alive, 1);
    EXPECT_TRUE(alive.try_send(i));
  }
}

struct receives_at_thread_exit {
  channel<int>* ch = nullptr;
  int* got = nullptr;
  ~receives_at_thread_exit() {
    if (ch != nullptr) *got = ch->receive().value();
  }
};

TEST(waiting, works_in_destructors_of_thread_locals) {
  channel<int> ch(0);
  int got = 0;
  std::jthread leaving([&] {
    thread_local receives_at_thread_exit last;
    last.ch = &ch;
    last.got = &got;
  });
  until_receivers_wait(ch, 1);
  EXPECT_TRUE(ch.send(7));
  leaving.join();
  EXPECT_EQ(got, 7);
}

TEST(waiting, stop_requests_and_values_that_cross_lose_nothing) {
  channel<int> ch(0);
  int received = 0;
  for (int i = 0; i < 500; ++i) {
    std::stop_source stop;
    bool sent = false;
    std::jthread sender([&] { sent = ch.send(i, stop.get_token()).has_value(); });
    std::jthread stopper([&] { stop.request_stop(); });
    const bool got = ch.receive_for(200us).has_value();
    sender.join();
    EXPECT_EQ(sent, got);
    received += got;
  }
  RecordProperty("received", received);
}

TEST(waiting, deadlines_and_values_that_cross_lose_nothing) {
  for (const std::size_t capacity : {0u, 1u}) {
    channel<int> ch(capacity);
    long sent = 0;
    long got = 0;
    {
      std::jthread sender([&] {
        for (int i = 0; i < 2000; ++i) {
          if (ch.send_for(1, std::chrono::microseconds(i % 60))) ++sent;
        }
        ch.close();
      });
      for (int i = 0;; ++i) {
        const auto r = ch.receive_for(std::chrono::microseconds(i % 50));
        if (r) ++got;
        if (!r && r.error() == errc::closed) break;
      }
    }
    EXPECT_EQ(sent, got);
  }
}

}  // namespace
}  // namespace weir
