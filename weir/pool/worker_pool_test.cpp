#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(worker_pool, runs_what_is_submitted) {
  std::atomic<int> sum = 0;
  worker_pool<int> pool([&](int& i) { sum += i; }, {.min_workers = 2, .max_workers = 2});
  for (int i = 1; i <= 1000; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(sum, 500'500);
}

TEST(worker_pool, outcomes) {
  worker_pool<int, int> pool([&](int& i) { return i * 2; }, {.max_workers = 2, .results_capacity = 4});
  auto rx = pool.results();
  for (int i = 1; i <= 20; ++i) ASSERT_TRUE(pool.submit(i, {.on_full = overflow::block()}));
  pool.close();
  int sum = 0;
  for (auto& o : rx) sum += *o.value;
  EXPECT_EQ(sum, 420);
}

}  // namespace
}  // namespace weir
