#include <weir/pool/detail/shared_stamp.hpp>

#include <gtest/gtest.h>

namespace weir::detail {
namespace {

using namespace std::chrono_literals;

struct hand_clock {
  static inline time_point time{};
  static inline int readings = 0;
  static time_point now() {
    ++readings;
    return time;
  }
};

class shared_stamp_test : public ::testing::Test {
 protected:
  void SetUp() override {
    hand_clock::time = time_point{1s};
    hand_clock::readings = 0;
  }
  /// The stamp of a job that comes so much later than the one before.
  duration age_after(duration gap) {
    hand_clock::time += gap;
    return hand_clock::time - stamp.next();
  }

  basic_shared_stamp<hand_clock> stamp;
};

TEST_F(shared_stamp_test, jobs_that_come_slowly_have_each_a_reading) {
  stamp.note(true);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(age_after(300ns), 0ns);
  EXPECT_EQ(hand_clock::readings, 100);
}

TEST_F(shared_stamp_test, jobs_that_come_fast_share_readings_that_are_never_much_older) {
  stamp.note(true);
  for (int i = 0; i < 1600; ++i) EXPECT_LE(age_after(100ns), 1500ns);
  EXPECT_LE(hand_clock::readings, 102);
}

TEST_F(shared_stamp_test, jobs_that_are_long_or_not_yet_known_share_nothing) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(age_after(10ns), 0ns);
  stamp.note(true);
  for (int i = 0; i < 10; ++i) age_after(10ns);
  stamp.note(false);
  EXPECT_EQ(age_after(10ns), 0ns);
}

TEST_F(shared_stamp_test, a_stream_that_slows_down_stops_sharing) {
  stamp.note(true);
  for (int i = 0; i < 100; ++i) age_after(10ns);
  for (int i = 0; i < 16; ++i) age_after(1us);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(age_after(1us), 0ns);
}

TEST_F(shared_stamp_test, a_queue_that_ran_dry_ends_the_sharing) {
  stamp.note(true);
  for (int i = 0; i < 10; ++i) age_after(10ns);
  stamp.renew();
  EXPECT_EQ(age_after(1s), 0ns);
  EXPECT_EQ(age_after(1s), 0ns);
}

TEST(wait_tally, counts_equal_waits_in_a_row) {
  wait_tally tally;
  EXPECT_TRUE(tally.add(3ns));
  EXPECT_TRUE(tally.add(3ns));
  EXPECT_FALSE(tally.add(4ns));
  EXPECT_EQ(tally.jobs(), 2u);
  EXPECT_EQ(tally.wait(), 3ns);
  tally.clear();
  EXPECT_TRUE(tally.add(4ns));
}

}  // namespace
}  // namespace weir::detail
