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

TEST(permit, holds_a_place_that_nobody_else_gets) {
  channel<int> ch(2);
  auto p = ch.reserve();
  ASSERT_TRUE(p);
  EXPECT_EQ(ch.size(), 0u) << "size counts values";
  EXPECT_TRUE(ch.try_send(1));
  EXPECT_EQ(ch.try_send(2).error(), errc::full);
  EXPECT_EQ(ch.try_reserve().error(), errc::full);
  EXPECT_TRUE(p->send(3));
  EXPECT_EQ(ch.size(), 2u);
  EXPECT_EQ(ch.receive(), 1);
  EXPECT_EQ(ch.receive(), 3) << "its value takes its turn when it is sent";
}

TEST(permit, gives_its_place_back_when_dropped) {
  channel<int> ch(1);
  {
    const auto p = ch.try_reserve();
  }
  EXPECT_TRUE(ch.try_send(1));
}

TEST(permit, a_dropped_place_goes_to_the_sender_who_waits) {
  channel<int> ch(1);
  std::optional p = std::move(*ch.reserve());
  std::jthread sender([&] { EXPECT_TRUE(ch.send(1)); });
  until([&] { return ch.stats().waiting_senders == 1; });
  p.reset();
  EXPECT_EQ(ch.receive(), 1);
}

TEST(permit, reservations_and_sends_wait_in_one_line) {
  channel<int> ch(1);
  ASSERT_TRUE(ch.send(0));
  std::jthread first([&] {
    auto p = ch.reserve();
    ASSERT_TRUE(p);
    EXPECT_TRUE(p->send(1));
  });
  until([&] { return ch.stats().waiting_senders == 1; });
  std::jthread second([&] { EXPECT_TRUE(ch.send(2)); });
  until([&] { return ch.stats().waiting_senders == 2; });
  for (int i : {0, 1, 2}) EXPECT_EQ(ch.receive(), i);
}

TEST(permit, close_wakes_a_reservation_that_waits) {
  channel<int> ch(1);
  ASSERT_TRUE(ch.send(0));
  std::jthread waits([&] { EXPECT_EQ(ch.reserve().error(), errc::closed); });
  until([&] { return ch.stats().waiting_senders == 1; });
  ch.close();
  EXPECT_EQ(ch.try_reserve().error(), errc::closed);
}

TEST(permit, a_stop_request_wakes_a_reservation_that_waits) {
  channel<int> ch(1);
  ASSERT_TRUE(ch.send(0));
  std::stop_source stop;
  std::jthread waits([&] { EXPECT_EQ(ch.reserve(stop.get_token()).error(), errc::cancelled); });
  until([&] { return ch.stats().waiting_senders == 1; });
  stop.request_stop();
}

TEST(permit, works_after_close_and_receivers_see_closed_only_then) {
  channel<int> ch(2);
  auto used = ch.reserve();
  std::optional dropped = std::move(*ch.reserve());
  ch.close();
  EXPECT_EQ(ch.try_receive().error(), errc::empty) << "a value may still come";
  EXPECT_EQ(ch.receive_for(1ms).error(), errc::timed_out);
  EXPECT_TRUE(used->send(1));
  EXPECT_EQ(ch.receive(), 1);
  EXPECT_EQ(ch.try_receive().error(), errc::empty);
  dropped.reset();
  EXPECT_EQ(ch.receive().error(), errc::closed);
}

TEST(permit, the_last_one_wakes_the_receivers_of_a_closed_channel) {
  for (const bool use : {true, false}) {
    channel<int> ch(1);
    std::optional p = std::move(*ch.reserve());
    ch.close();
    std::atomic<int> values{0};
    std::atomic<int> closed{0};
    {
      std::vector<std::jthread> receivers;
      for (int i = 0; i < 3; ++i) receivers.emplace_back([&] { ++(ch.receive() ? values : closed); });
      until([&] { return ch.stats().waiting_receivers == 3; });
      if (use) {
        ASSERT_TRUE(p->send(1));
      }
      p.reset();
    }
    EXPECT_EQ(values, use ? 1 : 0);
    EXPECT_EQ(closed, use ? 2 : 3);
  }
}

