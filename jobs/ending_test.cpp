#include <jobs/ending.hpp>

#include <gtest/gtest.h>

#include <poll.h>

namespace weir::jobs {
namespace {

bool is_set(int event) {
  pollfd wait{event, POLLIN, 0};
  return ::poll(&wait, 1, 0) == 1;
}

bool interrupted(const ending& e) { return is_set(e.interrupt()); }

TEST(ending, each_step_includes_those_before_it) {
  ending e;
  EXPECT_FALSE(e.reading().stop_requested() || interrupted(e));
  e.stop_reading();
  EXPECT_TRUE(e.reading().stop_requested() && interrupted(e));
  EXPECT_FALSE(e.starting().stop_requested());
  e.stop_starting();
  EXPECT_FALSE(is_set(e.given_up()));
  e.stop_running();
  EXPECT_TRUE(is_set(e.given_up()));
  EXPECT_TRUE(e.starting().stop_requested() && e.running().stop_requested());
  ending other;
  other.stop_starting();
  EXPECT_TRUE(other.reading().stop_requested() && interrupted(other));
  EXPECT_FALSE(other.running().stop_requested());
}

TEST(ending, a_step_may_be_asked_for_again) {
  ending e;
  e.stop_starting();
  e.stop_reading();
  e.stop_starting();
  EXPECT_FALSE(e.running().stop_requested());
}

TEST(ending, the_first_cause_decides_the_exit_code) {
  ending e;
  EXPECT_EQ(e.exit_code(), 0);
  EXPECT_TRUE(e.because(130));
  EXPECT_FALSE(e.because(1));
  EXPECT_EQ(e.exit_code(), 130);
}

TEST(ending, a_signal_goes_before_all_other_causes_and_the_first_signal_counts) {
  ending e;
  e.because(1);
  e.interrupted(2);
  e.interrupted(15);
  EXPECT_EQ(e.exit_code(), 130);
}

}  // namespace
}  // namespace weir::jobs
