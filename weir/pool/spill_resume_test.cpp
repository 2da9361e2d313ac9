// What the next pool finds in a directory, and what the one before left there.
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>
#include <weir/spill/testing.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace weir {

/// A job whose bytes are a number, of which some are none.
struct odd_job {
  std::uint64_t number = 0;
};

template <>
struct codec<odd_job> {
  static void encode(const odd_job& job, std::vector<std::byte>& out) {
    codec<std::uint64_t>::encode(job.number, out);
  }
  static std::optional<odd_job> decode(std::span<const std::byte> bytes) {
    const auto number = codec<std::uint64_t>::decode(bytes);
    if (!number || *number % 10 == 3) return std::nullopt;
    if (*number % 10 == 7) throw std::runtime_error("seven");
    return odd_job{*number};
  }
};

namespace {

using testing::expect_law;
using testing::expect_settled;
using testing::scratch_directory;

pool_options on(const scratch_directory& place, std::size_t capacity = 4) {
  return {.max_workers = 1,
          .queue_capacity = capacity,
          .on_full = overflow::spill(),
          .paused = true,
          .spill = spill_options{.directory = place.path()}};
}

/// Fills the queue, spills the rest, and leaves what was spilled in the store.
void leave_behind(const scratch_directory& place, int jobs) {
  worker_pool<int> pool([](int&) {}, on(place, 1));
  for (int i = 0; i < jobs; ++i) ASSERT_TRUE(pool.submit(int{i}));
  pool.cancel();
}

std::uint64_t jobs_in(const scratch_directory& place) {
  return testing::open_store({.directory = place.path()}).stats().jobs;
}

TEST(spill_resume, a_pool_runs_what_it_finds_before_anything_new) {
  const scratch_directory place;
  leave_behind(place, 10);
  std::vector<int> ran;
  {
    worker_pool<int> pool([&](int& job) { ran.push_back(job); }, on(place));
    const pool_stats found = pool.stats();
    expect_law(found);
    EXPECT_EQ(found.resumed, 9u);
    EXPECT_EQ(found.submitted, 9u);
    EXPECT_EQ(found.queued + found.spilled, 9u);
    EXPECT_EQ(pool.submit(10), job_id{11}) << "ids go on above the largest in the store";
    ASSERT_TRUE(pool.drain());
    EXPECT_EQ(pool.stats().completed, 10u);
    expect_settled(pool.stats());
  }
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(jobs_in(place), 0u);
}

TEST(spill_resume, a_job_comes_back_with_its_id_lane_and_key) {
  const scratch_directory place;
  struct listener final : observer {
    void on_finished(const job_note& note, duration, duration) override {
      finished.emplace(note.id, note.lane);
    }
    std::map<std::uint64_t, std::size_t> finished;
  };
  pool_options options = on(place, 1);
  options.lanes = 2;
  {
    worker_pool<int> pool([](int&) {}, options);
    ASSERT_TRUE(pool.submit(0, {.lane = 1}));
    ASSERT_EQ(pool.submit(1, {.lane = 1, .cost = 5, .key = 9}), job_id{2});
    ASSERT_EQ(pool.submit(2), job_id{3});
    pool.cancel();
  }
  const auto heard = std::make_shared<listener>();
  options.observe = heard;
  worker_pool<int> pool([](int&) {}, options);
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(heard->finished, (std::map<std::uint64_t, std::size_t>{{2, 1}, {3, 0}}));
}

TEST(spill_resume, a_deadline_goes_on_running_while_no_pool_is_there) {
  const scratch_directory place;
  const time_point soon = clock::now() + std::chrono::milliseconds(30);
  {
    worker_pool<int> pool([](int&) {}, on(place, 1));
    ASSERT_TRUE(pool.submit(0));
    ASSERT_TRUE(pool.submit(1, {.deadline = soon}));
    ASSERT_TRUE(pool.submit(2, {.deadline = soon + std::chrono::hours(1)}));
    pool.cancel();
  }
  while (clock::now() < soon + std::chrono::milliseconds(1)) std::this_thread::yield();
  testing::loss_record lost;
  worker_pool<int> pool([](int&) {}, on(place, 1), lost.hook());
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(lost.all(), (std::map<int, errc>{{1, errc::expired}}));
  EXPECT_EQ(pool.stats().completed, 1u);
}

TEST(spill_resume, cancel_leaves_spilled_jobs_also_those_that_had_come_back) {
  const scratch_directory place;
  testing::gate gate;
  testing::loss_record lost;
  {
    pool_options options = on(place, 4);
    options.paused = false;
    worker_pool<int> pool(
        [&](int& job) {
          if (job == 5) gate.pass();
        },
        options, lost.hook());
    pool.pause();
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(pool.submit(int{i}));
    pool.resume();
    while (gate.waiting() == 0) std::this_thread::yield();  // 5 was spilled, and 6 may be in the queue
    pool.cancel();
    const pool_stats cancelled = pool.stats();
    expect_law(cancelled);
    EXPECT_EQ(cancelled.queued, 0u);
    EXPECT_EQ(cancelled.spilled, 14u);
    EXPECT_EQ(cancelled.cancelled, 0u) << "what was in memory only had run";
    EXPECT_EQ(pool.submit(20), std::unexpected(errc::closed));
    gate.open();
    ASSERT_TRUE(pool.drain());
    EXPECT_EQ(pool.stats().completed, 6u);
    EXPECT_EQ(pool.stats().spilled, 14u);
    expect_law(pool.stats());
  }
  EXPECT_TRUE(lost.all().empty()) << "a job that stays is not lost";
  std::vector<int> ran;
  worker_pool<int> pool([&](int& job) { ran.push_back(job); }, on(place));
  EXPECT_EQ(pool.stats().resumed, 14u);
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.front(), 6);
  EXPECT_EQ(ran.size(), 14u);
}

