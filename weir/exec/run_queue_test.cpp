// A worker's queue: its order, its budget, and that thieves and owner take each item once.
#include <weir/exec/run_queue.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace weir::detail {
namespace {

using queue = run_queue<native_atomics, 8>;

void* item(std::uintptr_t n) { return reinterpret_cast<void*>(n << 4); }

class run_queues : public ::testing::TestWithParam<queue::sharing> {};
INSTANTIATE_TEST_SUITE_P(sharing, run_queues,
                         ::testing::Values(queue::sharing::none, queue::sharing::with_others));

TEST_P(run_queues, runs_the_one_woken_last_first_and_the_others_in_order) {
  queue q(GetParam());
  ASSERT_TRUE(q.push(item(1)) && q.push(item(2)));
  EXPECT_EQ(q.hand_over(item(3)), nullptr);
  EXPECT_EQ(q.hand_over(item(4)), nullptr);
  EXPECT_EQ(q.size(), 3u);
  for (const std::uintptr_t n : {4u, 1u, 2u, 3u}) EXPECT_EQ(q.pop(), item(n));
  EXPECT_EQ(q.pop(), nullptr);
}

TEST_P(run_queues, gives_back_what_it_has_no_room_for) {
  queue q(GetParam());
  for (std::uintptr_t n = 1; n <= queue::places; ++n) ASSERT_TRUE(q.push(item(n)));
  EXPECT_FALSE(q.push(item(9)));
  EXPECT_EQ(q.hand_over(item(10)), nullptr);
  EXPECT_EQ(q.hand_over(item(11)), item(10)) << "the one that lost its place";
  EXPECT_EQ(q.pop(), item(11));
  for (std::uintptr_t n = 1; n <= queue::places; ++n) EXPECT_EQ(q.pop(), item(n));
}

TEST_P(run_queues, the_ring_has_its_turn_after_so_many_hand_overs) {
  queue q(GetParam());
  ASSERT_TRUE(q.push(item(1)));
  std::uint32_t handed_over = 0;
  for (;; ++handed_over) {
    ASSERT_EQ(q.hand_over(item(2)), nullptr);
    if (q.pop() == item(1)) break;
  }
  EXPECT_EQ(handed_over, queue::turn);
  EXPECT_EQ(q.pop(), item(2));
}

TEST_P(run_queues, laps_its_ring) {
  queue q(GetParam());
  for (std::uintptr_t n = 1; n <= 1000; ++n) {
    ASSERT_TRUE(q.push(item(n)) && q.push(item(n + 1000)));
    EXPECT_EQ(q.pop(), item(n));
    EXPECT_EQ(q.pop(), item(n + 1000));
  }
}

TEST(run_queue, a_thief_takes_half_of_the_ring) {
  queue rich(queue::sharing::with_others);
  queue poor(queue::sharing::with_others);
  EXPECT_EQ(poor.steal_from(rich), nullptr);
  for (std::uintptr_t n = 1; n <= 5; ++n) ASSERT_TRUE(rich.push(item(n)));
  EXPECT_EQ(poor.steal_from(rich), item(3));
  EXPECT_EQ(poor.pop(), item(1));
  EXPECT_EQ(poor.pop(), item(2));
  EXPECT_EQ(rich.pop(), item(4));
}

TEST(run_queue, the_one_woken_last_is_taken_only_if_it_is_still_there) {
  queue rich(queue::sharing::with_others);
  EXPECT_EQ(rich.steal_next(rich.next()), nullptr);
  ASSERT_EQ(rich.hand_over(item(1)), nullptr);
  void* const seen = rich.next();
  EXPECT_EQ(rich.pop(), item(1));
  EXPECT_EQ(rich.steal_next(seen), nullptr);
  ASSERT_EQ(rich.hand_over(item(2)), nullptr);
  EXPECT_EQ(rich.steal_next(rich.next()), item(2));
  EXPECT_EQ(rich.pop(), nullptr);
}

TEST(run_queue, owner_and_thieves_take_each_item_once) {
  constexpr std::uintptr_t items = 60'000;
  queue rich(queue::sharing::with_others);
  std::vector<std::atomic<int>> taken(items + 1);
  std::atomic<bool> done = false;
  auto count = [&](void* p) { ++taken[reinterpret_cast<std::uintptr_t>(p) >> 4]; };
  {
    std::vector<std::jthread> thieves;
    for (int i = 0; i < 2; ++i) {
      thieves.emplace_back([&] {
        queue mine(queue::sharing::with_others);
        while (!done) {
          if (void* const p = mine.steal_from(rich)) count(p);
          while (void* const p = mine.pop()) count(p);
          if (void* const p = rich.steal_next(rich.next())) count(p);
          std::this_thread::yield();
        }
      });
    }
    for (std::uintptr_t n = 1; n <= items; ++n) {
      void* left = n % 3 == 0 ? rich.hand_over(item(n)) : item(n);
      while (left != nullptr && !rich.push(left)) {
        if (void* const p = rich.pop()) count(p);
      }
      if (n % 5 == 0) {
        if (void* const p = rich.pop()) count(p);
      }
    }
    while (void* const p = rich.pop()) count(p);
    done = true;
  }
  while (void* const p = rich.pop()) count(p);
  for (std::uintptr_t n = 1; n <= items; ++n) ASSERT_EQ(taken[n], 1) << n;
}

}  // namespace
}  // namespace weir::detail
