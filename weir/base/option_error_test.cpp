// What is said about a bad option: its name, its value, a right one.
#include <weir/base/option_error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace weir {
namespace {

using namespace std::chrono_literals;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string said(const std::optional<option_error>& error) { return error ? error->message : ""; }

TEST(option_error, names_the_option_the_value_and_a_right_one) {
  const auto error = check_range("burst", 0.5, 1);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->option, "burst");
  EXPECT_EQ(error->message, "burst 0.5 is below 1; use 1 or more");
}

TEST(option_error, bounds_belong_to_the_range) {
  EXPECT_FALSE(check_range("ratio", 0.0, 0, 1000.0));
  EXPECT_FALSE(check_range("ratio", 1000.0, 0, 1000.0));
  EXPECT_EQ(said(check_range("ratio", 1000.5, 0, 1000.0)), "ratio 1000.5 is above 1000; use 0 to 1000");
  EXPECT_EQ(said(check_range("ratio", -0.1, 0, 1000.0)), "ratio -0.1 is below 0; use 0 to 1000");
}

TEST(option_error, a_number_that_is_none_is_said_to_be_none) {
  EXPECT_EQ(said(check_range("k", nan, 1)), "k nan is not a number; use 1 or more");
  EXPECT_EQ(said(check_range("k", inf, 1)), "k inf is not finite; use 1 or more");
  EXPECT_EQ(said(check_range("k", -inf, 1)), "k -inf is not finite; use 1 or more");
  EXPECT_EQ(said(check_above("rate", nan, 0)), "rate nan is not a number; use a number above 0");
}

TEST(option_error, whole_numbers_and_durations_are_shown_as_people_write_them) {
  EXPECT_EQ(said(check_range("max_failures", std::int64_t{-1}, 1)),
            "max_failures -1 is below 1; use 1 or more");
  EXPECT_EQ(said(check_range("limit", INT64_MIN, 1)), "limit -9223372036854775808 is below 1; use 1 or more");
  EXPECT_EQ(said(check_range("window", 500ms, 1s, 60s)), "window 500ms is below 1s; use 1s to 1m");
  EXPECT_EQ(said(check_range("window", 61s, 1s, 60s)), "window 61s is above 1m; use 1s to 1m");
}

TEST(option_error, what_has_to_be_above_a_bound_is_not_at_it) {
  EXPECT_FALSE(check_above("failure_rate", std::numeric_limits<double>::denorm_min(), 0, 1.0));
  EXPECT_FALSE(check_above("failure_rate", 1.0, 0, 1.0));
  EXPECT_EQ(said(check_above("failure_rate", 0.0, 0, 1.0)),
            "failure_rate 0 is not above 0; use a number above 0, at most 1");
  EXPECT_EQ(said(check_above("failure_rate", 1.5, 0, 1.0)),
            "failure_rate 1.5 is above 1; use a number above 0, at most 1");
}

TEST(option_error, a_number_is_written_in_the_fewest_digits_that_give_it_back) {
  EXPECT_EQ(option_text(0.1).text(), "0.1");
  EXPECT_EQ(option_text(1e300).text(), "1e+300");
  EXPECT_EQ(option_text(-std::numeric_limits<double>::denorm_min()).text(), "-5e-324");
  EXPECT_EQ(option_text(1.0 / 3).text(), "0.3333333333333333");
}

TEST(option_error, the_first_of_several_is_the_one_that_is_named) {
  EXPECT_FALSE(first_error({std::nullopt, std::nullopt}));
  EXPECT_EQ(first_error({std::nullopt, bad_option("a", 1, {"x"}), bad_option("b", 1, {"x"})})->option, "a");
}

TEST(option_error, is_thrown_with_its_message) {
  EXPECT_NO_THROW(require(std::nullopt));
  try {
    require(bad_option("cap", duration(9), {"is below initial ", duration(10), "; use it"}));
    FAIL() << "nothing was thrown";
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "cap 9ns is below initial 10ns; use it");
  }
}

}  // namespace
}  // namespace weir