TEST(spill_resume, cancel_loses_what_was_in_memory_only) {
  const scratch_directory place;
  testing::loss_record lost;
  {
    worker_pool<int> pool([](int&) {}, on(place, 3), lost.hook());
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(int{i}));
    pool.cancel();
    ASSERT_TRUE(pool.drain());
    EXPECT_EQ(pool.stats().cancelled, 3u);
    EXPECT_EQ(pool.stats().spilled, 7u);
  }
  EXPECT_EQ(lost.all().size(), 3u);
  EXPECT_EQ(jobs_in(place), 7u);
}

TEST(spill_resume, the_deadline_of_a_drain_leaves_spilled_jobs_too) {
  const scratch_directory place;
  {
    worker_pool<int> pool(
        [](int&, const std::stop_token& stop) {
          while (!stop.stop_requested()) std::this_thread::yield();
        },
        on(place, 2));
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(int{i}));
    EXPECT_EQ(pool.drain(clock::now() + std::chrono::milliseconds(20)), std::unexpected(errc::timed_out));
    EXPECT_EQ(pool.stats().spilled, 8u);
    expect_law(pool.stats());
  }
  EXPECT_EQ(jobs_in(place), 8u);
}

TEST(spill_resume, a_job_that_was_stopped_has_ended_and_does_not_come_again) {
  const scratch_directory place;
  std::atomic<bool> started{false};
  {
    worker_pool<int> pool(
        [&](int& job, const std::stop_token& stop) {
          if (job == 0) return;
          started = true;
          while (!stop.stop_requested()) std::this_thread::yield();
        },
        on(place, 1));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.submit(int{i}));
    pool.resume();
    while (!started) std::this_thread::yield();
    pool.cancel();
  }
  EXPECT_EQ(jobs_in(place), 1u);
}

TEST(spill_resume, a_record_that_is_no_job_fails_alone_and_the_observer_hears_of_it) {
  struct listener final : observer {
    void on_lost(const job_note& note, errc reason) override {
      EXPECT_EQ(reason, errc::storage);
      lost.insert(note.id);
    }
    std::set<std::uint64_t> lost;
  };
  const scratch_directory place;
  const auto heard = std::make_shared<listener>();
  pool_options options = on(place, 1);
  options.observe = heard;
  std::vector<std::uint64_t> ran;
  {
    worker_pool<odd_job> pool([&](odd_job& job) { ran.push_back(job.number); }, options);
    for (std::uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(odd_job{i}));
    ASSERT_TRUE(pool.drain());
    EXPECT_EQ(pool.stats().failed, 2u);
    EXPECT_EQ(pool.stats().completed, 8u);
    expect_settled(pool.stats());
  }
  EXPECT_EQ(ran, (std::vector<std::uint64_t>{0, 1, 2, 4, 5, 6, 8, 9}));
  EXPECT_EQ(heard->lost, (std::set<std::uint64_t>{4, 8}));
  EXPECT_EQ(jobs_in(place), 0u);
}

TEST(spill_resume, a_store_of_bad_records_alone_is_drained) {
  const scratch_directory place;
  leave_behind(place, 5);
  worker_pool<std::uint64_t> pool([](std::uint64_t&) {}, on(place));
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().failed, 4u) << "four bytes are not eight";
  expect_settled(pool.stats());
}

TEST(spill_resume, a_second_pool_on_the_directory_is_refused) {
  const scratch_directory place;
  worker_pool<int> first([](int&) {}, on(place));
  try {
    worker_pool<int> second([](int&) {}, on(place));
    FAIL() << "two pools on one directory";
  } catch (const std::system_error& refused) {
    EXPECT_EQ(refused.code(), std::errc::device_or_resource_busy);
    EXPECT_NE(std::string(refused.what()).find(std::to_string(getpid())), std::string::npos)
        << refused.what();
  }
}

