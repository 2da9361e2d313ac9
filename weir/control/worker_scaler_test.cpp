// What the vectors of worker_scaler cannot say: messages, and how the two rules follow a load on virtual
// time.
#include <weir/control/worker_scaler.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace weir::control {
namespace {

using namespace std::chrono_literals;

struct history {
  int turns = 0;             // changes of direction
  std::int64_t workers = 1;  // at the end
  time_point settled{};      // the last change
};

// Ten minutes of a pool in steps of 100 ms: `busy` workers' worth of jobs of 20 ms come all the time, and
// what the workers do not manage waits.
history follow(worker_scaler scaler, double busy) {
  history seen;
  std::int64_t direction = 0;
  double queue = 0;
  for (time_point now{}; now < time_point(10min); now += 100ms) {
    queue = std::clamp(queue + 5 * (busy - static_cast<double>(seen.workers)), 0.0, 100.0);
    const auto change = scaler.decide(now, {.workers = seen.workers,
                                            .depth = static_cast<std::int64_t>(queue),
                                            .capacity = 100,
                                            .arrival_per_second = busy * 50,
                                            .service = 20ms});
    if (change == 0) continue;
    seen.workers += change;
    seen.turns += change * direction < 0;
    direction = change;
    seen.settled = now;
  }
  return seen;
}

TEST(worker_scaler, by_littles_law_a_steady_load_is_met_at_once_and_for_good) {
  const auto seen = follow(worker_scaler({.max = 16, .rule = scaler_rule::little}), 3.5);
  EXPECT_EQ(seen.workers, 5) << "3.5 / 0.7";
  EXPECT_EQ(seen.settled, time_point(0s));
  EXPECT_EQ(seen.turns, 0);
}

TEST(worker_scaler, by_threshold_the_same_load_makes_it_flip) {
  const auto seen = follow(worker_scaler({.max = 16}), 3.5);
  EXPECT_GT(seen.turns, 10) << "4 workers empty the queue, 3 fill it";
}

TEST(worker_scaler, an_idle_pool_shrinks_to_its_minimum_one_by_one) {
  worker_scaler scaler({.min = 2, .max = 8, .rule = scaler_rule::little, .shrink_after = 5s});
  std::int64_t workers = 8;
  time_point now{};
  for (; workers > 2; now += 1s) {
    const auto change = scaler.decide(now, {.workers = workers});
    ASSERT_GE(change, -1);
    workers += change;
    ASSERT_LT(now, time_point(1min));
  }
  EXPECT_EQ(now, time_point(31s)) << "one less every 5 s, looked at each second";
  EXPECT_EQ(scaler.decide(now + 1h, {.workers = workers}), 0);
}

TEST(worker_scaler, names_the_bad_option_and_a_right_value) {
  EXPECT_EQ(check(worker_scaler_options{.min = 9})->message, "max 8 is below 9; use 9 or more");
  EXPECT_EQ(check(worker_scaler_options{.rule = static_cast<scaler_rule>(7)})->message,
            "rule 7 is no scaler_rule; use threshold or little");
  EXPECT_EQ(check(worker_scaler_options{.grow_above = 0.2})->message,
            "shrink_below 0.2 is not below grow_above 0.2; use 0 or more, below 0.2");
  EXPECT_EQ(check(worker_scaler_options{.interval = 0s})->option, "interval");
  EXPECT_EQ(check(worker_scaler_options{.shrink_after = -1s})->option, "shrink_after");
  EXPECT_THROW(worker_scaler({.min = 0}), std::invalid_argument);
  EXPECT_FALSE(check(worker_scaler_options{}));
}

}  // namespace
}  // namespace weir::control
