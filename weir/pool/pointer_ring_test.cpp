#include <weir/pool/detail/pointer_ring.hpp>
#include <weir/pool/detail/pointer_stack.hpp>

#include <gtest/gtest.h>

#include <array>

namespace weir::detail {
namespace {

TEST(pointer_ring, gives_back_in_order_lap_after_lap) {
  std::array<int, 4> values{};
  pointer_ring<int> ring;
  ring.reserve(4);
  for (std::size_t i = 0; i < 23; ++i) {
    ring.push_back(values[i % 4]);
    if (ring.size() < 4) continue;
    EXPECT_EQ(&ring.front(), &values[(i + 1) % 4]);
    EXPECT_EQ(&ring.pop_front(), &values[(i + 1) % 4]);
  }
  EXPECT_EQ(ring.size(), 3u);
}

TEST(pointer_ring, keeps_the_order_when_it_grows_in_the_middle_of_a_lap) {
  std::array<int, 20> values{};
  pointer_ring<int> ring;
  EXPECT_TRUE(ring.empty());
  ring.reserve(4);
  for (std::size_t i = 0; i < 3; ++i) ring.push_back(values[i]);
  ring.pop_front();
  ring.pop_front();
  for (std::size_t i = 3; i < 20; ++i) {
    ring.reserve(ring.size() + 1);
    ring.push_back(values[i]);
  }
  ring.reserve(1);
  for (std::size_t i = 2; i < 20; ++i) EXPECT_EQ(&ring.pop_front(), &values[i]);
  EXPECT_TRUE(ring.empty());
}

TEST(pointer_ring, gives_several_across_the_end_of_a_lap) {
  std::array<int, 5> values{};
  pointer_ring<int> ring;
  ring.reserve(4);
  for (std::size_t i = 0; i < 3; ++i) ring.push_back(values[i]);
  ring.pop_front();
  ring.push_back(values[3]);
  ring.push_back(values[4]);
  std::array<int*, 3> out{};
  ring.pop_front(out.data(), out.size());
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(out[i], &values[i + 1]);
  EXPECT_EQ(&ring.front(), &values[4]);
}

TEST(pointer_ring, takes_back_what_was_first) {
  std::array<int, 3> values{};
  pointer_ring<int> ring;
  ring.reserve(3);
  ring.push_back(values[2]);
  ring.push_front(values[1]);
  ring.push_front(values[0]);
  EXPECT_EQ(ring.size(), 3u);
  for (int& value : values) EXPECT_EQ(&ring.pop_front(), &value);
}

TEST(pointer_stack, gives_back_the_last_one_first_and_keeps_all_when_it_grows) {
  std::array<int, 40> values{};
  pointer_stack<int> stack;
  EXPECT_TRUE(stack.empty());
  for (std::size_t i = 0; i < 37; ++i) {
    stack.reserve(i + 1);
    stack.push(values[i]);
  }
  const std::array<int*, 3> last{&values[37], &values[38], &values[39]};
  stack.reserve(40);
  stack.push(std::span<int* const>(last));
  EXPECT_EQ(stack.size(), 40u);
  for (std::size_t i = 40; i > 0; --i) {
    EXPECT_EQ(stack.below_top(0), &values[i - 1]);
    EXPECT_EQ(stack.below_top(i - 1), &values[0]);
    EXPECT_EQ(stack.below_top(i), nullptr);
    EXPECT_EQ(&stack.pop(), &values[i - 1]);
  }
}

}  // namespace
}  // namespace weir::detail
