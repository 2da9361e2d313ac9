#include <bench/harness/race.hpp>
#include <bench/harness/reading.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace weir::bench {
namespace {

// Until the process has used so much processor time.
void work(duration processor) {
  const stopwatch watch;
  while (watch.read().processor < processor) {
  }
}

TEST(reading, processor_time_of_all_threads_is_counted_also_of_those_that_ended) {
  const stopwatch watch;
  std::jthread([] { work(std::chrono::milliseconds(20)); }).join();
  EXPECT_GE(watch.read().processor, std::chrono::milliseconds(20));
}

TEST(reading, sleeping_costs_time_a_switch_and_hardly_a_processor) {
  const stopwatch watch;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const spent cost = watch.read();
  EXPECT_GE(cost.time, std::chrono::milliseconds(20));
  EXPECT_LT(cost.processor, cost.time);
  EXPECT_GE(cost.voluntary, 1U);
}

TEST(reading, a_stopwatch_begins_anew) {
  stopwatch watch;
  work(std::chrono::milliseconds(20));
  watch.restart();
  EXPECT_LT(watch.read().processor, std::chrono::milliseconds(20));
}

TEST(race, runs_each_runner_once_and_none_before_all_are_there) {
  std::atomic<int> present = 0;
  std::atomic<bool> began = false;
  start_together(
      4, [&] { began = true; },
      [&](std::size_t) {
        EXPECT_TRUE(began);
        ++present;
      });
  EXPECT_EQ(present, 4);
}

TEST(race, lasts_until_the_slowest_has_ended) {
  const spent cost = race(3, [](std::size_t i) {
    if (i == 1) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  EXPECT_GE(cost.time, std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace weir::bench
