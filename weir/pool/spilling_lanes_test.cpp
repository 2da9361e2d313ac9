// Pools whose queue overflows to disk: lanes, costs, many submitters, and places that are wanted twice.
#include <weir/pool/spill_testing.hpp>
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>
#include <weir/spill/testing.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <mutex>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

using testing::expect_law;
using testing::expect_settled;
using testing::numbers;
using testing::run_record;
using testing::scratch_directory;
using testing::spilling_to;

TEST(spilling_lanes, brings_a_more_important_lane_back_before_a_long_backlog) {
  const scratch_directory place;
  run_record<int> ran;
  pool_options options = spilling_to(place, 8);
  options.lanes = 2;
  worker_pool<int> pool(ran.process(), options);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.submit(1000 + i, {.lane = 1}));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_EQ(pool.stats().spilled, 1002u);
  ASSERT_TRUE(pool.drain());
  std::vector<int> urgent;
  std::vector<int> other;
  std::size_t last_urgent = 0;
  const std::vector<int> all = ran.all();
  for (std::size_t i = 0; i < all.size(); ++i) {
    (all[i] < 1000 ? urgent : other).push_back(all[i]);
    if (all[i] < 1000) last_urgent = i;
  }
  EXPECT_EQ(urgent, numbers(0, 10));
  EXPECT_EQ(other, numbers(1000, 2000));
  EXPECT_LT(last_urgent, 100u) << "of 1010";
}

TEST(spilling_lanes, lets_a_lane_that_does_not_spill_pass_one_that_does) {
  const scratch_directory place;
  run_record<int> ran;
  pool_options options = spilling_to(place, 8);
  options.lanes = 2;
  options.lane = {{}, {.capacity = 4}};
  worker_pool<int> pool(ran.process(), options);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.submit(100 + i, {.lane = 1}));
  EXPECT_EQ(pool.stats().queued, 4u);
  ASSERT_TRUE(pool.submit(0));
  EXPECT_EQ(pool.stats().queued, 5u);
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.all().front(), 0);
  EXPECT_EQ(ran.all().size(), 101u);
}

TEST(spilling_lanes, keeps_to_the_bound_of_the_cost) {
  const scratch_directory place;
  pool_options options = spilling_to(place, 100);
  options.max_cost = 10;
  std::atomic<std::uint64_t> most{0};
  worker_pool<int>* asked = nullptr;
  worker_pool<int> pool(
      [&](int&) {
        const std::uint64_t cost = asked->stats().cost;
        if (cost > most) most = cost;
      },
      options);
  asked = &pool;
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.submit(int{i}, {.cost = 4}));
  EXPECT_EQ(pool.stats().cost, 8u);
  EXPECT_EQ(pool.submit(50, {.cost = 11}), std::unexpected(errc::full));
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().completed, 50u);
  EXPECT_LE(most, 10u);
}

/// Whoever looks, whenever: every job is in one place.
TEST(spilling_lanes, obeys_the_law_at_every_moment) {
  const scratch_directory place;
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  pool_options options = spilling_to(place, 8);
  options.min_workers = options.max_workers = 2;
  options.lanes = 3;
  options.paused = false;
  options.spill->max_jobs = 300;
  worker_pool<int> pool(
      [](int& job) {
        if (job % 7 == 0) throw job;
      },
      options);
  std::jthread watcher([&pool](const std::stop_token& stop) {
    while (!stop.stop_requested()) expect_law(pool.stats());
  });
  for (int i = 0; i < 3000; ++i) {
    submit_options how{.lane = random() % 3};
    if (random() % 20 == 0) how.deadline = clock::now() + std::chrono::microseconds(random() % 2000);
    if (random() % 20 == 0) how.on_full = overflow::drop_oldest();
    if (random() % 50 == 0) how.on_full = overflow::evict_lower();
    if (random() % 100 == 0) random() % 2 ? pool.pause() : pool.resume();
    static_cast<void>(pool.submit(int{i}, how));
  }
  ASSERT_TRUE(pool.drain());
  watcher.request_stop();
  watcher.join();
  expect_settled(pool.stats());
  EXPECT_EQ(pool.stats().submitted, 3000u);
  EXPECT_EQ(pool.stats().spilled, 0u);
}

/// Submitters of several threads share commits; each sees its own jobs in order, and ids are the order of
/// all.
TEST(spilling_lanes, keeps_the_order_of_each_of_many_submitters) {
  const scratch_directory place;
  struct numbered {
    int who;
    int number;
  };
  constexpr int submitters = 8;
  constexpr int each = 500;
  std::array<int, submitters> next{};
  std::atomic<int> out_of_order{0};
  pool_options options = spilling_to(place, 16);
  worker_pool<numbered> pool(
      [&](numbered& job) {
        if (next[static_cast<std::size_t>(job.who)]++ != job.number) ++out_of_order;
      },
      options);
  std::mutex mutex;
  std::set<job_id> ids;
  {
    std::vector<std::jthread> threads;
    for (int who = 0; who < submitters; ++who) {
      threads.emplace_back([&, who] {
        for (int i = 0; i < each; ++i) {
          const auto id = pool.submit(numbered{who, i});
          ASSERT_TRUE(id);
          const std::lock_guard lock(mutex);
          EXPECT_TRUE(ids.insert(*id).second) << "an id twice";
          if (i == each / 2) pool.resume();
          expect_law(pool.stats());
        }
      });
    }
  }
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(out_of_order, 0);
  EXPECT_EQ(*ids.rbegin(), job_id{submitters * each});
  expect_settled(pool.stats());
  EXPECT_EQ(pool.stats().completed, static_cast<std::uint64_t>(submitters * each));
}

