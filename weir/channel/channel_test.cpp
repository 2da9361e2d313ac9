#include <weir/channel/channel.hpp>
#include <weir/channel/testing.hpp>

#include <gtest/gtest.h>

#include <array>
#include <iterator>
#include <list>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

using testing::until;
using ints = std::vector<int>;

TEST(channel, delivers_in_the_order_sent) {
  channel<int> ch(3);
  for (int i : {1, 2, 3}) ASSERT_TRUE(ch.send(i));
  for (int i : {1, 2, 3}) EXPECT_EQ(ch.receive(), i);
}

TEST(channel, holds_exactly_its_capacity) {
  for (const std::size_t capacity : {1u, 2u, 3u, 5u, 17u, 100u}) {
    channel<std::size_t> ch(capacity);
    EXPECT_EQ(ch.capacity(), capacity);
    for (std::size_t i = 0; i < capacity; ++i) {
      EXPECT_EQ(ch.size(), i);
      EXPECT_TRUE(ch.try_send(i)) << capacity;
    }
    EXPECT_EQ(ch.try_send(std::size_t{0}).error(), errc::full) << capacity;
    EXPECT_EQ(ch.size(), capacity);
  }
}

TEST(channel, stays_exact_after_many_laps) {
  channel<int> ch(3);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(ch.try_send(i));
    ASSERT_TRUE(ch.try_send(i + 1));
    ASSERT_TRUE(ch.try_send(i + 2));
    ASSERT_EQ(ch.try_send(0).error(), errc::full);
    for (int k : {0, 1, 2}) ASSERT_EQ(ch.try_receive(), i + k);
    ASSERT_EQ(ch.try_receive().error(), errc::empty);
  }
}

TEST(channel, a_value_that_was_not_accepted_is_still_the_senders) {
  channel<std::unique_ptr<int>> ch(1);
  ASSERT_TRUE(ch.send(std::make_unique<int>(1)));
  auto mine = std::make_unique<int>(2);
  EXPECT_EQ(ch.try_send(std::move(mine)).error(), errc::full);
  EXPECT_EQ(ch.send_for(std::move(mine), duration(1)).error(), errc::timed_out);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(ch.send(std::move(mine), stop.get_token()).error(), errc::cancelled);
  ch.close();
  EXPECT_EQ(ch.try_send(std::move(mine)).error(), errc::closed);
  EXPECT_EQ(ch.send(std::move(mine)).error(), errc::closed);
  EXPECT_EQ(ch.force_send(std::move(mine)).error(), errc::closed);
  ASSERT_TRUE(mine);
  EXPECT_EQ(*mine, 2);
}

TEST(channel, sending_a_const_reference_copies) {
  channel<std::string> ch(6);
  const std::string s = "a string that is too long to be kept inside its object";
  EXPECT_TRUE(ch.try_send(s));
  EXPECT_TRUE(ch.send(s));
  EXPECT_TRUE(ch.send_for(s, std::chrono::seconds(1)));
  EXPECT_TRUE(ch.send_until(s, never));
  EXPECT_TRUE(ch.force_send(s));
  EXPECT_TRUE(ch.reserve()->send(s));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ch.receive(), s);
}

TEST(channel, close_lets_receivers_drain_what_is_queued) {
  channel<int> ch(4);
  ASSERT_TRUE(ch.send(1));
  ASSERT_TRUE(ch.send(2));
  EXPECT_FALSE(ch.is_closed());
  EXPECT_TRUE(ch.close());
  EXPECT_TRUE(ch.is_closed());
  EXPECT_EQ(ch.try_send(3).error(), errc::closed);
  EXPECT_EQ(ch.receive(), 1);
  EXPECT_EQ(ch.try_receive(), 2);
  EXPECT_EQ(ch.receive().error(), errc::closed);
  EXPECT_EQ(ch.try_receive().error(), errc::closed);
  EXPECT_EQ(ch.receive_for(std::chrono::hours(1)).error(), errc::closed);
}

