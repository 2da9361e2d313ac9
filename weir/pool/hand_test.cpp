// What a worker takes together still waits: it is counted, evicted, cancelled, paused and run by others as if
// it were in the queue.
#include <weir/pool/detail/hand.hpp>
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <numeric>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::expect_law;
using testing::expect_settled;
using testing::gate;
using testing::loss_record;
using testing::until;

TEST(hand, its_owner_begins_one_job_after_the_other) {
  std::array<int, 3> jobs{};
  detail::basic_hand<int> hand;
  for (std::size_t i = 0; i < jobs.size(); ++i) hand.places()[i] = &jobs[i];
  hand.open(3);
  EXPECT_EQ(&hand.first(), &jobs[0]);
  EXPECT_EQ(hand.next(false), &jobs[1]);
  hand.end_early();
  EXPECT_EQ(hand.look().ended, 2u);
  EXPECT_EQ(hand.next(true), &jobs[2]);
  EXPECT_EQ(hand.look().begun, 3u);
  EXPECT_EQ(hand.look().ended, 2u);
  EXPECT_EQ(hand.look().left, 0u);
  EXPECT_EQ(hand.next(false), nullptr);
  EXPECT_EQ(hand.clear().size(), 3u);
  EXPECT_EQ(hand.look().begun, 0u);
}

TEST(hand, what_was_not_begun_is_taken_back_the_last_one_first) {
  std::array<int, 4> jobs{};
  detail::basic_hand<int> hand;
  for (std::size_t i = 0; i < jobs.size(); ++i) hand.places()[i] = &jobs[i];
  hand.open(4);
  hand.next(false);
  std::vector<int*> back;
  hand.take_back([&](int& job) { back.push_back(&job); });
  EXPECT_EQ(back, (std::vector<int*>{&jobs[3], &jobs[2]}));
  hand.take_back([&](int&) { FAIL(); });
  EXPECT_EQ(hand.look().left, 0u);
  EXPECT_EQ(hand.next(false), nullptr);
  EXPECT_EQ(hand.clear().size(), 2u);
}

TEST(hand, each_job_is_begun_or_taken_back_by_whoever_is_first) {
  std::array<int, 16> jobs{};
  for (int round = 0; round < 2000; ++round) {
    detail::basic_hand<int> hand;
    for (std::size_t i = 0; i < jobs.size(); ++i) hand.places()[i] = &jobs[i];
    hand.open(jobs.size());
    std::atomic<bool> ready = false;
    std::size_t back = 0;
    std::jthread thief([&] {
      ready = true;
      hand.take_back([&](int&) { ++back; });
    });
    until([&] { return ready.load(); });
    std::size_t begun = 1;
    while (hand.next(false)) ++begun;
    thief.join();
    EXPECT_EQ(begun + back, jobs.size());
    EXPECT_EQ(hand.clear().size(), begun);
  }
}

constexpr int blocks = -1;

/// Jobs that the gate holds up when they are `blocks`; the workers know that jobs are short.
struct short_jobs {
  explicit short_jobs(std::size_t workers, std::size_t capacity)
      : pool(
            [this](int& job) {
              if (job == blocks) hold.pass();
              const std::lock_guard lock(mutex);
              ran.push_back(job);
            },
            {.min_workers = workers, .max_workers = workers, .queue_capacity = capacity}, lost.hook()) {
    for (int i = 0; i < 500; ++i) EXPECT_TRUE(pool.submit(1000 + i));
    until([&] { return pool.stats().completed == 500; });
    ran.clear();
    pool.pause();
  }
  ~short_jobs() {
    hold.open();
    EXPECT_TRUE(pool.drain());
    expect_settled(pool.stats());
  }

  void submit(int from, int to) {
    for (int i = from; i < to; ++i) ASSERT_TRUE(pool.submit(int{i}));
  }
  std::uint64_t completed() const { return pool.stats().completed - 500; }
  std::vector<int> all_ran() {
    const std::lock_guard lock(mutex);
    return ran;
  }

  gate hold;
  loss_record lost;
  std::mutex mutex;
  std::vector<int> ran;
  worker_pool<int> pool;
};

TEST(pool_batches, what_a_worker_took_is_run_by_others_while_one_of_its_jobs_blocks) {
  for (const int before : {0, 1, 3}) {
    short_jobs jobs(2, 64);
    jobs.submit(0, before);
    jobs.submit(blocks, blocks + 1);
    jobs.submit(before, 30);
    jobs.pool.resume();
    until([&] { return jobs.completed() == 30; });
    until([&] { return jobs.hold.waiting() == 1; });
    const auto stats = jobs.pool.stats();
    EXPECT_EQ(stats.running, 1u);
    EXPECT_EQ(stats.queued, 0u);
    expect_law(stats);
  }
}

/// One worker: a job that has ended, one that is held up, ten that wait behind it.
struct held_up : short_jobs {
  held_up() : short_jobs(1, 12) {
    submit(0, 1);
    submit(blocks, blocks + 1);
    submit(1, 11);
    pool.resume();
    until([&] { return hold.waiting() == 1; });
  }
};

