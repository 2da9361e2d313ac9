#include <weir/pool/task_pool.hpp>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(task_pool, runs_callables_small_large_and_with_a_future) {
  task_pool pool({.max_workers = 2});
  std::atomic<int> sum = 0;
  ASSERT_TRUE(pool.submit([&] { ++sum; }));
  std::array<int, 100> big{};
  big[99] = 5;
  ASSERT_TRUE(pool.submit([&sum, big] { sum += big[99]; }));
  auto f = pool.async([](std::stop_token t) { return t.stop_requested() ? 1 : 42; });
  ASSERT_TRUE(f);
  EXPECT_EQ(f->get(), 42);
  auto g = pool.async([p = std::make_unique<int>(7), big] { return *p + big[99]; });
  EXPECT_EQ(g->get(), 12);
  auto h = pool.async([]() -> int { throw std::runtime_error("x"); });
  EXPECT_THROW(h->get(), std::runtime_error);
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(sum, 6);
  EXPECT_EQ(pool.stats().failed, 1u);
}

}  // namespace
}  // namespace weir
