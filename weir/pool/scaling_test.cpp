// Workers that follow the load, with real threads. The rules themselves are tested on virtual time, in
// load_meter_test.cpp and with the vectors.
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace weir {
namespace {

using namespace std::chrono_literals;
using control::scaler_rule;
using testing::expect_law;
using testing::expect_settled;
using testing::gate;
using testing::until;

control::worker_scaler_options quick(scaler_rule rule) {
  return {.rule = rule, .interval = 20ms, .shrink_after = 10ms};
}

/// How often the system has let threads of this name sleep.
std::uint64_t sleeps_of(const std::string& name) {
  std::uint64_t sum = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string own;
    std::ifstream(task.path() / "comm") >> own;
    if (!own.starts_with(name)) continue;
    std::ifstream status(task.path() / "status");
    for (std::string word; status >> word;) {
      std::uint64_t count = 0;
      if (word == "voluntary_ctxt_switches:" && status >> count) sum += count;
    }
  }
  return sum;
}

TEST(pool_scaling, a_burst_brings_more_workers_and_an_idle_pool_shrinks_to_its_least) {
  for (const auto rule : {scaler_rule::little, scaler_rule::threshold}) {
    gate hold;
    worker_pool<int> pool([&](int&) { hold.pass(); },
                          {.min_workers = 1, .max_workers = 4, .queue_capacity = 32, .scaling = quick(rule)});
    EXPECT_EQ(pool.stats().workers, 1u);
    for (int i = 0; i < 32; ++i) ASSERT_TRUE(pool.submit(int{i}));
    until([&] { return hold.waiting() == 4; });
    EXPECT_EQ(pool.stats().workers, 4u);
    hold.open();
    until([&] { return pool.stats().workers == 1; });
    for (int i = 0; i < 32; ++i) ASSERT_TRUE(pool.submit(int{i}));
    EXPECT_TRUE(pool.drain());
    EXPECT_EQ(pool.stats().completed, 64u);
    expect_settled(pool.stats());
  }
}

TEST(pool_scaling, an_idle_pool_at_its_least_wakes_nobody) {
  worker_pool<int> pool(
      [](int&) {},
      {.name = "resting", .min_workers = 1, .max_workers = 3, .scaling = quick(scaler_rule::little)});
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(pool.submit(1));
    until([&] { return pool.stats().completed == static_cast<std::uint64_t>(round) + 1; });
    // It rests once nothing came for ten intervals; whenever that is, from then on nothing happens.
    std::uint64_t before = 0;
    until([&] {
      const std::uint64_t seen = std::exchange(before, sleeps_of("resting"));
      const auto look_again = clock::now() + 100ms;  // forty looks of a timekeeper that is at work
      until([&] { return clock::now() >= look_again; });
      return seen == before && sleeps_of("resting") == before;
    });
    EXPECT_GT(before, 0u);
  }
}

TEST(pool_scaling, jobs_are_neither_lost_nor_run_twice_while_workers_come_and_go) {
  std::atomic<int> ran = 0;
  worker_pool<int> pool(
      [&](int& i) {
        if (i % 16 == 0) std::this_thread::sleep_for(100us);
        ++ran;
      },
      {.min_workers = 1,
       .max_workers = 6,
       .queue_capacity = 64,
       .scaling = {.rule = scaler_rule::little, .interval = 1ms, .shrink_after = duration::zero()}});
  constexpr int jobs = 4000;
  std::jthread disturber([&pool](const std::stop_token& stop) {
    for (std::size_t i = 0; !stop.stop_requested(); ++i) {
      const std::size_t least = 1 + i % 3;
      pool.resize(least, least + i % 4);
      const auto s = pool.stats();
      expect_law(s);
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < jobs; ++i) ASSERT_TRUE(pool.submit(int{i}));
  disturber.request_stop();
  disturber.join();
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(ran, jobs);
  expect_settled(pool.stats());
}

TEST(pool_scaling, resize_starts_and_ends_the_following_of_the_load) {
  gate hold;
  worker_pool<int> pool([&](int&) { hold.pass(); },
                        {.min_workers = 1, .max_workers = 1, .scaling = quick(scaler_rule::little)});
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(pool.submit(int{i}));
  pool.resize(1, 3);
  until([&] { return pool.stats().workers == 3; });
  pool.resize(2, 2);
  hold.open();
  until([&] { return pool.stats().workers == 2; });
  pool.resize(1, 3);
  until([&] { return pool.stats().workers == 1; });
}

TEST(pool_scaling, a_block_submit_inside_the_only_worker_is_helped_by_another) {
  worker_pool<int>* self = nullptr;
  std::atomic<int> accepted = 0;
  worker_pool<int> pool(
      [&](int& i) {
        if (i != 0) return;
        for (int n = 1; n <= 3; ++n) accepted += self->submit(int{n}).has_value();
      },
      {.min_workers = 1,
       .max_workers = 2,
       .queue_capacity = 1,
       .paused = true,
       .scaling = {.rule = scaler_rule::little, .interval = 1h}});
  self = &pool;
  ASSERT_TRUE(pool.submit(0));
  pool.resume();
  until([&] { return pool.stats().completed == 4; });
  EXPECT_EQ(accepted, 3);
}

TEST(pool_scaling, a_drain_of_a_backlog_is_helped_and_ends) {
  std::atomic<int> most = 0, now = 0;
  worker_pool<int> pool(
      [&](int&) {
        most = std::max<int>(most, ++now);
        std::this_thread::sleep_for(5ms);
        --now;
      },
      {.min_workers = 1, .max_workers = 4, .paused = true, .scaling = quick(scaler_rule::little)});
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_TRUE(pool.drain());
  EXPECT_GT(most, 1);
  expect_settled(pool.stats());
}

}  // namespace
}  // namespace weir
