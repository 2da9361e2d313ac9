#include <weir/pool/detail/pointer_ring.hpp>

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

}  // namespace
}  // namespace weir::detail
