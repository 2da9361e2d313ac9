// What only a channel whose values pass without a lock can get wrong: laps, exact capacities, and the change
// from passing to waiting and back.
#include <weir/channel/select.hpp>
#include <weir/channel/testing.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weir {
namespace {

using testing::until;

/// A user's struct that says of itself that it is quiet.
struct named {
  std::string name;
};

}  // namespace

template <>
inline constexpr bool quiet_when_moved_from<named> = true;

namespace {

template <class T>
T of(int n) {
  if constexpr (std::is_same_v<T, std::unique_ptr<int>>) {
    return std::make_unique<int>(n);
  } else if constexpr (std::is_same_v<T, named>) {
    return {std::to_string(n)};
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::to_string(n) + " with more than fits into a small string";
  } else {
    return T(n);
  }
}
int number(int n) { return n; }
int number(const std::unique_ptr<int>& n) { return *n; }
int number(const std::string& n) { return std::stoi(n); }
int number(const named& n) { return std::stoi(n.name); }
int number(const testing::counted& n) { return n.value; }

template <class T>
class ring : public ::testing::Test {};
using elements = ::testing::Types<int, std::unique_ptr<int>, std::string, named, testing::counted>;
TYPED_TEST_SUITE(ring, elements);

TYPED_TEST(ring, holds_exactly_its_capacity_in_every_lap) {
  for (const std::size_t capacity : {1U, 2U, 3U, 4U, 7U, 8U, 9U}) {
    channel<TypeParam> ch(capacity);
    int sent = 0;
    int received = 0;
    for (std::size_t lap = 0; lap < 5; ++lap) {
      while (ch.try_send(of<TypeParam>(sent))) ++sent;
      EXPECT_EQ(static_cast<std::size_t>(sent - received), capacity);
      EXPECT_EQ(ch.size(), capacity);
      EXPECT_EQ(ch.try_send(of<TypeParam>(-1)).error(), errc::full);
      // Out of step with the laps: leave `lap` values behind where there are as many.
      while (ch.size() > std::min(lap, capacity - 1)) EXPECT_EQ(number(*ch.try_receive()), received++);
    }
    while (const auto got = ch.try_receive()) EXPECT_EQ(number(*got), received++);
    EXPECT_EQ(received, sent);
    EXPECT_EQ(ch.try_receive().error(), errc::empty);
  }
}

TYPED_TEST(ring, many_at_once_go_round_the_end_of_the_ring) {
  channel<TypeParam> ch(5);
  int sent = 0;
  int received = 0;
  for (int round = 0; round < 9; ++round) {
    std::vector<TypeParam> in;
    for (int i = 0; i < 4; ++i) in.push_back(of<TypeParam>(sent + i));
    const std::size_t accepted = ch.send_some(in);
    EXPECT_EQ(accepted, std::min<std::size_t>(4, 5 - static_cast<std::size_t>(sent - received)));
    sent += static_cast<int>(accepted);
    std::vector<TypeParam> out;
    for (int i = 0; i < 3; ++i) out.push_back(of<TypeParam>(-1));
    ASSERT_EQ(ch.receive_some(out), 3U);
    for (const TypeParam& one : out) EXPECT_EQ(number(one), received++);
  }
}

TYPED_TEST(ring, keeps_its_values_in_order_when_it_is_extended) {
  channel<TypeParam> ch(3);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(ch.send(of<TypeParam>(-1)));
    ASSERT_TRUE(ch.receive());
  }
  int sent = 0;
  while (ch.try_send(of<TypeParam>(sent))) ++sent;
  detail::extend(ch, 2);
  while (ch.try_send(of<TypeParam>(sent))) ++sent;
  EXPECT_EQ(sent, 5);
  EXPECT_EQ(ch.capacity(), 5U);
  for (int received = 0; received < sent; ++received) EXPECT_EQ(number(*ch.receive()), received);
  EXPECT_EQ(ch.size(), 0U);
}

TYPED_TEST(ring, passes_on_after_somebody_has_waited) {
  channel<TypeParam> ch(2);
  for (int round = 0; round < 3; ++round) {
    std::thread receiver([&] { EXPECT_EQ(number(*ch.receive()), round); });
    until([&] { return ch.stats().waiting_receivers == 1; });
    ASSERT_TRUE(ch.try_send(of<TypeParam>(round)));
    receiver.join();
    for (int lap = 0; lap < 4; ++lap) {
      ASSERT_TRUE(ch.try_send(of<TypeParam>(lap)));
      EXPECT_EQ(number(*ch.try_receive()), lap);
    }
  }
}

TYPED_TEST(ring, a_permit_counts_against_the_places_that_are_passed_to) {
  channel<TypeParam> ch(2);
  auto place = ch.reserve();
  ASSERT_TRUE(place);
  ASSERT_TRUE(ch.try_send(of<TypeParam>(1)));
  EXPECT_EQ(ch.try_send(of<TypeParam>(2)).error(), errc::full);
  ASSERT_TRUE(place->send(of<TypeParam>(3)));
  EXPECT_EQ(number(*ch.try_receive()), 1);
  EXPECT_EQ(number(*ch.try_receive()), 3);
}

TEST(ring, threads_told_by_one_another_all_wake_up) {
  channel<int> ch(64);
  std::vector<std::thread> receivers;
  for (int i = 0; i < 8; ++i) receivers.emplace_back([&] { EXPECT_TRUE(ch.receive()); });
  until([&] { return ch.stats().waiting_receivers == 8; });
  std::vector<int> values(8, 1);
  EXPECT_EQ(ch.send_some(values), 8U);
  for (std::thread& t : receivers) t.join();
}

TEST(ring, values_left_with_the_last_receiver_are_destroyed_once) {
  const auto shared = std::make_shared<int>(7);
  auto [tx, rx] = make_channel<std::shared_ptr<int>>(3);
  ASSERT_TRUE(tx.send(shared));
  ASSERT_TRUE(rx.receive());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(tx.send(shared));
  EXPECT_EQ(shared.use_count(), 4);
  {
    const auto gone = std::move(rx);
  }
  EXPECT_EQ(shared.use_count(), 1);
  EXPECT_EQ(tx.stats().discarded, 3U);
}

}  // namespace
}  // namespace weir
