// What the vectors of retry_budget, adaptive_throttle and sampler cannot say: their messages, and what comes
// of them.
#include <weir/base/option_error.hpp>
#include <weir/control/adaptive_throttle.hpp>
#include <weir/control/retry_budget.hpp>
#include <weir/control/sampler.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <stdexcept>

namespace weir::control {
namespace {

using namespace std::chrono_literals;

constexpr time_point at(duration since_start) { return time_point(since_start); }

template <class Options>
std::string said(const Options& options) {
  const auto error = check(options);
  return error ? error->message : "";
}

TEST(retry_budget, names_the_bad_option_and_a_right_value) {
  EXPECT_EQ(said(retry_budget_options{}), "");
  EXPECT_EQ(said(retry_budget_options{.window = 500ms}), "window 500ms is below 1s; use 1s to 1m");
  EXPECT_EQ(said(retry_budget_options{.window = 61s}), "window 61s is above 1m; use 1s to 1m");
  EXPECT_EQ(said(retry_budget_options{.min_per_second = -1}),
            "min_per_second -1 is below 0; use 0 to 1000000");
  EXPECT_EQ(said(retry_budget_options{.ratio = -0.1}), "ratio -0.1 is below 0; use 0 to 1000");
  EXPECT_THROW(retry_budget({.ratio = std::numeric_limits<double>::quiet_NaN()}), std::invalid_argument);
}

TEST(retry_budget, an_outage_costs_a_fifth_more_calls_and_not_three_times_as_many) {
  retry_budget budget({.min_per_second = 0});
  int retries = 0;
  for (int i = 0; i < 10'000; ++i) {  // everything fails, everybody would try twice again
    const time_point now = at(i * 1ms);
    budget.deposit(now);
    retries += budget.try_withdraw(now);
    retries += budget.try_withdraw(now);
  }
  EXPECT_LE(retries, 2'000);
  EXPECT_GE(retries, 1'990);
}

TEST(retry_budget, a_quiet_client_may_still_retry_a_few_times_a_second) {
  retry_budget budget;
  int retries = 0;
  for (int i = 0; i < 600; ++i) retries += budget.try_withdraw(at(i * 100ms));  // a minute without requests
  EXPECT_GE(retries, 590) << "10 a second, and not more often asked";
  EXPECT_EQ(retry_budget({.min_per_second = 0}).balance(at(0s)), 0);
}

TEST(retry_budget, the_largest_options_do_not_overflow) {
  retry_budget budget({.window = 60s, .min_per_second = 1'000'000, .ratio = 1e-300});
  EXPECT_EQ(budget.balance(at(0s)), 60'000'000);
  EXPECT_TRUE(budget.try_withdraw(time_point::min()));
  EXPECT_TRUE(budget.try_withdraw(time_point::max()));
  EXPECT_EQ(budget.balance(time_point::max()), 59'999'999);
}

TEST(adaptive_throttle, names_the_bad_option_and_a_right_value) {
  EXPECT_EQ(said(adaptive_throttle_options{}), "");
  EXPECT_EQ(said(adaptive_throttle_options{.k = 0.99}), "k 0.99 is below 1; use 1 or more");
  EXPECT_EQ(said(adaptive_throttle_options{.window = 0s}), "window 0s is below 10ns; use 10ns or more");
  EXPECT_THROW(adaptive_throttle({.k = std::numeric_limits<double>::infinity()}), std::invalid_argument);
}

// A backend that accepts so many of those sent in each second, offered 1000.
double sent_a_second(int accepts) {
  adaptive_throttle throttle({.window = 10s});
  splitmix64 random(3);
  int sent = 0;
  for (int second = 0; second < 100; ++second) {
    int taken = 0;
    for (int i = 0; i < 1'000; ++i) {
      const time_point now = at(second * 1s + i * 1ms);
      if (!throttle.allow(now, random())) continue;
      if (second >= 50) ++sent;
      if (taken++ < accepts) throttle.on_accept(now);
    }
  }
  return sent / 50.0;
}

TEST(adaptive_throttle, sends_twice_what_an_overloaded_backend_accepts) {
  EXPECT_EQ(sent_a_second(1'000), 1'000) << "a backend that is well is sent everything";
  EXPECT_NEAR(sent_a_second(100), 200, 20);
  EXPECT_NEAR(sent_a_second(300), 600, 60);
}

TEST(adaptive_throttle, a_backend_that_accepts_nothing_is_still_tried) {
  const double sent = sent_a_second(0);
  EXPECT_LT(sent, 5);
  EXPECT_GT(sent, 0);
}

TEST(sampler, names_the_bad_option_and_a_right_value) {
  EXPECT_EQ(said(sampler_options{}), "");
  EXPECT_EQ(said(sampler_options{.p = 1.01}), "p 1.01 is above 1; use 0 to 1");
  EXPECT_EQ(said(sampler_options{.first = -1}), "first -1 is below 0; use 0 or more");
  EXPECT_EQ(said(sampler_options{.every = -1}), "every -1 is below 0; use 0 or more");
  EXPECT_EQ(said(sampler_options{.interval = 0s}), "interval 0s is below 1ns; use 1ns or more");
  EXPECT_THROW(sampler({.kind = static_cast<sampler_kind>(2)}), std::invalid_argument);
}

TEST(sampler, a_rate_keeps_its_share) {
  sampler kept({.p = 0.1});
  splitmix64 random(5);
  int count = 0;
  for (int i = 0; i < 100'000; ++i) count += kept.sample(at(0s), random);
  EXPECT_NEAR(count, 10'000, 300);
}

TEST(sampler, a_flood_of_messages_becomes_the_first_few_and_one_in_a_hundred) {
  sampler kept({.kind = sampler_kind::first_then_every, .first = 3, .every = 100});
  splitmix64 random;
  int count = 0;
  for (int i = 0; i < 10'000; ++i) count += kept.sample(at(i * 1ms), random);  // a thousand a second, for ten
  EXPECT_EQ(count, 10 * (3 + 9));
  EXPECT_EQ(random(), splitmix64()()) << "counting draws nothing";
}

TEST(sampler, a_clock_that_jumps_back_begins_no_interval) {
  sampler kept({.kind = sampler_kind::first_then_every});
  splitmix64 random;
  EXPECT_TRUE(kept.sample(at(10s), random));
  EXPECT_FALSE(kept.sample(at(0s), random));
  EXPECT_FALSE(kept.sample(at(5s), random));
  EXPECT_TRUE(kept.sample(at(11s), random));
}

}  // namespace
}  // namespace weir::control
