// What a pool does whose queue overflows to disk.
#include <weir/pool/spill_testing.hpp>
#include <weir/pool/task_pool.hpp>
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>
#include <weir/spill/testing.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weir {

/// A job that does not always become bytes.
struct stubborn_job {
  int number = 0;
};

template <>
struct codec<stubborn_job> {
  static void encode(const stubborn_job& job, std::vector<std::byte>& out) {
    if (job.number < 0) throw std::runtime_error("no bytes");
    codec<int>::encode(job.number, out);
  }
  static std::optional<stubborn_job> decode(std::span<const std::byte> bytes) {
    return stubborn_job{codec<int>::decode(bytes).value_or(0)};
  }
};

namespace {

using testing::expect_law;
using testing::expect_settled;
using testing::numbers;
using testing::run_record;
using testing::scratch_directory;
using testing::spilling_to;

std::string complaint(const pool_options& options) {
  try {
    const worker_pool<int> pool([](int&) {}, options);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "none";
}

TEST(spilling, takes_what_the_queue_does_not_and_runs_all_in_order) {
  const scratch_directory place;
  run_record<int> ran;
  worker_pool<int> pool(ran.process(), spilling_to(place));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(pool.submit(int{i}), job_id{static_cast<std::uint64_t>(i) + 1});
  const pool_stats full = pool.stats();
  expect_law(full);
  EXPECT_EQ(full.queued, 4u);
  EXPECT_EQ(full.spilled, 96u);
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.all(), numbers(0, 100));
  expect_settled(pool.stats());
  EXPECT_EQ(pool.stats().completed, 100u);
  EXPECT_EQ(pool.stats().spilled, 0u);
}

TEST(spilling, keeps_the_order_when_there_is_room_again_while_the_store_still_has_jobs) {
  const scratch_directory place;
  run_record<int> ran;
  worker_pool<int> pool(ran.process(), spilling_to(place, 8));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.submit(int{i}));
  pool.resume();
  for (int i = 50; i < 5000; ++i) ASSERT_TRUE(pool.submit(int{i}));
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.all(), numbers(0, 5000));
}

TEST(spilling, goes_back_to_memory_when_the_store_is_empty) {
  const scratch_directory place;
  run_record<int> ran;
  worker_pool<int> pool(ran.process(), spilling_to(place));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_EQ(pool.snapshot().spill->spilled_total, 6u);
  pool.resume();
  while (pool.stats().completed != 10) std::this_thread::yield();
  pool.pause();
  for (int i = 10; i < 14; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_EQ(pool.stats().queued, 4u);
  EXPECT_EQ(pool.snapshot().spill->spilled_total, 6u);
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.all(), numbers(0, 14));
}

TEST(spilling, spills_every_submit_of_a_lane_that_spills_whatever_its_own_policy) {
  const scratch_directory place;
  run_record<int> ran;
  worker_pool<int> pool(ran.process(), spilling_to(place, 1));
  ASSERT_TRUE(pool.submit(0));
  ASSERT_TRUE(pool.submit(1));
  EXPECT_TRUE(pool.submit(2, {.on_full = overflow::reject()}));
  EXPECT_TRUE(pool.submit(3, {.on_full = overflow::block()}));
  EXPECT_TRUE(pool.submit(4, {.on_full = overflow::drop_oldest()}));
  EXPECT_EQ(pool.stats().spilled, 4u);
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.all(), numbers(0, 5));
}

TEST(spilling, can_be_asked_for_by_a_single_submit) {
  const scratch_directory place;
  run_record<int> ran;
  pool_options options = spilling_to(place, 1);
  options.on_full = overflow::reject();
  worker_pool<int> pool(ran.process(), options);
  ASSERT_TRUE(pool.submit(0));
  EXPECT_EQ(pool.submit(1), std::unexpected(errc::full));
  EXPECT_TRUE(pool.submit(1, {.on_full = overflow::spill()}));
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.all(), numbers(0, 2));
}

TEST(spilling, takes_the_value_it_accepts_and_leaves_the_one_it_refuses) {
  const scratch_directory place;
  pool_options options = spilling_to(place, 1);
  options.spill->max_jobs = 1;
  worker_pool<std::string> pool([](std::string&) {}, options);
  std::string job(100, 'a');
  ASSERT_TRUE(pool.submit(std::move(job)));
  job = std::string(100, 'b');
  ASSERT_TRUE(pool.submit(std::move(job)));
  EXPECT_TRUE(job.empty());  // NOLINT(bugprone-use-after-move): what is accepted is moved from
  job = std::string(100, 'c');
  EXPECT_EQ(pool.submit(std::move(job)), std::unexpected(errc::full));
  EXPECT_EQ(job, std::string(100, 'c'));  // NOLINT(bugprone-use-after-move): what is refused is untouched
  EXPECT_EQ(pool.stats().rejected, 1u);
  expect_law(pool.stats());
}