TEST(pool_batches, jobs_that_wait_behind_a_long_one_are_queued) {
  held_up jobs;
  const auto stats = jobs.pool.stats();
  EXPECT_EQ(stats.completed, 501u);
  EXPECT_EQ(stats.running, 1u);
  EXPECT_EQ(stats.busy, 1u);
  EXPECT_EQ(stats.queued, 10u);
  EXPECT_EQ(stats.cost, 10u);
  expect_law(stats);
  EXPECT_EQ(jobs.pool.queue_depth(), 10u);
  EXPECT_DOUBLE_EQ(jobs.pool.queue_utilization(), 10.0 / 12);
}

TEST(pool_batches, the_capacity_is_exact) {
  held_up jobs;
  EXPECT_TRUE(jobs.pool.submit(11, {.on_full = overflow::reject()}));
  std::array more{12, 13};
  EXPECT_EQ(jobs.pool.submit_some(more), 1u);
  EXPECT_EQ(jobs.pool.submit(13, {.on_full = overflow::reject()}).error(), errc::full);
  EXPECT_EQ(jobs.pool.stats().queued, 12u);
  EXPECT_LE(jobs.pool.stats().high_water, 12u);
  jobs.hold.open();
  EXPECT_TRUE(jobs.pool.drain());
  EXPECT_EQ(jobs.all_ran(), (std::vector{0, blocks, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
}

TEST(pool_batches, a_usual_submit_finds_the_room_that_is_there) {
  held_up jobs;
  for (int i = 11; i < 13; ++i) EXPECT_TRUE(jobs.pool.submit(int{i}));
  std::jthread blocked([&] { EXPECT_TRUE(jobs.pool.submit(13)); });
  until([&] { return jobs.pool.stats().waiting == 1; });
  jobs.hold.open();
}

TEST(pool_batches, the_oldest_one_is_evicted) {
  held_up jobs;
  for (int i = 11; i < 15; ++i) EXPECT_TRUE(jobs.pool.submit(int{i}, {.on_full = overflow::drop_oldest()}));
  EXPECT_EQ(jobs.lost.all(), (std::map<int, errc>{{1, errc::dropped}, {2, errc::dropped}}));
}

TEST(pool_batches, cancel_loses_them) {
  held_up jobs;
  jobs.pool.cancel();
  EXPECT_EQ(jobs.lost.all().size(), 10u);
  EXPECT_EQ(jobs.pool.stats().cancelled, 10u);
}

TEST(pool_batches, a_pause_leaves_them_where_they_are) {
  held_up jobs;
  jobs.pool.pause();
  jobs.hold.open();
  until([&] { return jobs.pool.stats().busy == 0; });
  EXPECT_EQ(jobs.all_ran(), (std::vector{0, blocks}));
  EXPECT_EQ(jobs.pool.stats().queued, 10u);
}

TEST(pool_batches, more_workers_run_them) {
  held_up jobs;
  jobs.pool.resize(2, 2);
  until([&] { return jobs.completed() == 11; });
  EXPECT_EQ(jobs.hold.waiting(), 1);
}

TEST(pool_batches, a_job_that_drains_waits_for_those_behind_it) {
  std::atomic<int> ran = 0;
  worker_pool<int>* self = nullptr;
  worker_pool<int> pool(
      [&](int& job) {
        if (job == blocks) {
          EXPECT_TRUE(self->drain());
          EXPECT_EQ(ran, 530);
        } else {
          ++ran;
        }
      },
      {.min_workers = 1, .max_workers = 1});
  self = &pool;
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.submit(int{i}));
  until([&] { return ran == 500; });
  pool.pause();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.submit(int{i}));
  ASSERT_TRUE(pool.submit(blocks));
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(pool.submit(int{i}));
  pool.resume();
  EXPECT_TRUE(pool.drain());
  expect_settled(pool.stats());
}

TEST(pool_batches, jobs_with_options_of_their_own_keep_their_places_among_the_others) {
  short_jobs jobs(1, 64);
  for (int i = 0; i < 40; ++i) {
    submit_options options;
    if (i % 7 == 3) options.deadline = after(clock::now(), 1h);
    if (i % 5 == 1) options.cost = 3;
    ASSERT_TRUE(jobs.pool.submit(int{i}, options));
  }
  EXPECT_EQ(jobs.pool.stats().cost, 40u + 2 * 8);
  jobs.pool.resume();
  EXPECT_TRUE(jobs.pool.drain());
  std::vector<int> in_order(40);
  std::iota(in_order.begin(), in_order.end(), 0);
  EXPECT_EQ(jobs.all_ran(), in_order);
  EXPECT_EQ(jobs.pool.run_time().count(), 540u);
  EXPECT_EQ(jobs.pool.queue_wait().count(), 540u);
}

TEST(pool_batches, failures_are_counted_one_by_one) {
  gate hold;
  worker_pool<int> pool(
      [&](int& job) {
        if (job == blocks) hold.pass();
        if (job % 3 == 0) throw std::runtime_error("burnt");
      },
      {.min_workers = 1, .max_workers = 1});
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(pool.submit(int{i}));
  until([&] { return pool.stats().completed + pool.stats().failed == 300; });
  pool.pause();
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(pool.submit(int{i}));
  ASSERT_TRUE(pool.submit(blocks));
  pool.resume();
  until([&] { return hold.waiting() == 1; });
  EXPECT_EQ(pool.stats().failed, 102u);
  EXPECT_EQ(pool.stats().completed, 204u);
  expect_law(pool.stats());
  hold.open();
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().failed, 102u);
  EXPECT_EQ(pool.stats().completed, 205u);
  expect_settled(pool.stats());
}

}  // namespace
}  // namespace weir