TEST(channel, closing_twice_is_harmless_and_says_who_was_first) {
  for (const std::size_t capacity : {0u, 1u}) {
    channel<int> ch(capacity);
    EXPECT_TRUE(ch.close());
    EXPECT_FALSE(ch.close());
    EXPECT_EQ(ch.try_receive().error(), errc::closed);
  }
}

TEST(channel, exactly_one_of_many_closers_is_told_it_closed) {
  channel<int> ch(1);
  std::atomic<int> firsts{0};
  {
    std::vector<std::jthread> closers;
    for (int i = 0; i < 8; ++i) closers.emplace_back([&] { firsts += ch.close(); });
  }
  EXPECT_EQ(firsts, 1);
}

TEST(channel, force_send_returns_the_oldest_of_a_full_channel) {
  channel<int> ch(2);
  EXPECT_EQ(ch.force_send(1), std::nullopt);
  EXPECT_EQ(ch.force_send(2), std::nullopt);
  EXPECT_EQ(ch.force_send(3), 1);
  EXPECT_EQ(ch.force_send(4), 2);
  EXPECT_EQ(ch.size(), 2u);
  EXPECT_EQ(ch.receive(), 3);
  EXPECT_EQ(ch.receive(), 4);
}

TEST(channel, force_send_serves_a_receiver_who_waits) {
  channel<int> ch(1);
  std::jthread receiver([&] { EXPECT_EQ(ch.receive(), 5); });
  until([&] { return ch.stats().waiting_receivers == 1; });
  EXPECT_EQ(ch.force_send(5), std::nullopt);
}

TEST(channel, force_send_and_reserve_need_a_place_to_speak_of) {
  channel<int> ch(0);
  EXPECT_THROW((void)ch.force_send(1), std::logic_error);
  EXPECT_THROW((void)ch.reserve(), std::logic_error);
  EXPECT_THROW((void)ch.try_reserve(), std::logic_error);
  EXPECT_THROW((void)ch.reserve_for(duration(1)), std::logic_error);
  EXPECT_THROW((void)ch.reserve_until(never), std::logic_error);
}

