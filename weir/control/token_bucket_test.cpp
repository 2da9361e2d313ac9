// What the vectors of token_bucket cannot say: its messages, and what it promises in between.
#include <weir/base/option_error.hpp>
#include <weir/control/token_bucket.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <stdexcept>

namespace weir::control {
namespace {

using namespace std::chrono_literals;

constexpr time_point at(duration since_start) { return time_point(since_start); }

TEST(token_bucket, names_the_bad_option_and_a_right_value) {
  EXPECT_EQ(check(token_bucket_options{.per_second = 0})->message,
            "per_second 0 is not above 0; use a number above 0");
  EXPECT_EQ(check(token_bucket_options{.per_second = -std::numeric_limits<double>::infinity()})->message,
            "per_second -inf is not finite; use a number above 0");
  EXPECT_EQ(check(token_bucket_options{.burst = 0.5})->message, "burst 0.5 is below 1; use 1 or more");
  EXPECT_EQ(check(token_bucket_options{.per_second = -1, .burst = 0})->option, "per_second");
  EXPECT_FALSE(check(token_bucket_options{}));
}

TEST(token_bucket, a_bad_rate_throws_and_leaves_the_old_one) {
  EXPECT_THROW(token_bucket(0, 1), std::invalid_argument);
  token_bucket bucket(10, 2);
  EXPECT_THROW(bucket.set_rate(at(1h), 0), std::invalid_argument);
  EXPECT_EQ(bucket.per_second(), 10);
  EXPECT_TRUE(bucket.try_acquire(at(0s), 2));
  EXPECT_FALSE(bucket.try_acquire(at(99ms)));
  EXPECT_TRUE(bucket.try_acquire(at(100ms))) << "the refused call had not moved the clock to 1 h";
}

TEST(token_bucket, asking_for_the_tokens_changes_nothing) {
  token_bucket bucket(1, 1);
  EXPECT_TRUE(bucket.try_acquire(at(0s)));
  EXPECT_EQ(bucket.tokens(at(10s)), 1);
  EXPECT_EQ(bucket.tokens(at(500ms)), 0.5) << "a look into the future is not remembered";
  EXPECT_FALSE(bucket.try_acquire(at(999ms)));
}

TEST(token_bucket, a_cancelled_reservation_leaves_the_bucket_as_if_it_had_never_been) {
  token_bucket bucket(100, 5);
  ASSERT_TRUE(bucket.try_acquire(at(0s), 5));
  const auto given = bucket.reserve(at(0s), 3);
  ASSERT_TRUE(given);
  EXPECT_EQ(given->wait, 30ms);
  bucket.cancel(at(0s), *given);
  EXPECT_EQ(bucket.tokens(at(0s)), 0);
  bucket.cancel(at(0s), *given);
  EXPECT_EQ(bucket.tokens(at(0s)), 0) << "the second time gives nothing back";
}

TEST(token_bucket, waits_of_more_than_292_years_are_as_long_as_can_be_said) {
  token_bucket bucket(1e-9, 4.6);  // a token in 31 years
  const time_point first = time_point::min();
  ASSERT_TRUE(bucket.try_acquire(first, 4.6));
  std::optional<token_bucket::reservation> last;
  while (auto given = bucket.reserve(first, 4.6)) last = given;
  ASSERT_TRUE(last);
  EXPECT_GT(last->wait, 290 * 365 * 24h);
  EXPECT_LT(bucket.tokens(first), -4.6);
}

TEST(token_bucket, its_costs_are_those_of_the_rate_rounded_up) {
  const token_bucket bucket(3, 3);
  EXPECT_EQ(bucket.interval(), 333'333'334ns);
  EXPECT_EQ(bucket.cost(1), bucket.interval());
  EXPECT_EQ(bucket.cost(0.5), 166'666'667ns);
  EXPECT_EQ(bucket.capacity(), 1'000'000'002ns);
  EXPECT_EQ(bucket.cost(0), 0ns);
}

}  // namespace
}  // namespace weir::control