TEST(spill_resume, a_pool_takes_a_store_that_is_open_already) {
  const scratch_directory place;
  leave_behind(place, 10);
  std::vector<int> ran;
  spill_store store = testing::open_store({.directory = place.path()});
  {
    worker_pool<int> pool(std::move(store), [&](int& job) { ran.push_back(job); }, on(place));
    EXPECT_EQ(pool.stats().resumed, 9u);
    ASSERT_TRUE(pool.drain());
  }
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(jobs_in(place), 0u) << "and the store was closed with the pool";
}

TEST(spill_resume, an_open_store_that_is_not_the_one_of_the_options_is_refused) {
  const scratch_directory place;
  const scratch_directory other;
  const auto says = [&](const pool_options& options) -> std::string {
    try {
      const worker_pool<int> pool(testing::open_store({.directory = other.path()}), [](int&) {}, options);
    } catch (const std::invalid_argument& refused) {
      return refused.what();
    }
    return "none";
  };
  EXPECT_NE(says(on(place)).find("is in " + other.path().string()), std::string::npos) << says(on(place));
  EXPECT_NE(says({.max_workers = 1}).find("set pool_options::spill"), std::string::npos);
}

TEST(spill_resume, jobs_of_a_lane_that_the_pool_has_not_are_not_lost_but_refused) {
  const scratch_directory place;
  pool_options options = on(place, 1);
  options.lanes = 3;
  {
    worker_pool<int> pool([](int&) {}, options);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.submit(int{i}, {.lane = 2}));
    pool.cancel();
  }
  options.lanes = 2;
  try {
    worker_pool<int> pool([](int&) {}, options);
    FAIL() << "a pool without the lane took its jobs";
  } catch (const std::invalid_argument& refused) {
    EXPECT_NE(std::string(refused.what()).find("use 3 or more"), std::string::npos) << refused.what();
  }
  EXPECT_EQ(jobs_in(place), 2u);
}

TEST(spill_resume, what_a_pool_says_it_has_not_finished_has_failed_and_runs_in_the_next_one) {
  const scratch_directory place;
  {
    worker_pool<int> pool(
        [](int& job) {
          if (job % 2 == 0) throw unfinished_job();
        },
        on(place, 1));
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(pool.submit(int{i}));
    ASSERT_TRUE(pool.drain());
    expect_settled(pool.stats());
    EXPECT_EQ(pool.stats().failed, 3u);  // one of them was never in the store
    EXPECT_EQ(pool.snapshot().spill->unfinished, 2u);
  }
  std::vector<int> ran;
  worker_pool<int> next([&](int& job) { ran.push_back(job); }, on(place));
  EXPECT_EQ(next.stats().resumed, 2u);
  ASSERT_TRUE(next.drain());
  EXPECT_EQ(ran, (std::vector<int>{2, 4}));
}

TEST(spill_resume, a_job_that_costs_more_than_the_new_pool_allows_runs_alone) {
  const scratch_directory place;
  {
    worker_pool<int> pool([](int&) {}, on(place, 1));
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.submit(int{i}, {.cost = 100}));
    pool.cancel();
  }
  pool_options options = on(place);
  options.max_cost = 10;
  worker_pool<int> pool([](int&) {}, options);
  ASSERT_TRUE(pool.submit(4, {.cost = 10}));
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().completed, 4u);
}

TEST(spill_resume, pools_follow_each_other_and_nothing_is_lost) {
  const scratch_directory place;
  std::mutex mutex;
  std::map<int, int> ran;
  int accepted_to_disk = 0;
  for (int round = 0; round < 20; ++round) {
    pool_options options = on(place, 8);
    options.min_workers = options.max_workers = 2;
    options.paused = false;
    testing::loss_record lost;
    worker_pool<int> pool(
        [&](int& job) {
          const std::lock_guard lock(mutex);
          ++ran[job];
        },
        options, lost.hook());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.submit(round * 100 + i));
    pool.cancel();
    ASSERT_TRUE(pool.drain());
    expect_law(pool.stats());
    accepted_to_disk += 100 - static_cast<int>(lost.all().size());
  }
  worker_pool<int> last([&](int& job) { ++ran[job]; }, on(place, 8));
  ASSERT_TRUE(last.drain());
  EXPECT_EQ(static_cast<int>(ran.size()), accepted_to_disk);
  for (const auto& [job, times] : ran) EXPECT_EQ(times, 1) << "job " << job;
}

}  // namespace
}  // namespace weir
