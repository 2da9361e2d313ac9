#include <weir/base/futex.hpp>
#include <weir/channel/cell_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace weir::detail {
namespace {

using pool = cell_pool<int, native_atomics>;

TEST(cell_pool, gives_each_cell_to_one_at_a_time) {
  pool cells;
  cells.add_block(pool::make_block(10));
  std::set<cell<int>*> given;
  for (int i = 0; i < 30; ++i) {  // beyond the block the heap helps
    cell<int>* const c = cells.acquire();
    ASSERT_NE(c, nullptr);
    EXPECT_TRUE(given.insert(c).second) << i;
  }
}

TEST(cell_pool, reuses_what_came_back_before_it_touches_more) {
  pool cells;
  cells.add_block(pool::make_block(3));
  cell<int>* const a = cells.acquire();
  cells.release(a);
  EXPECT_EQ(cells.acquire(), a);
  cells.give_back(a);
  EXPECT_EQ(cells.acquire(), a);
}

TEST(cell_pool, takes_cells_given_back_by_several_threads) {
  pool cells;
  cells.add_block(pool::make_block(40));
  std::vector<cell<int>*> out(40);
  for (auto& c : out) c = cells.acquire();
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = t; i < 40; i += 4) cells.give_back(out[i]);
      });
    }
  }
  const std::set<cell<int>*> expected(out.begin(), out.end());
  std::set<cell<int>*> again;
  for (int i = 0; i < 40; ++i) again.insert(cells.acquire());
  EXPECT_EQ(again, expected);
}

TEST(cell_pool, aligns_its_cells) {
  struct alignas(512) wide {
    char c;
  };
  cell_pool<wide, native_atomics> cells;
  cells.add_block(cell_pool<wide, native_atomics>::make_block(2));
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(std::addressof(cells.acquire()->value)) % 512, 0u);
  }
}

TEST(cell_pool, a_count_beyond_the_address_space_is_a_length_error) {
  EXPECT_THROW(pool::make_block(SIZE_MAX / 2), std::length_error);
  EXPECT_THROW(pool::make_block(SIZE_MAX), std::length_error);
}

TEST(cell_queue, is_first_in_first_out) {
  cell<int> a;
  cell<int> b;
  cell_queue<int> q;
  EXPECT_EQ(q.pop(), nullptr);
  q.push(&a);
  q.push(&b);
  EXPECT_EQ(q.pop(), &a);
  q.push(&a);
  EXPECT_EQ(q.pop(), &b);
  EXPECT_EQ(q.pop(), &a);
  EXPECT_EQ(q.pop(), nullptr);
}

}  // namespace
}  // namespace weir::detail