TEST(spilling_lanes, makes_workers_for_a_backlog_on_disk) {
  const scratch_directory place;
  testing::gate gate;
  pool_options options = spilling_to(place, 1);
  options.min_workers = 1;
  options.max_workers = 4;
  options.scaling.interval = std::chrono::milliseconds(1);
  worker_pool<int> pool([&](int&) { gate.pass(); }, options);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.submit(int{i}));
  pool.resume();
  while (gate.waiting() != 4) std::this_thread::yield();
  gate.open();
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().completed, 100u);
}

/// A lane that has run dry reserves a place before there is one.
TEST(spilling_lanes, a_job_that_evicts_takes_the_place_of_what_it_evicts_and_no_more) {
  const scratch_directory place;
  pool_options options = spilling_to(place, 2);
  options.lanes = 2;
  worker_pool<int> pool([](int&) {}, options);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(pool.submit(int{i}));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(pool.submit(int{i}, {.lane = 1}));
  constexpr std::uint64_t newcomers = 500;
  for (std::uint64_t i = 0; i < newcomers; ++i) {
    ASSERT_TRUE(pool.submit(0, {.on_full = overflow::drop_oldest()}));
    std::this_thread::yield();
  }
  EXPECT_EQ(pool.stats().evicted, newcomers);
  EXPECT_EQ(pool.stats().queued, 2u);
  ASSERT_TRUE(pool.drain());
  expect_settled(pool.stats());
  EXPECT_EQ(pool.stats().completed, 22u);
}

/// Jobs that evict and jobs that come back want the same few places.
TEST(spilling_lanes, keep_their_order_and_the_bound_in_the_smallest_queues) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (std::size_t capacity = 1; capacity <= 3; ++capacity) {
    const scratch_directory place;
    run_record<int> ran;
    pool_options options = spilling_to(place, capacity);
    options.lanes = 3;
    options.paused = false;
    worker_pool<int> pool(ran.process(), options);
    for (int i = 0; i < 2000; ++i) {
      submit_options how{.lane = random() % 3};
      if (random() % 2 == 0) how.on_full = overflow::drop_oldest();
      if (random() % 4 == 0) how.on_full = overflow::evict_lower();
      static_cast<void>(pool.submit(3 * i + static_cast<int>(how.lane), how));
      if (random() % 30 == 0) random() % 2 ? pool.pause() : pool.resume();
    }
    ASSERT_TRUE(pool.drain());
    expect_settled(pool.stats());
    EXPECT_LE(pool.stats().high_water, capacity);
    std::array<int, 3> last{-1, -1, -1};
    for (const int job : ran.all()) {
      int& before = last[static_cast<std::size_t>(job % 3)];
      EXPECT_LT(before, job);
      before = job;
    }
  }
}

TEST(spilling_lanes, a_costly_submitter_is_not_passed_by_cheaper_jobs_of_its_lane_that_were_spilled) {
  const scratch_directory place;
  run_record<int> ran;
  pool_options options = spilling_to(place, 8);
  options.max_cost = 10;
  worker_pool<int> pool(ran.process(), options);
  ASSERT_TRUE(pool.submit(0, {.cost = 6}));
  std::jthread costly([&] { EXPECT_TRUE(pool.submit(1, {.on_full = overflow::block(), .cost = 8})); });
  while (pool.stats().waiting != 1) std::this_thread::yield();
  for (int i = 2; i < 200; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_EQ(pool.stats().queued, 1u);
  EXPECT_EQ(pool.stats().spilled, 198u);
  pool.resume();
  costly.join();
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.all(), numbers(0, 200));
}

TEST(spilling_lanes, what_was_spilled_comes_back_when_a_costly_submitter_has_given_up) {
  const scratch_directory place;
  run_record<int> ran;
  pool_options options = spilling_to(place, 8);
  options.max_cost = 10;
  worker_pool<int> pool(ran.process(), options);
  ASSERT_TRUE(pool.submit(0, {.cost = 6}));
  std::stop_source gives_up;
  std::jthread costly([&] {
    EXPECT_EQ(pool.submit(1, {.on_full = overflow::block(), .cost = 8, .stop = gives_up.get_token()}),
              std::unexpected(errc::cancelled));
  });
  while (pool.stats().waiting != 1) std::this_thread::yield();
  ASSERT_TRUE(pool.submit(2));
  gives_up.request_stop();
  costly.join();
  while (pool.stats().queued != 2) std::this_thread::yield();
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.all(), (std::vector<int>{0, 2}));
}

}  // namespace
}  // namespace weir
