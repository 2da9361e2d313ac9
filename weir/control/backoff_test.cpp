// What the vectors of backoff cannot say: its messages, other generators, and how delays are spread.
#include <weir/base/option_error.hpp>
#include <weir/control/backoff.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <stdexcept>

namespace weir::control {
namespace {

using namespace std::chrono_literals;

std::string said(const backoff_options& options) {
  const auto error = check(options);
  return error ? error->message : "";
}

// The mean of many third delays, in units of the bare one (40 ms).
double mean_third(jitter kind) {
  splitmix64 random(7);
  double sum = 0;
  constexpr int runs = 20'000;
  for (int i = 0; i < runs; ++i) {
    backoff delays({.jitter = kind});
    (void)delays.next(random);
    (void)delays.next(random);
    sum += std::chrono::duration<double>(delays.next(random)) / 40ms;
  }
  return sum / runs;
}

TEST(backoff, names_the_bad_option_and_a_right_value) {
  EXPECT_EQ(said({}), "");
  EXPECT_EQ(said({.initial = 0s}), "initial 0s is below 1ns; use 1ns or more");
  EXPECT_EQ(said({.factor = 0.5}), "factor 0.5 is below 1; use 1 or more");
  EXPECT_EQ(said({.initial = 2s}), "cap 1s is below initial 2s; use 2s or more");
  EXPECT_NE(said({.jitter = static_cast<jitter>(4)}).find("jitter 4 is no jitter; use "), std::string::npos);
  EXPECT_THROW(backoff({.factor = 0}), std::invalid_argument);
}

TEST(backoff, doubles_from_ten_milliseconds_and_stops_at_one_second) {
  backoff delays;
  splitmix64 random;
  for (const duration expected : {10ms, 20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1000ms, 1000ms})
    EXPECT_EQ(delays.next(random), expected);
  delays.reset();
  EXPECT_EQ(delays.next(random), 10ms);
}

TEST(backoff, jitter_spreads_as_it_says) {
  EXPECT_EQ(mean_third(jitter::none), 1);
  EXPECT_NEAR(mean_third(jitter::full), 0.5, 0.01);
  EXPECT_NEAR(mean_third(jitter::equal), 0.75, 0.01);
}

TEST(backoff, any_generator_will_do) {
  std::mt19937 random(11);  // of 32 bits
  backoff delays({.initial = 1h, .cap = 24h, .jitter = jitter::full});
  duration most{};
  for (int i = 0; i < 200; ++i) {
    const duration delay = delays.next(random);
    EXPECT_GE(delay, 0ns);
    EXPECT_LE(delay, 24h);
    most = std::max(most, delay);
  }
  EXPECT_GT(most, 20h) << "its draws reach the upper end";
}

TEST(splitmix64, is_a_standard_generator_of_64_bits) {
  static_assert(std::uniform_random_bit_generator<splitmix64>);
  splitmix64 random(42);
  EXPECT_LT(std::uniform_int_distribution<int>(0, 9)(random), 10);
}

TEST(splitmix64, each_kind_of_draw_takes_one) {
  splitmix64 one(42), other(42);
  (void)one.below(1);
  (void)one.unit();
  (void)one();
  for (int i = 0; i < 3; ++i) (void)other();
  EXPECT_EQ(one(), other());
}

TEST(splitmix64, below_and_unit_stay_below) {
  EXPECT_EQ(below(UINT64_MAX, 1), 0u);
  EXPECT_EQ(below(UINT64_MAX, UINT64_MAX), UINT64_MAX - 1);
  EXPECT_EQ(below(0, UINT64_MAX), 0u);
  EXPECT_LT(unit(UINT64_MAX), 1.0);
  EXPECT_EQ(unit(0), 0.0);
}

}  // namespace
}  // namespace weir::control
