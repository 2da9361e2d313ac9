// What a pool says to options that cannot be right: the option, its value, and a remedy.
#include <weir/base/hardware.hpp>
#include <weir/pool/options.hpp>
#include <weir/pool/task_pool.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace weir {
namespace {

std::string complaint(const pool_options& options) {
  try {
    worker_pool<int> pool([](int&) {}, options);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

void expect_says(const std::string& message, std::initializer_list<const char*> parts) {
  for (const char* part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << part << " in: " << message;
}

TEST(pool_options, defaults_are_fine) { EXPECT_EQ(complaint({}), ""); }

TEST(pool_options, more_workers_at_least_than_at_most_is_nonsense) {
  expect_says(complaint({.min_workers = 5, .max_workers = 3}), {"min_workers 5", "max_workers 3", "use 3"});
}

TEST(pool_options, no_workers_given_means_the_hardware_bent_to_fit_the_other) {
  const std::size_t n = hardware();
  const auto bounds = [](std::size_t min, std::size_t max) { return detail::resolve_workers(min, max); };
  EXPECT_EQ(bounds(0, 0).min, n);
  EXPECT_EQ(bounds(0, 0).max, n);
  EXPECT_EQ(bounds(0, n + 7).min, n);
  EXPECT_EQ(bounds(0, n + 7).max, n + 7);
  EXPECT_EQ(bounds(0, 1).min, 1u);
  EXPECT_EQ(bounds(n + 7, 0).max, n + 7);
  EXPECT_EQ(bounds(1, 0).max, n);
  EXPECT_EQ(bounds(3, 3).min, 3u);
}

TEST(pool_options, what_is_not_there_yet_is_refused_and_says_so) {
  expect_says(complaint({.on_full = overflow::spill()}), {"on_full spill", "spill store", "use block"});
  expect_says(complaint({.lane = {{.on_full = overflow::spill()}}}), {"on_full spill"});
}

TEST(pool_options, nonsense_is_refused_by_name_and_value) {
  expect_says(complaint({.lanes = 0}), {"lanes 0", "use 1"});
  expect_says(complaint({.lane = {{}, {}}}), {"lane has options for 2 lanes", "lanes is 1"});
  expect_says(complaint({.starvation_limit = 0}), {"starvation_limit 0", "use 1 or more"});
  expect_says(complaint({.lanes = 8, .starvation_limit = 7}), {"starvation_limit 7", "lanes 8", "use 8"});
}

TEST(pool_options, a_bad_rule_of_scaling_is_named_with_a_right_value) {
  expect_says(complaint({.scaling = {.grow_above = 1.5}}), {"scaling.grow_above 1.5", "use "});
  expect_says(complaint({.scaling = {.interval = duration::zero()}}), {"scaling.interval 0", "use "});
  EXPECT_EQ(complaint({.scaling = {.min = 9, .max = 2}}), "") << "its bounds are the pool's";
}

TEST(pool_options, a_processor_that_is_not_ours_is_named_with_those_that_are) {
  expect_says(complaint({.processors = {1'000'000}}), {"processors names 1000000", "use some of "});
}

TEST(pool_options, a_queue_without_places_has_nothing_to_evict) {
  expect_says(complaint({.queue_capacity = 0, .on_full = overflow::drop_oldest()}),
              {"queue_capacity 0", "drop_oldest", "block, timeout, reject, drop_newest or caller_runs"});
  expect_says(complaint({.queue_capacity = 0, .on_full = overflow::evict_lower()}),
              {"queue_capacity 0", "evict_lower", "use block"});
  EXPECT_NE(complaint({.lane = {{.capacity = 0}}, .on_full = overflow::drop_oldest()}), "");
  EXPECT_NE(complaint({.lanes = 2, .lane = {{}, {.capacity = 0}}, .on_full = overflow::drop_oldest()}), "");
  EXPECT_EQ(complaint({.lanes = 2,
                       .lane = {{}, {.capacity = 0, .on_full = overflow::reject()}},
                       .on_full = overflow::drop_oldest()}),
            "");
  for (const overflow fine : {overflow::block(), overflow::timeout(std::chrono::seconds(1)),
                              overflow::reject(), overflow::drop_newest(), overflow::caller_runs()})
    EXPECT_EQ(complaint({.queue_capacity = 0, .on_full = fine}), "") << fine.to_string();
}

TEST(pool_options, a_submit_is_checked_as_the_pool_is) {
  worker_pool<int> pool([](int&) {}, {.queue_capacity = 4});
  worker_pool<int> rendezvous([](int&) {}, {.queue_capacity = 0});
  EXPECT_THROW((void)pool.submit(1, {.on_full = overflow::spill()}), std::invalid_argument);
  EXPECT_THROW((void)pool.submit(1, {.lane = 1}), std::invalid_argument);
  EXPECT_THROW((void)rendezvous.submit(1, {.on_full = overflow::drop_oldest()}), std::invalid_argument);
  EXPECT_THROW((void)rendezvous.submit(1, {.on_full = overflow::evict_lower()}), std::invalid_argument);
  int job = 1;
  EXPECT_THROW((void)pool.submit_some({&job, 1}, {.lane = 7}), std::invalid_argument);
  EXPECT_EQ(pool.stats().submitted, 0u);
}

TEST(pool_options, a_bad_submit_names_the_lane_and_a_right_one) {
  task_pool pool;
  try {
    (void)pool.submit([] {}, {.lane = 3});
    FAIL() << "lane 3 was accepted";
  } catch (const std::invalid_argument& e) {
    expect_says(e.what(), {"lane 3", "lanes 1", "use 0"});
  }
}

TEST(pool_options, a_task_pool_keeps_no_results) {
  try {
    task_pool pool({.results_capacity = 5});
    FAIL() << "results were accepted";
  } catch (const std::invalid_argument& e) {
    expect_says(e.what(), {"results_capacity 5", "worker_pool", "async()"});
  }
}

TEST(pool_options, a_bad_resize_changes_nothing) {
  worker_pool<int> pool([](int&) {}, {.min_workers = 2, .max_workers = 2});
  EXPECT_THROW(pool.resize(4, 3), std::invalid_argument);
  EXPECT_EQ(pool.stats().workers, 2u);
}

TEST(pool_options, a_lane_caps_the_queue_and_has_a_policy_of_its_own) {
  worker_pool<int> pool([](int&) {}, {.max_workers = 1,
                                      .queue_capacity = 100,
                                      .lane = {{.capacity = 2, .on_full = overflow::drop_newest()}},
                                      .on_full = overflow::reject(),
                                      .paused = true});
  EXPECT_TRUE(pool.submit(1));
  EXPECT_TRUE(pool.submit(2));
  EXPECT_EQ(pool.submit(3).error(), errc::dropped);
  EXPECT_EQ(pool.submit(4, {.on_full = overflow::reject()}).error(), errc::full);
}

}  // namespace
}  // namespace weir
