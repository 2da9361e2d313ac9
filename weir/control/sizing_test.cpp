// What the vectors of sizing cannot say: messages, the functions they have no cases for, and that the
// formulas agree with each other.
#include <weir/control/sizing.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace weir::control::sizing {
namespace {

using namespace std::chrono_literals;

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(sizing, stable_workers_are_more_than_are_kept_busy) {
  EXPECT_EQ(min_workers(500, 20ms), 10);
  EXPECT_EQ(stable_workers(500, 20ms), 11) << "with 10 of 10 busy a queue has no bound";
  EXPECT_EQ(stable_workers(510, 20ms), 11);
  EXPECT_EQ(stable_workers(0, 20ms), 1);
  EXPECT_EQ(stable_workers(3, 700ms), 3);
  EXPECT_EQ(stable_workers(0.1, 30s), 4) << "0.1 x 30 is 3.0000000000000004 or 3: both mean 3 busy";
  EXPECT_EQ(stable_workers(1e300, 1h), std::int64_t{1} << 62);
  for (double per_second : {0.5, 3.0, 47.0, 500.0, 12345.678}) {
    const auto least = stable_workers(per_second, 20ms);
    EXPECT_LT(mean_wait(least, per_second, 20ms), infinity);
    EXPECT_TRUE(least == 1 || mean_wait(least - 1, per_second, 20ms) == infinity);
  }
}

// M/M/1: P(wait > t) = r e^-(mu - lambda) t, so the median of r = 0.8, mu = 1 is ln(0.8 / 0.5) / 0.2.
TEST(sizing, a_wait_quantile_is_where_the_tail_of_the_distribution_is_left) {
  EXPECT_NEAR(wait_quantile(1, 0.8, 1s, 0.5), std::log(1.6) / 0.2, 1e-12);
  EXPECT_NEAR(wait_quantile(1, 800, 1ms, 0.99), std::log(80.0) / 200, 1e-12);
  const double c = erlang_c(12, 10);
  const double p99 = wait_quantile(12, 500, 20ms, 0.99);
  EXPECT_NEAR(c * std::exp(-(12 / 0.02 - 500) * p99), 0.01, 1e-12);
}

TEST(sizing, who_does_not_wait_at_all_has_no_quantile_to_wait_for) {
  const double c = erlang_c(20, 10);
  ASSERT_LT(c, 0.01);
  EXPECT_EQ(wait_quantile(20, 500, 20ms, 0.99), 0);
  EXPECT_EQ(wait_quantile(20, 500, 20ms, 0), 0);
  EXPECT_GT(wait_quantile(20, 500, 20ms, 0.9999), 0);
  EXPECT_EQ(wait_quantile(10, 500, 20ms, 0.5), infinity) << "they cannot keep up";
}

TEST(sizing, the_quantiles_have_the_mean_that_the_mean_wait_says) {
  double sum = 0;
  const int steps = 200'000;
  for (int i = 0; i < steps; ++i) sum += wait_quantile(12, 500, 20ms, (i + 0.5) / steps);
  EXPECT_NEAR(sum / steps, mean_wait(12, 500, 20ms), 1e-6);
}

TEST(sizing, a_full_system_of_one_loses_as_the_closed_form_says) {
  const double r = 0.8;
  EXPECT_NEAR(loss_mm1k(r, 5), (1 - r) * std::pow(r, 5) / (1 - std::pow(r, 6)), 1e-12);
  EXPECT_NEAR(loss_mm1k(1, 9), 0.1, 1e-12);
  EXPECT_NEAR(loss_mmck(10, 4.461, 10), 0.01, 1e-5) << "without a queue it is Erlang's B";
}

TEST(sizing, long_queues_and_many_servers_end_soon) {
  EXPECT_EQ(loss_mm1k(0.5, INT64_MAX), 0);
  EXPECT_NEAR(loss_mm1k(2, INT64_MAX), 0.5, 1e-12) << "half of twice too much";
  EXPECT_EQ(erlang_b(INT64_MAX, 5), 0);
}

TEST(sizing, names_the_bad_argument_and_a_right_value) {
  EXPECT_EQ(check::queue(-1, 1s)->message, "per_second -1 is below 0; use 0 or more");
  EXPECT_EQ(check::mean_wait(1, 1, 0s)->option, "service");
  EXPECT_EQ(check::wait_quantile(1, 1, 1s, 1)->message,
            "q 1 is not below 1: there is no longest wait; use 0.99, say");
  EXPECT_EQ(check::wait_quantile(1, 1, 1s, -0.5)->option, "q");
  EXPECT_EQ(check::wait_quantile(0, 1, 1s, 2)->option, "servers");
  EXPECT_EQ(check::loss_mmck(3, 1, 2)->message, "k 2 is below 3; use 3 or more");
  EXPECT_EQ(check::stable_workers(1, -1ns)->option, "service");
  EXPECT_THROW(wait_quantile(1, 1, 1s, 1), std::invalid_argument);
  EXPECT_THROW(workers(0, 1), std::invalid_argument);
  EXPECT_FALSE(check::erlang_c(1, 0));
}

}  // namespace
}  // namespace weir::control::sizing
