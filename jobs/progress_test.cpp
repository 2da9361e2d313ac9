#include <jobs/progress.hpp>

#include <gtest/gtest.h>

namespace weir::jobs {
namespace {

using std::chrono::seconds;

progress half_way() {
  progress p;
  p.jobs.submitted = 60;
  p.jobs.completed = 40;
  p.jobs.failed = 10;
  p.jobs.queued = 8;
  p.jobs.running = 2;
  p.queue_capacity = 10;
  p.elapsed = seconds(5);
  p.share_read = 0.5;
  return p;
}

TEST(progress, time_left_counts_what_is_unread_and_what_is_not_done) {
  EXPECT_EQ(time_left(half_way()), seconds(7)) << "70 of 120 are left, at 10 a second";
}

TEST(progress, there_is_no_time_left_without_an_end_or_anything_done) {
  progress p = half_way();
  p.share_read.reset();
  EXPECT_EQ(time_left(p), std::nullopt);
  EXPECT_EQ(live_line(p).find("left"), std::string::npos);
  progress none;
  none.share_read = 0.5;
  EXPECT_EQ(time_left(none), std::nullopt);
}

TEST(progress, jobs_that_were_lost_are_not_waited_for) {
  progress p = half_way();
  p.share_read = 1;
  p.jobs.completed = 0;
  p.jobs.failed = 0;
  p.jobs.rejected = 60;
  EXPECT_EQ(time_left(p), seconds(0));
}

TEST(progress, the_bar_fills_and_keeps_its_mark_at_four_fifths) {
  EXPECT_EQ(queue_bar(0, 10, 10), "[        | ]");
  EXPECT_EQ(queue_bar(5, 10, 10), "[#####   | ]");
  EXPECT_EQ(queue_bar(10, 10, 10), "[##########]");
  EXPECT_EQ(queue_bar(1, 1000, 10), "[#       | ]") << "something is never drawn as nothing";
  EXPECT_EQ(queue_bar(2000, 1000, 10), "[##########]");
  EXPECT_EQ(queue_bar(0, 0, 10), "[          ]") << "a queue of no length has no mark";
}

TEST(progress, both_lines_say_what_is_done_failed_and_lost) {
  EXPECT_EQ(live_line(half_way()),
            "40 done, 10 failed, 0 lost, 10/s, 7.00s left  queue [################|   ] 8/10");
  EXPECT_EQ(plain_line(half_way()), "40 done, 10 failed, 0 lost, 10/s, 7.00s left, queue 8 of 10, 2 running");
}

}  // namespace
}  // namespace weir::jobs
