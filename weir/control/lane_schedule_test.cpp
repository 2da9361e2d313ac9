// What the vectors of lane_schedule cannot say: its messages, and what may be handed to it.
#include <weir/control/lane_schedule.hpp>

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace weir::control {
namespace {

TEST(lane_schedule, takes_lengths_of_any_kind) {
  lane_schedule schedule({.lanes = 3});
  EXPECT_EQ(schedule.pick(std::array<std::size_t, 3>{0, 0, 1}), 2);
  EXPECT_EQ(schedule.pick(std::vector<int>{0, 4, 1}), 1);
  EXPECT_EQ(schedule.pick({0, 0, 0}), std::nullopt);
  const bool waits[] = {false, true, true};
  EXPECT_EQ(schedule.pick(waits), 1);
}

TEST(lane_schedule, lanes_that_are_not_given_are_empty_and_further_lengths_are_not_lanes) {
  lane_schedule schedule({.lanes = 2});
  EXPECT_EQ(schedule.pick({0}), std::nullopt);
  EXPECT_EQ(schedule.pick(std::vector<int>{}), std::nullopt);
  EXPECT_EQ(schedule.pick({0, 0, 9}), std::nullopt);
}

TEST(lane_schedule, names_the_bad_option_and_a_right_value) {
  EXPECT_EQ(check(lane_schedule_options{.lanes = 0})->message, "lanes 0 is below 1; use 1 or more");
  EXPECT_EQ(check(lane_schedule_options{.lanes = 4, .starvation_limit = 3})->message,
            "starvation_limit 3 is below the number of lanes, 4; use 4 or more");
  EXPECT_THROW(lane_schedule({.lanes = -1}), std::invalid_argument);
  EXPECT_FALSE(check(lane_schedule_options{.lanes = 64, .starvation_limit = 64}));
}

}  // namespace
}  // namespace weir::control
