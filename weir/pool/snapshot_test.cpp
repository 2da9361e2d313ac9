#include <weir/pool/task_pool.hpp>
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

namespace weir {
namespace {

using testing::gate;

TEST(pool_snapshot, says_what_the_options_said) {
  const task_pool pool({.name = "kitchen",
                        .min_workers = 1,
                        .max_workers = 3,
                        .queue_capacity = 20,
                        .max_cost = 500,
                        .lanes = 2,
                        .lane = {{.capacity = 5}}});
  const pool_snapshot shot = pool.snapshot();
  EXPECT_EQ(shot.name, "kitchen");
  EXPECT_EQ(shot.capacity, 20u);
  EXPECT_EQ(shot.max_cost, 500u);
  EXPECT_EQ(shot.min_workers, 1u);
  EXPECT_EQ(shot.max_workers, 3u);
  ASSERT_EQ(shot.lanes.size(), 2u);
  EXPECT_EQ(shot.lanes[0].capacity, 5u);
  EXPECT_EQ(shot.lanes[1].capacity, 20u);
}

TEST(pool_snapshot, counts_what_waits_in_each_lane) {
  worker_pool<int> pool([](int&) {}, {.queue_capacity = 10, .lanes = 3, .paused = true});
  ASSERT_TRUE(pool.submit(1, {.lane = 0}));
  ASSERT_TRUE(pool.submit(2, {.lane = 2}));
  ASSERT_TRUE(pool.submit(3, {.lane = 2}));
  const pool_snapshot shot = pool.snapshot();
  ASSERT_EQ(shot.lanes.size(), 3u);
  EXPECT_EQ(shot.lanes[0].queued, 1u);
  EXPECT_EQ(shot.lanes[1].queued, 0u);
  EXPECT_EQ(shot.lanes[2].queued, 2u);
  EXPECT_EQ(shot.stats.queued, 3u);
  EXPECT_DOUBLE_EQ(shot.utilization, 0.3);
  testing::expect_law(shot.stats);
}

TEST(pool_snapshot, of_a_pool_without_priorities_has_one_lane_with_all_that_waits) {
  gate busy;
  worker_pool<int> pool([&](int&) { busy.pass(); }, {.max_workers = 1, .queue_capacity = 10});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.submit(int{i}));
  testing::until([&] { return busy.waiting() == 1; });
  const pool_snapshot shot = pool.snapshot();
  ASSERT_EQ(shot.lanes.size(), 1u);
  EXPECT_EQ(shot.lanes[0].queued, 4u);
  EXPECT_EQ(shot.stats.running, 1u);
  busy.open();
}

TEST(pool_snapshot, has_the_histograms) {
  worker_pool<int> pool([](int&) {}, {.max_workers = 1, .results_capacity = 10});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.submit(int{i}));
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(pool.snapshot().queue_wait.count(), 5u);
  EXPECT_EQ(pool.snapshot().run_time.count(), 5u);
}

TEST(pool_snapshot, follows_a_resize) {
  task_pool pool({.min_workers = 1, .max_workers = 1});
  pool.resize(1, 4);
  EXPECT_EQ(pool.snapshot().max_workers, 4u);
}

loss_set expected_of(overflow policy, std::vector<lane_options> lane = {}) {
  const task_pool pool({.max_workers = 1, .lanes = 2, .lane = std::move(lane), .on_full = policy});
  return pool.snapshot().expected;
}

loss_set requests_and(loss_set more) {
  more |= losses_by_request;
  return more;
}

TEST(pool_snapshot, expects_the_losses_that_the_policies_allow) {
  EXPECT_EQ(expected_of(overflow::block()), losses_by_request);
  EXPECT_EQ(expected_of(overflow::caller_runs()), losses_by_request);
  EXPECT_EQ(expected_of(overflow::timeout(std::chrono::seconds(1))), requests_and({loss::timed_out}));
  EXPECT_EQ(expected_of(overflow::reject()), requests_and({loss::rejected}));
  EXPECT_EQ(expected_of(overflow::drop_newest()), requests_and({loss::dropped}));
  EXPECT_EQ(expected_of(overflow::drop_oldest()), requests_and({loss::evicted}));
  EXPECT_EQ(expected_of(overflow::evict_lower()), requests_and({loss::evicted, loss::rejected}));
  EXPECT_EQ(expected_of(overflow::block(), {{}, {.on_full = overflow::reject()}}),
            requests_and({loss::rejected}));
}

}  // namespace
}  // namespace weir