TEST(spilling, takes_the_rest_of_a_submit_some_in_one_piece) {
  const scratch_directory place;
  run_record<int> ran;
  worker_pool<int> pool(ran.process(), spilling_to(place, 4));
  std::vector<int> jobs = numbers(0, 5000);
  EXPECT_EQ(pool.submit_some(jobs), 5000u);
  EXPECT_EQ(pool.stats().spilled, 4996u);
  std::vector<int> more = numbers(5000, 5010);
  EXPECT_EQ(pool.submit_some(more), 10u);
  EXPECT_EQ(pool.stats().queued, 4u);
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.all(), numbers(0, 5010));
}

TEST(spilling, says_how_many_of_a_submit_some_are_in_also_when_the_codec_of_the_rest_throws) {
  const scratch_directory place;
  pool_options options = spilling_to(place, 2);
  options.paused = false;
  std::atomic<int> ran = 0;
  worker_pool<stubborn_job> pool([&](stubborn_job&) { ++ran; }, options);
  std::vector<stubborn_job> jobs{{1}, {2}, {-3}};
  EXPECT_EQ(pool.submit_some(jobs, {.cost = 2}), 2u);
  while (ran != 2) std::this_thread::yield();  // nobody has to come and wake the worker
  EXPECT_EQ(pool.stats().submitted, 2u);
  pool.pause();
  EXPECT_EQ(pool.submit_some(jobs, {}), 2u);
  EXPECT_THROW((void)pool.submit_some(std::span(jobs).subspan(2)), std::runtime_error);
  EXPECT_THROW((void)pool.submit(stubborn_job{-4}), std::runtime_error);
  EXPECT_EQ(pool.stats().submitted, 4u);
  expect_law(pool.stats());
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran, 4);
}

TEST(spilling, takes_as_many_of_a_submit_some_as_the_store_has_room_for) {
  const scratch_directory place;
  run_record<int> ran;
  pool_options options = spilling_to(place, 4);
  options.spill->max_jobs = 13;
  worker_pool<int> pool(ran.process(), options);
  std::vector<int> jobs = numbers(0, 100);
  EXPECT_EQ(pool.submit_some(jobs), 17u);
  EXPECT_EQ(pool.stats().submitted, 17u);
  expect_law(pool.stats());
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.all(), numbers(0, 17));
}

TEST(spilling, answers_full_when_the_store_is_full_and_takes_jobs_again_when_it_is_not) {
  const scratch_directory place;
  run_record<int> ran;
  pool_options options = spilling_to(place, 2);
  options.spill->max_jobs = 3;
  worker_pool<int> pool(ran.process(), options);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_EQ(pool.submit(5), std::unexpected(errc::full));
  EXPECT_EQ(pool.stats().rejected, 1u);
  expect_law(pool.stats());
  pool.resume();
  while (pool.stats().completed != 5) std::this_thread::yield();
  for (int i = 5; i < 8; ++i) ASSERT_TRUE(pool.submit(int{i}));
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran.all(), numbers(0, 8));
}

TEST(spilling, counts_a_job_that_throws_as_failed_and_does_not_run_it_again) {
  const scratch_directory place;
  {
    worker_pool<int> pool([](int&) { throw std::runtime_error("burnt"); }, spilling_to(place, 1));
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(pool.submit(int{i}));
    ASSERT_TRUE(pool.drain());
    EXPECT_EQ(pool.stats().failed, 20u);
    expect_settled(pool.stats());
  }
  EXPECT_EQ(testing::open_store({.directory = place.path()}).stats().jobs, 0u);
}