TEST(permit, force_send_cannot_evict_what_is_not_there_yet) {
  channel<int> ch(2);
  auto a = ch.reserve();
  auto b = ch.reserve();
  EXPECT_EQ(ch.force_send(1).error(), errc::full);
  EXPECT_TRUE(a->send(2));
  EXPECT_EQ(ch.force_send(3), 2);
  EXPECT_TRUE(b->send(4));
  EXPECT_EQ(ch.receive(), 3);
  EXPECT_EQ(ch.receive(), 4);
}

TEST(permit, serves_a_receiver_who_waits_and_its_place_the_next_sender) {
  channel<int> ch(1);
  auto p = ch.reserve();
  std::jthread receiver([&] { EXPECT_EQ(ch.receive(), 1); });
  until([&] { return ch.stats().waiting_receivers == 1; });
  std::jthread sender([&] { EXPECT_TRUE(ch.send(2)); });
  until([&] { return ch.stats().waiting_senders == 1; });
  EXPECT_TRUE(p->send(1));
  sender.join();
  EXPECT_EQ(ch.receive(), 2);
}

TEST(permit, fails_only_when_the_last_receiver_has_gone_and_leaves_the_value) {
  auto ends = std::make_optional(make_channel<std::unique_ptr<int>>(1));
  auto p = ends->tx.reserve();
  auto mine = std::make_unique<int>(1);
  {
    const auto rx = std::move(ends->rx);
  }
  EXPECT_EQ(p->send(std::move(mine)).error(), errc::closed);
  EXPECT_TRUE(mine);
}

TEST(permit, keeps_no_end_alive_but_outlives_them) {
  std::optional<send_permit<int>> p;
  {
    auto [tx, rx] = make_channel<int>(1);
    p = std::move(*tx.reserve());
    {
      const auto last = std::move(tx);
    }
    EXPECT_TRUE(rx.is_closed());
    EXPECT_EQ(rx.try_receive().error(), errc::empty);
    EXPECT_TRUE(p->send(4));
    EXPECT_EQ(rx.receive(), 4);
    EXPECT_EQ(rx.receive().error(), errc::closed);
    p.reset();
    auto [tx2, rx2] = make_channel<int>(1);
    p = std::move(*tx2.reserve());
  }
  EXPECT_EQ(p->send(5).error(), errc::closed);
  p.reset();
}

TEST(permit, can_be_used_once) {
  channel<int> ch(2);
  auto p = ch.reserve();
  EXPECT_TRUE(p->send(1));
  EXPECT_THROW((void)p->send(2), std::logic_error);
  auto q = ch.reserve();
  auto r = std::move(*q);
  EXPECT_THROW((void)q->send(2), std::logic_error);
  EXPECT_TRUE(r.send(2));
}

TEST(permit, assigning_drops_the_place_held_before) {
  channel<int> ch(2);
  auto a = std::move(*ch.reserve());
  auto b = std::move(*ch.reserve());
  a = std::move(b);
  EXPECT_TRUE(ch.try_send(1));
  EXPECT_EQ(ch.try_send(2).error(), errc::full);
  EXPECT_TRUE(a.send(3));
  static_assert(!std::is_copy_constructible_v<channel<int>::permit>);
  static_assert(std::is_same_v<channel<int>::permit, sender<int>::permit>);
}

TEST(permit, size_and_permits_never_exceed_the_capacity) {
  channel<int> ch(3);
  std::atomic<int> held{0};
  std::atomic<std::size_t> most{0};
  {
    std::vector<std::jthread> producers;
    for (int t = 0; t < 3; ++t) {
      producers.emplace_back([&, t] {
        for (int i = 0; i < 2000; ++i) {
          auto p = ch.reserve();
          if (!p) return;
          const int now = ++held;
          std::size_t seen = most;
          while (seen < static_cast<std::size_t>(now) &&
                 !most.compare_exchange_weak(seen, static_cast<std::size_t>(now))) {
          }
          --held;
          if ((i + t) % 3 != 0) {
            EXPECT_TRUE(p->send(i));
          }
        }
      });
    }
    std::jthread consumer([&] {
      while (ch.receive()) EXPECT_LE(ch.size(), 3u);
    });
    for (auto& p : producers) p.join();
    ch.close();
  }
  EXPECT_LE(most, 3u);
}

}  // namespace
}  // namespace weir
