#include <weir/pool/light_future.hpp>
#include <weir/pool/task_pool.hpp>
#include <weir/pool/testing.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::expect_settled;
using testing::gate;
using testing::moves_few_times;

TEST(light_future, gives_what_the_task_returns) {
  task_pool pool;
  EXPECT_EQ(pool.async_light([] { return 42; })->get(), 42);
  EXPECT_EQ(*pool.async_light([] { return std::make_unique<int>(7); })->get(), 7);
  EXPECT_EQ(pool.async_light([] { return std::string(100, 'x'); })->get().size(), 100u);
  EXPECT_TRUE(pool.async_light([](std::stop_token stop) { return stop.stop_possible(); })->get());
  int target = 0;
  EXPECT_EQ(&pool.async_light([&]() -> int& { return target; })->get(), &target);
  pool.async_light([&] { target = 5; })->get();
  EXPECT_EQ(target, 5);
}

TEST(light_future, gives_what_the_task_throws) {
  task_pool pool;
  auto future = pool.async_light([]() -> int { throw std::out_of_range("no such dish"); });
  EXPECT_THROW(future->get(), std::out_of_range);
  EXPECT_EQ(pool.stats().failed, 1u);
}

TEST(light_future, gives_what_a_results_move_throws) {
  task_pool pool;
  int thrown = 0;
  for (int moves = 0; moves < 8; ++moves) {
    auto future = pool.async_light([moves] { return moves_few_times(moves); });
    try {
      future->get();
    } catch (const std::length_error&) {
      ++thrown;
    }
  }
  EXPECT_GE(thrown, 2);
  EXPECT_LT(thrown, 8);
  EXPECT_TRUE(pool.drain());
  expect_settled(pool.stats());
}

TEST(light_future, knows_whether_the_task_has_ended) {
  gate hold;
  task_pool pool({.max_workers = 1});
  auto future = pool.async_light([&] { hold.pass(); });
  EXPECT_FALSE(future->is_ready());
  EXPECT_FALSE(future->wait_for(1ms));
  EXPECT_FALSE(future->wait_until(clock::now()));
  hold.open();
  future->wait();
  EXPECT_TRUE(future->is_ready());
  EXPECT_TRUE(future->wait_for(0ms));
  EXPECT_TRUE(future->valid());
  future->get();
  EXPECT_FALSE(future->valid());
}

TEST(light_future, a_task_is_counted_and_its_captures_gone_before_it_is_ready) {
  task_pool pool({.max_workers = 2});
  for (std::uint64_t i = 1; i <= 300; ++i) {
    auto owned = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = owned;
    pool.async_light([owned = std::move(owned)] { return *owned; })->get();
    EXPECT_TRUE(watch.expired());
    EXPECT_EQ(pool.stats().completed, i);
    EXPECT_EQ(pool.run_time().count(), i);
  }
}

TEST(light_future, of_many_short_tasks_each_has_its_own) {
  task_pool pool({.min_workers = 2, .max_workers = 2, .queue_capacity = 64});
  std::vector<light_future<int>> futures;
  for (int i = 0; i < 2000; ++i) futures.push_back(*pool.async_light([i] { return i; }));
  for (int i = 0; i < 2000; ++i) EXPECT_EQ(futures[static_cast<std::size_t>(i)].get(), i);
}

TEST(light_future, names_the_reason_when_the_task_is_lost) {
  task_pool pool({.max_workers = 1, .paused = true});
  auto future = pool.async_light([] { return 1; });
  pool.cancel();
  try {
    future->get();
    FAIL() << "a lost task had a value";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), errc::cancelled);
  }
}

TEST(light_future, a_refused_callable_stays_its_callers) {
  task_pool pool({.max_workers = 1, .queue_capacity = 1, .on_full = overflow::reject(), .paused = true});
  ASSERT_TRUE(pool.submit([] {}));
  auto task = [owned = std::make_unique<int>(1)] { return owned ? *owned : 0; };
  EXPECT_EQ(pool.async_light(std::move(task)).error(), errc::full);
  EXPECT_EQ(task(), 1);
}

TEST(light_future, may_be_dropped_moved_and_assigned) {
  const auto watch = std::make_shared<int>(3);
  task_pool pool({.max_workers = 1});
  for (int i = 0; i < 100; ++i) static_cast<void>(pool.async_light([watch] { return watch; }));
  auto first = *pool.async_light([] { return 1; });
  light_future<int> second = std::move(first);
  EXPECT_FALSE(first.valid());
  first = *pool.async_light([] { return 2; });
  second = std::move(first);
  EXPECT_EQ(second.get(), 2);
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(watch.use_count(), 1);
}

}  // namespace
}  // namespace weir
