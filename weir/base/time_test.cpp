#include <weir/base/time.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <ratio>

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

TEST(time, a_duration_of_any_unit_saturates_instead_of_overflowing) {
  const auto as_nanoseconds = [](any_duration d) -> duration { return d; };
  EXPECT_EQ(as_nanoseconds(std::chrono::hours::max()), duration::max());
  EXPECT_EQ(as_nanoseconds(std::chrono::hours::min()), duration::min());
  EXPECT_EQ(as_nanoseconds(std::chrono::years(300)), duration::max());
  EXPECT_EQ(as_nanoseconds(std::chrono::milliseconds(5)), std::chrono::milliseconds(5));
  EXPECT_EQ(as_nanoseconds(duration::max()), duration::max());
  EXPECT_EQ(as_nanoseconds(std::chrono::duration<std::int64_t, std::pico>(2'500)), duration(2));
  EXPECT_EQ(as_nanoseconds(std::chrono::duration<double>(0.5)), std::chrono::milliseconds(500));
  EXPECT_EQ(as_nanoseconds(std::chrono::duration<double>(1e30)), duration::max());
  EXPECT_EQ(from_now(std::chrono::hours::max()), never);
}

TEST(time, from_now_saturates_and_is_not_in_the_past) {
  EXPECT_EQ(from_now(duration::max()), never);
  EXPECT_EQ(from_now(duration::max() - duration(1)), never);
  const time_point before = clock::now();
  EXPECT_GE(from_now(seconds(1)), before + seconds(1));
}

}  // namespace
}  // namespace weir