TEST(channel, send_some_takes_what_fits_from_the_front) {
  channel<std::unique_ptr<int>> ch(3);
  std::vector<std::unique_ptr<int>> five;
  for (int i = 0; i < 5; ++i) five.push_back(std::make_unique<int>(i));
  EXPECT_EQ(ch.send_some(five), 3u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(five[i] == nullptr, i < 3);
  EXPECT_EQ(ch.send_some(std::span(five).subspan(3)), 0u);
  EXPECT_EQ(**ch.receive(), 0);
  EXPECT_EQ(ch.send_some(std::span(five).subspan(3)), 1u);
  ch.close();
  EXPECT_EQ(ch.send_some(std::span(five).subspan(4)), 0u);
  EXPECT_EQ(**five.rbegin(), 4);
}

TEST(channel, receive_some_fills_from_the_front_and_says_how_many) {
  channel<int> ch(4);
  for (int i : {1, 2, 3}) ASSERT_TRUE(ch.send(i));
  std::array<int, 2> two{};
  EXPECT_EQ(ch.receive_some(two), 2u);
  EXPECT_EQ(two, (std::array{1, 2}));
  EXPECT_EQ(ch.receive_some(two), 1u);
  EXPECT_EQ(two, (std::array{3, 2}));
  EXPECT_EQ(ch.receive_some(two), 0u);
  EXPECT_EQ(ch.receive_some({}), 0u);
}

TEST(channel, receive_some_frees_places_for_those_who_wait) {
  channel<int> ch(1);
  ASSERT_TRUE(ch.send(0));
  std::vector<std::jthread> senders;
  for (int i = 1; i <= 3; ++i) {
    senders.emplace_back([&ch, i] { EXPECT_TRUE(ch.send(i)); });
    until([&] { return ch.stats().waiting_senders == static_cast<std::size_t>(i); });
  }
  std::array<int, 3> got{};
  EXPECT_EQ(ch.receive_some(got), 3u);  // more than its capacity: those who wait are served too
  EXPECT_EQ(got, (std::array{0, 1, 2}));
  EXPECT_EQ(ch.receive(), 3);
}

TEST(channel, send_some_serves_several_receivers_who_wait) {
  for (const std::size_t capacity : {0u, 1u}) {
    channel<int> ch(capacity);
    std::atomic<int> sum{0};
    {
      std::vector<std::jthread> receivers;
      for (int i = 0; i < 3; ++i) receivers.emplace_back([&] { sum += ch.receive().value(); });
      until([&] { return ch.stats().waiting_receivers == 3; });
      std::array values{1, 10, 100, 1000, 10000};
      EXPECT_EQ(ch.send_some(values), 3 + capacity);
    }
    EXPECT_EQ(sum, 111);
  }
}

TEST(channel, receive_up_to_waits_for_the_first_and_takes_what_is_there) {
  channel<int> ch(8);
  ints got;
  std::jthread receiver([&] { EXPECT_EQ(ch.receive_up_to(std::back_inserter(got), 3), 3u); });
  until([&] { return ch.stats().waiting_receivers == 1; });
  std::array values{1, 2, 3, 4};
  ASSERT_EQ(ch.send_some(values), 4u);
  receiver.join();
  EXPECT_EQ(got, (ints{1, 2, 3}));
  EXPECT_EQ(ch.receive_up_to(std::back_inserter(got), 100), 1u);
  EXPECT_EQ(got, (ints{1, 2, 3, 4}));
}

TEST(channel, receive_up_to_nothing_does_not_wait) {
  channel<int> ch(1);
  int* nowhere = nullptr;
  EXPECT_EQ(ch.receive_up_to(nowhere, 0), 0u);
}

TEST(channel, receive_up_to_tells_closed_and_cancelled) {
  channel<int> ch(1);
  ints got;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(ch.receive_up_to(std::back_inserter(got), 5, stop.get_token()).error(), errc::cancelled);
  ASSERT_TRUE(ch.send(1));
  EXPECT_EQ(ch.receive_up_to(std::back_inserter(got), 5, stop.get_token()), 1u);
  ch.close();
  EXPECT_EQ(ch.receive_up_to(std::back_inserter(got), 5).error(), errc::closed);
}

TEST(channel, a_writer_that_throws_loses_only_the_value_it_was_given) {
  struct picky {
    using difference_type = std::ptrdiff_t;
    picky& operator*() { return *this; }
    picky& operator++() { return *this; }
    picky operator++(int) { return *this; }
    picky& operator=(int v) {
      if (v == 2) throw std::runtime_error("not 2");
      return *this;
    }
  };
  channel<int> ch(4);
  for (int i : {1, 2, 3}) ASSERT_TRUE(ch.send(i));
  EXPECT_THROW((void)ch.receive_up_to(picky{}, 3), std::runtime_error);
  EXPECT_EQ(ch.receive(), 3);
}

TEST(channel, iterates_until_closed_and_drained) {
  channel<int> ch(2);
  std::jthread sender([&] {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(ch.send(i));
    ch.close();
  });
  int expected = 0;
  for (int& x : ch) EXPECT_EQ(x, expected++);
  EXPECT_EQ(expected, 100);
}

TEST(channel, an_iteration_can_be_left_and_begun_again) {
  channel<int> ch(4);
  for (int i : {1, 2, 3}) ASSERT_TRUE(ch.send(i));
  ch.close();
  for (int x : ch) {
    EXPECT_EQ(x, 1);
    break;
  }
  ints rest;
  for (int x : ch) rest.push_back(x);
  EXPECT_EQ(rest, (ints{2, 3}));
  for (int x : ch) ADD_FAILURE() << x;
}

TEST(channel, iterates_over_values_that_can_only_be_moved) {
  channel<std::unique_ptr<int>> ch(2);
  ASSERT_TRUE(ch.send(std::make_unique<int>(7)));
  ch.close();
  std::vector<std::unique_ptr<int>> kept;
  for (auto& p : ch) kept.push_back(std::move(p));
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(*kept[0], 7);
}

TEST(channel, its_iterator_is_an_input_iterator) {
  static_assert(std::input_iterator<channel<int>::iterator>);
  static_assert(std::sentinel_for<std::default_sentinel_t, channel<int>::iterator>);
  static_assert(std::input_iterator<receiver<std::unique_ptr<int>>::iterator>);
  channel<std::pair<int, int>> ch(1);
  ASSERT_TRUE(ch.send({3, 4}));
  auto i = ch.begin();
  EXPECT_EQ(i->second, 4);
}

TEST(channel, stats_belong_together) {
  channel<int> ch(3);
  ASSERT_TRUE(ch.send(1));
  ASSERT_TRUE(ch.send(2));
  const channel_stats s = ch.stats();
  EXPECT_EQ(s.depth, 2u);
  EXPECT_EQ(s.capacity, 3u);
  EXPECT_EQ(s.waiting_senders, 0u);
  EXPECT_EQ(s.waiting_receivers, 0u);
  EXPECT_EQ(s.discarded, 0u);
}

TEST(channel, a_capacity_that_cannot_be_is_refused) {
  EXPECT_THROW(channel<int>(static_cast<std::size_t>(-1)), std::length_error);
  EXPECT_THROW(channel<char>(static_cast<std::size_t>(-20)), std::length_error);
  EXPECT_THROW((channel<std::array<char, 32768>>(std::size_t{1} << 60)), std::length_error);
  EXPECT_THROW(make_channel<int>(static_cast<std::size_t>(-1)), std::length_error);
}

TEST(channel, a_large_capacity_costs_memory_only_when_it_is_used) {
  channel<std::array<char, 1024>> ch(1 << 20);  // 1 GiB of address space
  ASSERT_TRUE(ch.send({}));
  EXPECT_TRUE(ch.receive());
}

TEST(channel, is_neither_copied_nor_moved) {
  static_assert(!std::is_copy_constructible_v<channel<int>> && !std::is_move_constructible_v<channel<int>>);
  static_assert(!std::is_copy_assignable_v<channel<int>> && !std::is_move_assignable_v<channel<int>>);
  static_assert(!std::is_convertible_v<std::size_t, channel<int>>, "a capacity is not a channel");
}

TEST(channel, extending_lets_in_the_senders_who_wait) {
  channel<int> ch(1);
  ASSERT_TRUE(ch.send(1));
  {
    std::jthread two([&] { EXPECT_TRUE(ch.send(2)); });
    until([&] { return ch.stats().waiting_senders == 1; });
    detail::extend(ch, 2);
  }
  EXPECT_EQ(ch.capacity(), 3u);
  EXPECT_TRUE(ch.try_send(3));
  EXPECT_EQ(ch.try_send(4).error(), errc::full);
  for (int i : {1, 2, 3}) EXPECT_EQ(ch.receive(), i);
}

TEST(channel, extending_by_an_end_and_by_nothing) {
  auto [tx, rx] = make_channel<int>(1);
  detail::extend(tx, 0);
  EXPECT_EQ(rx.capacity(), 1u);
  detail::extend(tx, 40);
  EXPECT_EQ(rx.capacity(), 41u);
  for (int i = 0; i < 41; ++i) EXPECT_TRUE(tx.try_send(i));
  EXPECT_EQ(tx.try_send(0).error(), errc::full);
  EXPECT_THROW(detail::extend(tx, static_cast<std::size_t>(-1)), std::length_error);
}

}  // namespace
}  // namespace weir
