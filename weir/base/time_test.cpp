#include <weir/base/time.hpp>

#include <gtest/gtest.h>

namespace weir {
namespace {

using std::chrono::seconds;

TEST(time, a_sum_past_the_end_of_time_is_never) {
  const time_point t{seconds(5)};
  EXPECT_EQ(after(t, seconds(2)), time_point{seconds(7)});
  EXPECT_EQ(after(t, duration::max()), never);
  EXPECT_EQ(after(never, seconds(1)), never);
  EXPECT_EQ(after(time_point{seconds(-5)}, duration::max()), time_point{duration::max() - seconds(5)});
}

TEST(time, a_negative_duration_counts_as_none) {
  const time_point t{seconds(5)};
  EXPECT_EQ(after(t, seconds(-1)), t);
  EXPECT_EQ(after(t, duration::min()), t);
}

TEST(time, from_now_saturates_and_is_not_in_the_past) {
  EXPECT_EQ(from_now(duration::max()), never);
  EXPECT_EQ(from_now(duration::max() - duration(1)), never);
  const time_point before = clock::now();
  EXPECT_GE(from_now(seconds(1)), before + seconds(1));
}

}  // namespace
}  // namespace weir
