// What the vectors of circuit_breaker cannot say: its messages, its limits, and a story from beginning to
// end.
#include <weir/base/option_error.hpp>
#include <weir/control/circuit_breaker.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <stdexcept>

namespace weir::control {
namespace {

using namespace std::chrono_literals;
using enum breaker_state;

constexpr time_point at(duration since_start) { return time_point(since_start); }

std::string said(const circuit_breaker_options& options) {
  const auto error = check(options);
  return error ? error->message : "";
}

void fail(circuit_breaker& breaker, time_point now, int times) {
  for (int i = 0; i < times; ++i)
    if (const auto permit = breaker.allow(now)) breaker.on_failure(now, *permit);
}

TEST(circuit_breaker, names_the_bad_option_and_a_right_value) {
  EXPECT_EQ(said({}), "");
  EXPECT_EQ(said({.max_failures = 0}), "max_failures 0 is below 1; use 1 or more");
  EXPECT_EQ(said({.reset_timeout = 0s}), "reset_timeout 0s is below 1ns; use 1ns or more");
  EXPECT_EQ(said({.half_open_probes = -1}), "half_open_probes -1 is below 1; use 1 or more");
  EXPECT_EQ(said({.probe_timeout = 0s}), "probe_timeout 0s is below 1ns; use 1ns or more");
  EXPECT_EQ(said({.window_calls = 0}), "window_calls 0 is below 1; use 1 or more");
  EXPECT_EQ(said({.window = 9ns}), "window 9ns is below 10ns; use 10ns or more");
  EXPECT_EQ(said({.minimum_calls = 0}), "minimum_calls 0 is below 1; use 1 or more");
  EXPECT_EQ(said({.failure_rate = 0}), "failure_rate 0 is not above 0; use a number above 0, at most 1");
  EXPECT_EQ(said({.slow_call = -1ns}), "slow_call -1ns is below 1ns; use 1ns or more");
  EXPECT_EQ(said({.slow_call_rate = std::numeric_limits<double>::quiet_NaN()}),
            "slow_call_rate nan is not a number; use a number above 0, at most 1");
}

TEST(circuit_breaker, a_count_window_that_could_never_be_judged_is_refused) {
  EXPECT_EQ(said({.mode = breaker_mode::count_window, .window_calls = 5, .minimum_calls = 6}),
            "minimum_calls 6 is above window_calls 5, so it would never open; use 1 to 5");
  EXPECT_EQ(said({.mode = breaker_mode::time_window, .window_calls = 5, .minimum_calls = 6}), "");
  EXPECT_THROW(circuit_breaker({.mode = static_cast<breaker_mode>(3)}), std::invalid_argument);
  EXPECT_NE(said({.mode = static_cast<breaker_mode>(3)}).find("mode 3 is no mode; use "), std::string::npos);
}

TEST(circuit_breaker, opens_tries_again_and_closes) {
  circuit_breaker breaker({.max_failures = 3, .reset_timeout = 30s});
  fail(breaker, at(0s), 2);
  EXPECT_EQ(breaker.state_at(at(0s)), closed);
  fail(breaker, at(1s), 1);
  EXPECT_EQ(breaker.state_at(at(1s)), open);
  EXPECT_FALSE(breaker.allow(at(30s)));
  EXPECT_EQ(breaker.state_at(at(31s)), half_open) << "though nobody asked yet";
  const auto probe = breaker.allow(at(31s));
  ASSERT_TRUE(probe);
  EXPECT_FALSE(breaker.allow(at(31s))) << "one probe is out";
  breaker.on_success(at(32s), *probe);
  EXPECT_EQ(breaker.state_at(at(32s)), closed);
  EXPECT_TRUE(breaker.allow(at(32s)));
}

TEST(circuit_breaker, a_success_between_them_makes_failures_not_consecutive) {
  circuit_breaker breaker({.max_failures = 2});
  for (int i = 0; i < 10; ++i) {
    fail(breaker, at(0s), 1);
    breaker.on_success(at(0s), *breaker.allow(at(0s)));
  }
  EXPECT_EQ(breaker.state_at(at(0s)), closed);
}

TEST(circuit_breaker, a_result_that_comes_too_late_changes_nothing) {
  circuit_breaker breaker({.max_failures = 1, .reset_timeout = 10s});
  const auto late = breaker.allow(at(0s));
  fail(breaker, at(0s), 1);
  const auto probe = breaker.allow(at(10s));
  breaker.on_failure(at(10s), *late);
  EXPECT_EQ(breaker.state_at(at(10s)), half_open);
  breaker.on_success(at(10s), *late);
  EXPECT_EQ(breaker.state_at(at(10s)), half_open);
  breaker.release(at(10s), *late);
  EXPECT_FALSE(breaker.allow(at(10s))) << "the place of the probe is not that of the late one";
  breaker.on_success(at(10s), *probe);
  EXPECT_EQ(breaker.state_at(at(10s)), closed);
}

TEST(circuit_breaker, a_lost_probe_does_not_leave_it_stuck) {
  circuit_breaker breaker({.max_failures = 1, .reset_timeout = 10s, .probe_timeout = 5s});
  fail(breaker, at(0s), 1);
  const auto lost = breaker.allow(at(10s));
  ASSERT_TRUE(lost);
  EXPECT_FALSE(breaker.allow(at(14s)));
  const auto second = breaker.allow(at(15s));
  ASSERT_TRUE(second);
  breaker.on_failure(at(15s), *lost);
  EXPECT_EQ(breaker.state_at(at(15s)), half_open) << "the lost one was given up";
  breaker.on_success(at(15s), *second);
  EXPECT_EQ(breaker.state_at(at(15s)), closed);
}

TEST(circuit_breaker, slow_calls_open_it_as_failures_do) {
  circuit_breaker breaker({.mode = breaker_mode::count_window,
                           .window_calls = 4,
                           .minimum_calls = 4,
                           .slow_call = 100ms,
                           .slow_call_rate = 0.5});
  for (const duration took : {100ms, 101ms, 5ms}) breaker.on_success(at(0s), *breaker.allow(at(0s)), took);
  EXPECT_EQ(breaker.state_at(at(0s)), closed);
  breaker.on_success(at(0s), *breaker.allow(at(0s)), 1s);
  EXPECT_EQ(breaker.state_at(at(0s)), open);
}

TEST(circuit_breaker, a_count_window_forgets_the_oldest_call) {
  circuit_breaker breaker({.mode = breaker_mode::count_window, .window_calls = 4, .minimum_calls = 4});
  fail(breaker, at(0s), 1);
  for (int i = 0; i < 4; ++i) breaker.on_success(at(0s), *breaker.allow(at(0s)));
  fail(breaker, at(0s), 1);
  EXPECT_EQ(breaker.state_at(at(0s)), closed) << "one of the last four";
  fail(breaker, at(0s), 1);
  EXPECT_EQ(breaker.state_at(at(0s)), open) << "two of the last four";
}

TEST(circuit_breaker, a_time_window_forgets_what_is_over_a_minute_old) {
  circuit_breaker breaker({.mode = breaker_mode::time_window, .minimum_calls = 4});
  fail(breaker, at(0s), 3);
  fail(breaker, at(61s), 3);
  EXPECT_EQ(breaker.state_at(at(61s)), closed);
  fail(breaker, at(62s), 1);
  EXPECT_EQ(breaker.state_at(at(62s)), open);
}

TEST(circuit_breaker, can_be_opened_and_closed_by_hand) {
  circuit_breaker breaker({.reset_timeout = 10s});
  breaker.trip(at(0s));
  EXPECT_FALSE(breaker.allow(at(9s)));
  breaker.trip(at(9s));
  EXPECT_FALSE(breaker.allow(at(18s))) << "tripped anew, it waits anew";
  breaker.reset(at(18s));
  EXPECT_TRUE(breaker.allow(at(18s)));
}

TEST(circuit_breaker, a_copy_goes_its_own_way) {
  circuit_breaker one({.mode = breaker_mode::count_window, .window_calls = 2, .minimum_calls = 2});
  circuit_breaker other = one;
  fail(one, at(0s), 2);
  EXPECT_EQ(one.state_at(at(0s)), open);
  EXPECT_EQ(other.state_at(at(0s)), closed);
}

}  // namespace
}  // namespace weir::control
