// What the vectors of the limits and of CoDel cannot say: by value, messages, and the flaws they are known
// for.
#include <weir/control/codel.hpp>
#include <weir/control/concurrency_limit.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <stdexcept>

namespace weir::control {
namespace {

using namespace std::chrono_literals;

TEST(concurrency_limit, holds_any_algorithm_by_value) {
  concurrency_limit limit;
  EXPECT_EQ(limit.limit(), 20);
  limit = fixed({.limit = 3});
  EXPECT_EQ(limit.sample({}, 1s, 99, true), 3) << "a fixed limit does not move";
  limit = aimd({.initial = 100, .min = 1});
  const concurrency_limit before = limit;
  EXPECT_EQ(limit.sample({}, 1ms, 50, true), 90);
  EXPECT_EQ(limit.limit(), 90);
  EXPECT_EQ(before.limit(), 100) << "a copy goes its own way";
  limit = vegas({.initial = 5});
  EXPECT_EQ(limit.limit(), 5);
  limit = gradient2({.initial = 30});
  EXPECT_EQ(limit.limit(), 30);
}

TEST(concurrency_limit, bounds_beyond_what_a_double_holds_are_kept) {
  aimd most({.initial = INT64_MAX, .min = 1, .max = INT64_MAX});
  EXPECT_EQ(most.sample({}, 1ms, (std::int64_t{1} << 62) - 1, false), INT64_MAX) << "grows no further";
  EXPECT_EQ(vegas({.initial = INT64_MAX, .max = INT64_MAX}).limit(), INT64_MAX);
  EXPECT_EQ(gradient2({.initial = INT64_MAX, .max = INT64_MAX}).limit(), INT64_MAX);
}

// docs/reference/algorithms: known flaws, kept as they are in the source.
TEST(gradient2, does_not_find_a_server_slow_that_slows_down_gradually) {
  gradient2 limit({.initial = 100, .max = 1000, .long_window = 10});
  duration rtt = 1ms;
  for (int i = 0; i < 500; ++i, rtt += rtt / 50) limit.sample({}, rtt, 1000, false);
  EXPECT_GT(rtt, 10s) << "ten thousand times slower";
  EXPECT_EQ(limit.limit(), 500) << "and still it grew with every call";
}

TEST(vegas, a_dropped_call_can_set_the_base) {
  vegas limit({.probe_multiplier = 1'000'000});
  limit.sample({}, 10ms, 100, false);
  limit.sample({}, 1ms, 100, true);                   // refused at once: the quickest of all
  EXPECT_LT(limit.sample({}, 10ms, 100, false), 20);  // what was usual looks like a queue now
}

TEST(codel, drops_faster_the_longer_the_queue_stands) {
  codel queue;
  int drops = 0, late_drops = 0;
  for (time_point now{}; now < time_point(10s); now += 1ms) {
    const bool dropped = queue.should_drop(now, 50ms);
    drops += dropped;
    late_drops += dropped && now >= time_point(9s);
  }
  // After n drops interval x (1 + 1/sqrt 2 + ... 1/sqrt n), about 2 x interval x sqrt n, has passed.
  EXPECT_NEAR(drops, std::pow(10s / 100ms / 2.0, 2), 300);
  EXPECT_GT(late_drops, drops / 10 * 3 / 2);
}

TEST(concurrency_limit, names_the_bad_option_and_a_right_value) {
  EXPECT_EQ(check(fixed_options{.limit = 0})->message, "limit 0 is below 1; use 1 or more");
  EXPECT_EQ(check(aimd_options{.initial = 201})->message, "initial 201 is above 200; use 20 to 200");
  EXPECT_EQ(check(aimd_options{.backoff_ratio = 1})->message,
            "backoff_ratio 1 is not below 1; use 0.5 to 0.99");
  EXPECT_EQ(check(vegas_options{.smoothing = 0})->message,
            "smoothing 0 is not above 0; use a number above 0, at most 1");
  EXPECT_EQ(check(gradient2_options{.tolerance = 0.5})->message, "tolerance 0.5 is below 1; use 1 or more");
  EXPECT_EQ(check(codel_options{.interval = duration(0)})->option, "interval");
  EXPECT_THROW(aimd({.min = 300}), std::invalid_argument);
}

}  // namespace
}  // namespace weir::control
