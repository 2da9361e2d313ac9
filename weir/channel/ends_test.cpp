#include <weir/channel/channel.hpp>
#include <weir/channel/testing.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace weir {
namespace {

using testing::counted;
using testing::until;

template <class C>
concept sends = requires(const C& c) { c.try_send(1); };
template <class C>
concept receives = requires(const C& c) { c.try_receive(); };
template <class C>
concept iterates = requires(const C& c) { c.begin(); };

static_assert(sends<sender<int>> && !receives<sender<int>> && !iterates<sender<int>>);
static_assert(receives<receiver<int>> && iterates<receiver<int>> && !sends<receiver<int>>);
static_assert(std::is_copy_constructible_v<sender<std::unique_ptr<int>>>);
static_assert(std::is_copy_assignable_v<receiver<std::unique_ptr<int>>>);

TEST(ends, the_last_sender_gone_closes_the_channel) {
  auto [tx, rx] = make_channel<int>(4);
  std::optional first = std::move(tx);
  std::optional second = *first;
  ASSERT_TRUE(first->send(1));
  first.reset();
  EXPECT_FALSE(rx.is_closed());
  ASSERT_TRUE(second->send(2));
  second.reset();
  EXPECT_TRUE(rx.is_closed());
  EXPECT_EQ(rx.receive(), 1);
  EXPECT_EQ(rx.receive(), 2);
  EXPECT_EQ(rx.receive().error(), errc::closed);
}

TEST(ends, the_last_sender_gone_wakes_a_receiver_who_waits) {
  auto [tx, rx] = make_channel<int>(0);
  std::jthread receiver([&rx] { EXPECT_EQ(rx.receive().error(), errc::closed); });
  until([&rx] { return rx.stats().waiting_receivers == 1; });
  const auto gone = std::move(tx);
}

TEST(ends, the_last_receiver_gone_closes_the_channel_and_wakes_senders) {
  auto [tx, rx] = make_channel<std::unique_ptr<int>>(1);
  ASSERT_TRUE(tx.send(nullptr));
  std::jthread sender([&tx] {
    auto mine = std::make_unique<int>(1);
    EXPECT_EQ(tx.send(std::move(mine)).error(), errc::closed);
    EXPECT_TRUE(mine);
  });
  until([&tx] { return tx.stats().waiting_senders == 1; });
  std::optional first = std::move(rx);
  std::optional second = first;
  first.reset();
  EXPECT_FALSE(tx.is_closed());
  second.reset();
  EXPECT_TRUE(tx.is_closed());
  EXPECT_EQ(tx.try_send(nullptr).error(), errc::closed);
}

TEST(ends, the_last_receiver_gone_destroys_what_is_queued_at_once_and_counts_it) {
  counted::reset();
  auto [tx, rx] = make_channel<counted>(8);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(tx.send(counted(i)));
  ASSERT_TRUE(rx.receive());
  EXPECT_EQ(counted::alive, 4);
  {
    const auto gone = std::move(rx);
  }
  EXPECT_EQ(counted::alive, 0);
  EXPECT_EQ(counted::destroyed, 5);
  EXPECT_EQ(tx.stats().discarded, 4u);
  EXPECT_EQ(tx.size(), 0u);
}

TEST(ends, receivers_of_a_closed_channel_still_drain_it) {
  auto [tx, rx] = make_channel<int>(4);
  ASSERT_TRUE(tx.send(1));
  EXPECT_TRUE(rx.close());
  EXPECT_FALSE(tx.close());
  EXPECT_EQ(tx.send(2).error(), errc::closed);
  EXPECT_EQ(rx.receive(), 1);
  EXPECT_EQ(rx.stats().discarded, 0u);
}

TEST(ends, assignment_releases_the_end_held_before) {
  auto a = make_channel<int>(1);
  auto b = make_channel<int>(1);
  a.tx = b.tx;
  EXPECT_TRUE(a.rx.is_closed());
  ASSERT_TRUE(a.tx.send(3));
  EXPECT_EQ(b.rx.receive(), 3);
  auto& same = a.tx;
  a.tx = same;
  EXPECT_FALSE(b.rx.is_closed());
  b.rx = std::move(a.rx);
  EXPECT_TRUE(b.tx.is_closed());
}

TEST(ends, each_side_sees_the_same_channel) {
  auto [tx, rx] = make_channel<int>(2);
  ASSERT_TRUE(tx.send(1));
  EXPECT_EQ(rx.size(), 1u);
  EXPECT_EQ(tx.size(), 1u);
  EXPECT_EQ(rx.capacity(), 2u);
  EXPECT_EQ(tx.capacity(), 2u);
  EXPECT_EQ(rx.stats().depth, tx.stats().depth);
}

TEST(ends, a_channel_passes_through_a_channel) {
  auto [tx, rx] = make_channel<receiver<int>>(1);
  {
    auto inner = make_channel<int>(1);
    ASSERT_TRUE(inner.tx.send(42));
    ASSERT_TRUE(tx.send(std::move(inner.rx)));
  }
  const auto inner = rx.receive();
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->receive(), 42);
  EXPECT_EQ(inner->receive().error(), errc::closed);
}

TEST(ends, a_queued_end_that_is_discarded_closes_its_channel) {
  auto outer = make_channel<sender<int>>(1);
  auto inner = make_channel<int>(1);
  ASSERT_TRUE(outer.tx.send(std::move(inner.tx)));
  {
    const auto gone = std::move(outer.rx);
  }
  EXPECT_TRUE(inner.rx.is_closed());
}

TEST(ends, a_queued_sender_of_the_same_channel_is_destroyed_without_deadlock) {
  struct message {
    std::shared_ptr<void> keeps;
  };
  auto [tx, rx] = make_channel<message>(2);
  ASSERT_TRUE(tx.send({std::make_shared<sender<message>>(tx)}));
  {
    const auto only_the_queued_one_is_left = std::move(tx);
  }
  EXPECT_FALSE(rx.is_closed());
  const auto gone = std::move(rx);
}

TEST(ends, work_in_lambdas_that_are_const) {
  auto [tx, rx] = make_channel<int>(1);
  const std::function<void()> send = [tx] { EXPECT_TRUE(tx.send(1)); };
  const std::function<void()> receive = [rx] { EXPECT_EQ(rx.receive(), 1); };
  send();
  receive();
}

TEST(ends, are_copied_and_dropped_from_many_threads) {
  for (int round = 0; round < 50; ++round) {
    auto [tx, rx] = make_channel<int>(2);
    std::atomic<int> got{0};
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([tx] {
          for (int i = 0; i < 20; ++i) {
            const auto copy = tx;
            EXPECT_TRUE(copy.send(1));
          }
        });
        threads.emplace_back([rx, &got] {
          for (int x : rx) got += x;
        });
      }
      const auto gone = std::move(tx);
      const auto also_gone = std::move(rx);
    }
    EXPECT_EQ(got, 80);
  }
}

TEST(ends, a_receiver_dropped_against_senders_loses_no_count) {
  for (int round = 0; round < 200; ++round) {
    counted::reset();
    {
      auto [tx, rx] = make_channel<counted>(3);
      int accepted = 0;
      std::jthread producer([&accepted, tx = std::move(tx), round] {
        for (int i = 0; tx.send(counted(i)); ++i) ++accepted;
        EXPECT_LE(tx.stats().discarded, 3u) << round;
      });
      for (int i = 0; i < round % 7; ++i) ASSERT_TRUE(rx.receive());
      const auto gone = std::move(rx);
    }
    EXPECT_EQ(counted::alive, 0);
  }
}

}  // namespace
}  // namespace weir
