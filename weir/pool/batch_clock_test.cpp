#include <weir/pool/detail/batch_clock.hpp>

#include <gtest/gtest.h>

namespace weir::detail {
namespace {

using namespace std::chrono_literals;

constexpr time_point t0{1s};

/// A batch of so many jobs that took so long.
batch_clock::share run(batch_clock& clock, int jobs, duration took) {
  clock.open(t0);
  EXPECT_TRUE(clock.is_open());
  EXPECT_EQ(clock.start(), t0);
  for (int i = 0; i < jobs; ++i) clock.join();
  return clock.close(t0 + took);
}

/// A clock that has seen a short job.
batch_clock proven() {
  batch_clock clock;
  run(clock, 1, 1us);
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

TEST(batch_clock, the_time_is_divided_evenly) {
  batch_clock clock;
  const auto [each, jobs] = run(clock, 3, 9us);
  EXPECT_EQ(each, 3us);
  EXPECT_EQ(jobs, 3u);
  EXPECT_FALSE(clock.is_open());
}

TEST(batch_clock, long_jobs_are_stamped_one_by_one_until_they_are_short_again) {
  batch_clock clock = proven();
  EXPECT_TRUE(clock.jobs_are_short());
  run(clock, 4, 40us + 4ns);
  EXPECT_FALSE(clock.jobs_are_short());
  EXPECT_EQ(clock.limit(100, 1), 1u);
  run(clock, 1, 10us);
  EXPECT_EQ(clock.limit(100, 1), batch_clock::most_jobs);
}

}  // namespace
}  // namespace weir::detail