TEST(spilling, loses_and_forgets_what_expires_before_it_runs) {
  const scratch_directory place;
  testing::loss_record lost;
  run_record<int> ran;
  {
    worker_pool<int> pool(ran.process(), spilling_to(place, 1), lost.hook());
    ASSERT_TRUE(pool.submit(0));
    const time_point soon = clock::now() + std::chrono::milliseconds(20);
    ASSERT_TRUE(pool.submit(1, {.deadline = soon}));
    ASSERT_TRUE(pool.submit(2, {.deadline = clock::now() + std::chrono::hours(1)}));
    ASSERT_TRUE(pool.submit(3));
    while (clock::now() < soon) std::this_thread::yield();
    ASSERT_TRUE(pool.drain());
    EXPECT_EQ(ran.all(), (std::vector<int>{0, 2, 3}));
    EXPECT_EQ(lost.all(), (std::map<int, errc>{{1, errc::expired}}));
    EXPECT_EQ(pool.stats().expired, 1u);
    expect_settled(pool.stats());
  }
  EXPECT_EQ(testing::open_store({.directory = place.path()}).stats().jobs, 0u);
}

TEST(spilling, drains_inside_a_job_of_the_store) {
  const scratch_directory place;
  worker_pool<int>* asked = nullptr;
  std::atomic<int> ran{0};
  worker_pool<int> pool(
      [&](int& job) {
        ++ran;
        if (job == 5) {
          EXPECT_TRUE(asked->drain());
        }
      },
      spilling_to(place, 1));
  asked = &pool;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(pool.submit(int{i}));
  pool.resume();
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(ran, 20);
}

TEST(spilling, accepts_from_inside_a_job) {
  const scratch_directory place;
  worker_pool<int>* asked = nullptr;
  std::atomic<int> ran{0};
  worker_pool<int> pool(
      [&](int& job) {
        ++ran;
        if (job < 200) {
          EXPECT_TRUE(asked->submit(job + 100));
        }
      },
      spilling_to(place, 2));
  asked = &pool;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.submit(int{i}));
  pool.resume();
  while (ran != 300) std::this_thread::yield();
  ASSERT_TRUE(pool.drain());
}

TEST(spilling, tells_the_observer_which_jobs_went_to_the_store) {
  struct listener final : observer {
    void on_spilled(const job_note& note) override { spilled.insert(note.id); }
    std::set<std::uint64_t> spilled;
  };
  const scratch_directory place;
  const auto heard = std::make_shared<listener>();
  pool_options options = spilling_to(place, 2);
  options.observe = heard;
  worker_pool<int> pool([](int&) {}, options);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.submit(int{i}));
  std::vector<int> more{4, 5};
  EXPECT_EQ(pool.submit_some(more), 2u);
  EXPECT_EQ(heard->spilled, (std::set<std::uint64_t>{3, 4, 5, 6}));
}

TEST(spilling, shows_the_store_in_a_snapshot) {
  const scratch_directory place;
  worker_pool<int> pool([](int&) {}, spilling_to(place, 2));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(int{i}));
  const pool_snapshot shot = pool.snapshot();
  ASSERT_TRUE(shot.spill);
  EXPECT_EQ(shot.spill->jobs, 8u);
  EXPECT_EQ(shot.spill->max_bytes, 1ULL << 30);
  EXPECT_GT(shot.spill->bytes, 0u);
  EXPECT_FALSE(worker_pool<int>([](int&) {}, {.max_workers = 1}).snapshot().spill);
}

/// Compiles, and can do all but spill.
struct without_codec {
  std::unique_ptr<int> value;
};

TEST(spilling, refuses_what_cannot_be_spilled_with_a_sentence) {
  const scratch_directory place;
  const spill_options store{.directory = place.path()};
  const auto says = [](const pool_options& options, const std::string& words) {
    EXPECT_NE(complaint(options).find(words), std::string::npos) << complaint(options);
  };
  says({.on_full = overflow::spill()}, "set pool_options::spill");
  says({.results_capacity = 3, .spill = store}, "results_capacity 3 does not go with spill");
  says({.queue_capacity = 0, .spill = store}, "queue_capacity 0");
  says({.lanes = 2, .lane = {{}, {.capacity = 0}}, .spill = store}, "lane 1");
  says({.spill = spill_options{.directory = place.path(), .max_jobs = 0}}, "max_jobs");
  says({.spill = spill_options{}}, "directory");
  EXPECT_THROW(worker_pool<without_codec>([](without_codec&) {}, {.spill = store}), std::invalid_argument);
  EXPECT_THROW(task_pool({.spill = store}), std::invalid_argument);
  worker_pool<without_codec> pool([](without_codec&) {}, {.max_workers = 1});
  EXPECT_TRUE(pool.submit(without_codec{}));
}

}  // namespace
}  // namespace weir
