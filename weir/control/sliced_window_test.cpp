// Counts of the last while: what is in, what is out, and that nothing wraps.
#include <weir/control/elapsed.hpp>
#include <weir/control/rounding.hpp>
#include <weir/control/sliced_window.hpp>

#include <gtest/gtest.h>

#include <limits>

namespace weir::control {
namespace {

constexpr time_point at(std::int64_t ns) { return time_point(duration(ns)); }

TEST(sliced_window, covers_between_nine_and_ten_slices) {
  sliced_window<1> window(duration(100));
  window.add(at(7), {1});  // slice 0
  EXPECT_EQ(window.peek(at(99))[0], 1);
  EXPECT_EQ(window.peek(at(100))[0], 0);
  EXPECT_EQ(window.advance(at(99))[0], 1);
  EXPECT_EQ(window.advance(at(100))[0], 0);
}

TEST(sliced_window, slices_lie_on_multiples_also_below_zero) {
  sliced_window<1> window(duration(100));
  window.add(at(-1), {1});  // slice -1
  window.add(at(0), {10});  // slice 0
  EXPECT_EQ(window.peek(at(89))[0], 11);
  EXPECT_EQ(window.peek(at(90))[0], 10);
  EXPECT_EQ(window.peek(at(100))[0], 0);
}

TEST(sliced_window, looking_ahead_forgets_nothing) {
  sliced_window<2> window(duration(10));
  window.add(at(0), {1, 2});
  EXPECT_EQ(window.peek(at(1'000)), (sliced_window<2>::sums{0, 0}));
  EXPECT_EQ(window.peek(at(0)), (sliced_window<2>::sums{1, 2}));
}

TEST(sliced_window, lasts_from_the_first_time_to_the_last) {
  sliced_window<1> window(duration(10));
  window.add(time_point::min(), {1});
  EXPECT_EQ(window.advance(time_point::min() + duration(9))[0], 1);
  EXPECT_EQ(window.advance(time_point::min() + duration(10))[0], 0);
  window.add(time_point::max(), {2});
  EXPECT_EQ(window.peek(time_point::max())[0], 2);
}

TEST(sliced_window, says_the_same_as_a_list_of_everything) {
  sliced_window<1> window(duration(105));  // slices of 10, for what is left over is left out
  std::vector<std::pair<std::int64_t, std::int64_t>> all;
  std::int64_t now = -2'000;
  for (std::int64_t i = 0; i < 4'000; ++i) {
    now += (i * i) % 7 == 0 ? (i % 43) : 0;
    window.add(at(now), {i});
    all.emplace_back(floor_div(now, 10), i);
    std::int64_t sum = 0;
    for (auto it = all.rbegin(); it != all.rend() && it->first > floor_div(now, 10) - 10; ++it)
      sum += it->second;
    ASSERT_EQ(window.advance(at(now))[0], sum) << "at " << now;
  }
  window.clear();
  EXPECT_EQ(window.peek(at(now))[0], 0);
}

TEST(rounding, division_goes_down) {
  EXPECT_EQ(floor_div(7, 2), 3);
  EXPECT_EQ(floor_div(-7, 2), -4);
  EXPECT_EQ(floor_div(-8, 2), -4);
  EXPECT_EQ(floor_div(INT64_MIN, 1), INT64_MIN);
}

TEST(rounding, conversions_go_up_and_stop_in_time) {
  EXPECT_EQ(sat(0), 0);
  EXPECT_EQ(sat(2.000001), 3);
  EXPECT_EQ(sat(0x1p62), saturated);
  EXPECT_EQ(sat(std::numeric_limits<double>::infinity()), saturated);
  EXPECT_EQ(sat(0x1p53 + 2), (std::int64_t{1} << 53) + 2);
}

TEST(rounding, an_error_of_rounding_is_not_a_worker) {
  EXPECT_EQ(ceil_slack(2.1 / 0.7), 3);
  EXPECT_EQ(ceil_slack(3.001), 4);
  EXPECT_EQ(ceil_slack(1e-12), 0);
  EXPECT_EQ(ceil_slack(-5), 0);
  EXPECT_EQ(ceil_slack(1e300), saturated);
}

TEST(elapsed, holds_the_longest_time_there_is) {
  EXPECT_EQ(elapsed(time_point::min(), time_point::max()), UINT64_MAX);
  EXPECT_TRUE(elapsed_at_least(duration::max(), time_point::min(), time_point::max()));
  EXPECT_FALSE(elapsed_at_least(duration(1), at(5), at(5)));
  EXPECT_TRUE(elapsed_at_least(duration(0), at(5), at(5)));
}

}  // namespace
}  // namespace weir::control
