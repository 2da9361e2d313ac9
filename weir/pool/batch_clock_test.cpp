#include <weir/pool/detail/batch_clock.hpp>

#include <gtest/gtest.h>

namespace weir::detail {
namespace {

using namespace std::chrono_literals;

constexpr time_point t0{1s};

/// A clock that has seen a short job.
batch_clock proven() {
  batch_clock clock;
  clock.open(t0, 1, 1);
  clock.close(t0 + 1us);
  return clock;
}

TEST(batch_clock, the_first_job_is_stamped_alone) { EXPECT_EQ(batch_clock().limit(100, 1), 1u); }

TEST(batch_clock, jobs_are_taken_together_only_when_every_worker_has_enough) {
  const batch_clock clock = proven();
  EXPECT_EQ(clock.limit(0, 4), 1u);
  EXPECT_EQ(clock.limit(3, 4), 1u);
  EXPECT_EQ(clock.limit(4, 4), 2u);
  EXPECT_EQ(clock.limit(40, 4), 11u);
  EXPECT_EQ(clock.limit(1'000'000, 4), batch_clock::most_jobs);
  EXPECT_EQ(clock.limit(5, 0), 6u);
}

TEST(batch_clock, a_job_joins_only_a_batch_that_began_after_it_came) {
  batch_clock clock;
  EXPECT_FALSE(clock.covers(1));
  clock.open(t0, 8, 10);
  EXPECT_TRUE(clock.covers(10));
  EXPECT_FALSE(clock.covers(11));
}

TEST(batch_clock, a_batch_has_room_for_as_many_as_its_limit) {
  batch_clock clock;
  clock.open(t0, 2, 10);
  EXPECT_FALSE(clock.is_full());
  clock.join();
  EXPECT_TRUE(clock.is_full());
  EXPECT_FALSE(clock.covers(3));
}

TEST(batch_clock, the_time_is_divided_evenly) {
  batch_clock clock;
  clock.open(t0, 4, 10);
  clock.join();
  clock.join();
  const auto [each, jobs] = clock.close(t0 + 9us);
  EXPECT_EQ(each, 3us);
  EXPECT_EQ(jobs, 3u);
  EXPECT_FALSE(clock.is_open());
}

TEST(batch_clock, long_jobs_are_stamped_one_by_one_until_they_are_short_again) {
  batch_clock clock = proven();
  clock.open(t0, clock.limit(100, 1), 10);
  clock.close(t0 + 10us + 1ns);
  EXPECT_EQ(clock.limit(100, 1), 1u);
  clock.open(t0, clock.limit(100, 1), 10);
  EXPECT_TRUE(clock.is_full());
  clock.close(t0 + 10us);
  EXPECT_EQ(clock.limit(100, 1), batch_clock::most_jobs);
}

}  // namespace
}  // namespace weir::detail
