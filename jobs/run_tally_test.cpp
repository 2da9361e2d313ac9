#include <jobs/run_tally.hpp>

#include <gtest/gtest.h>

namespace weir::jobs {
namespace {

std::uint64_t all_fates(const pool_stats& s) {
  return s.completed + s.failed + s.rejected + s.dropped + s.timed_out + s.withdrawn + s.evicted + s.expired +
         s.cancelled + s.queued + s.spilled + s.running;
}

TEST(run_tally, a_job_that_never_started_is_cancelled_and_not_failed) {
  run_tally tally(0);
  tally.job_not_started();
  const pool_stats s = tally.applied({.submitted = 3, .completed = 1, .failed = 2});
  EXPECT_EQ(s.failed, 1U);
  EXPECT_EQ(s.cancelled, 1U);
  EXPECT_EQ(s.submitted, all_fates(s));
}

TEST(run_tally, a_job_from_the_store_that_never_started_is_there_still_and_not_failed) {
  run_tally tally(0);
  tally.job_left_in_store();
  const pool_stats s = tally.applied({.submitted = 5, .completed = 1, .failed = 2, .spilled = 2});
  EXPECT_EQ(s.failed, 1U);
  EXPECT_EQ(s.spilled, 3U);
  EXPECT_EQ(s.cancelled, 0U);
  EXPECT_EQ(s.submitted, all_fates(s));
}

TEST(run_tally, a_job_that_a_gate_held_too_long_is_expired) {
  run_tally tally(0);
  tally.job_expired_late();
  const pool_stats s = tally.applied({.submitted = 1, .failed = 1});
  EXPECT_EQ(s.expired, 1U);
  EXPECT_EQ(s.failed, 0U);
}

TEST(run_tally, an_item_that_could_not_start_in_time_is_expired_and_not_rejected) {
  run_tally tally(0);
  tally.job_hopeless();
  const pool_stats s = tally.applied({.submitted = 2, .rejected = 2});
  EXPECT_EQ(s.expired, 1U);
  EXPECT_EQ(s.rejected, 1U);
}

TEST(run_tally, an_item_at_the_door_of_a_run_that_is_over_was_not_submitted) {
  run_tally tally(0);
  tally.job_not_submitted(0);
  const pool_stats s = tally.applied({.submitted = 3, .completed = 1, .rejected = 1, .withdrawn = 1});
  EXPECT_EQ(s.submitted, 1U);
  EXPECT_EQ(s.rejected, 0U);
  EXPECT_EQ(s.withdrawn, 0U);
  EXPECT_EQ(s.submitted, all_fates(s));
}

TEST(run_tally, never_takes_more_than_the_pool_has_counted_so_far) {
  run_tally tally(0);
  tally.job_not_started();
  tally.job_hopeless();
  tally.job_not_submitted(0);
  const pool_stats s = tally.applied({.submitted = 1, .completed = 1});
  EXPECT_EQ(s.submitted, all_fates(s));
}

TEST(run_tally, tells_of_each_lane_what_came_what_started_and_what_was_lost) {
  run_tally tally(2);
  tally.submitted(1);
  tally.submitted(1);
  tally.submitted(1);
  item_batch batch;
  batch.lane = 1;
  batch.arrived = clock::now();
  tally.started(batch);
  tally.job_lost(1);
  tally.job_not_submitted(1);
  const auto lanes = tally.lanes();
  ASSERT_EQ(lanes.size(), 2U);
  EXPECT_EQ(lanes[0].submitted, 0U);
  EXPECT_EQ(lanes[1].submitted, 2U);
  EXPECT_EQ(lanes[1].started, 1U);
  EXPECT_EQ(lanes[1].wait.count(), 1U);
  EXPECT_EQ(lanes[1].lost, 1U);
}

TEST(run_tally, without_lanes_counts_none) {
  run_tally tally(0);
  tally.submitted(0);
  tally.job_lost(0);
  EXPECT_TRUE(tally.lanes().empty());
}

TEST(run_tally, remembers_the_most_workers_it_saw) {
  run_tally tally(0);
  for (const std::uint64_t seen : {2U, 5U, 3U}) tally.saw_workers(seen);
  EXPECT_EQ(tally.peak_workers(), 5U);
}

TEST(run_tally, what_an_earlier_run_has_done_is_no_job_of_this_one) {
  run_tally tally(0);
  tally.job_done_before();
  const pool_stats s = tally.applied({.submitted = 5, .completed = 4, .failed = 1, .resumed = 3});
  EXPECT_EQ(s.submitted, 4U);
  EXPECT_EQ(s.completed, 3U);
  EXPECT_EQ(s.resumed, 2U);
  EXPECT_EQ(s.failed, 1U);
  EXPECT_EQ(tally.applied({.submitted = 2, .resumed = 2}).resumed, 2U)
      << "not before the pool has counted it";
}

}  // namespace
}  // namespace weir::jobs
