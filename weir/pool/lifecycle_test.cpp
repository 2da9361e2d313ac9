// A pool's life: close, drain, cancel, pause, resize, from outside and from inside its own jobs.
#include <weir/pool/task_pool.hpp>
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <pthread.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <string>
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

TEST(pool_lifecycle, close_refuses_new_jobs_and_runs_the_queued_ones) {
  std::atomic<int> ran = 0;
  worker_pool<int> pool([&](int&) { ++ran; }, {.max_workers = 1, .paused = true});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(int{i}));
  pool.close();
  pool.close();
  EXPECT_EQ(pool.submit(11).error(), errc::closed);
  pool.resume();
  until([&] { return ran == 10; });
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().rejected, 1u);
  expect_settled(pool.stats());
}

TEST(pool_lifecycle, close_wakes_blocked_submitters_who_keep_their_jobs) {
  worker_pool<std::unique_ptr<int>> pool([](auto&) {},
                                         {.max_workers = 1, .queue_capacity = 1, .paused = true});
  ASSERT_TRUE(pool.submit(std::make_unique<int>(0)));
  std::vector<std::jthread> submitters;
  for (const overflow policy : {overflow::block(), overflow::timeout(1h), overflow::block()})
    submitters.emplace_back([&pool, policy] {
      auto job = std::make_unique<int>(1);
      EXPECT_EQ(pool.submit(std::move(job), {.on_full = policy}).error(), errc::closed);
      EXPECT_TRUE(job);
    });
  until([&] { return pool.stats().waiting == 3; });
  pool.close();
  submitters.clear();
  EXPECT_EQ(pool.stats().rejected, 3u);
  EXPECT_EQ(pool.stats().waiting, 0u);
  expect_law(pool.stats());
}

TEST(pool_lifecycle, closed_comes_before_every_other_reason) {
  std::stop_source stopped;
  stopped.request_stop();
  worker_pool<int> pool([](int&) {}, {.max_cost = 5});
  pool.close();
  EXPECT_EQ(pool.submit(1, {.deadline = clock::now(), .cost = 9, .stop = stopped.get_token()}).error(),
            errc::closed);
}

TEST(pool_lifecycle, drain_waits_for_all_and_ends_a_pause) {
  std::atomic<int> ran = 0;
  worker_pool<int> pool([&](int&) { ++ran; }, {.min_workers = 2, .max_workers = 2, .paused = true});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_EQ(pool.stats().queued, 100u);
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(ran, 100);
  pool.pause();
  EXPECT_TRUE(pool.drain());
  EXPECT_TRUE(pool.drain(clock::now() - 1s)) << "nothing is left, so no deadline matters";
}

TEST(pool_lifecycle, a_drain_whose_deadline_has_passed_begins_no_job_of_a_paused_pool) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> ran = 0;
    worker_pool<int> pool([&](int&) { ++ran; }, {.min_workers = 2, .max_workers = 2, .paused = true});
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.submit(int{i}));
    ASSERT_EQ(pool.drain(clock::now() - 1s), std::unexpected(errc::timed_out));
    ASSERT_EQ(ran, 0);
    ASSERT_EQ(pool.stats().cancelled, 4u);
    expect_settled(pool.stats());
  }
}

TEST(pool_lifecycle, drain_at_its_deadline_cancels_and_returns_once_all_has_ended) {
  loss_record lost;
  std::atomic<bool> ended = false;
  std::atomic<bool> started = false;
  worker_pool<int> pool(
      [&](int&, std::stop_token stop) {
        started = true;
        until([&] { return stop.stop_requested(); });
        ended = true;
      },
      {.min_workers = 1, .max_workers = 1}, lost.hook());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.submit(int{i}));
  until([&] { return started.load(); });
  const auto deadline = clock::now() + 10ms;
  const auto drained = pool.drain(deadline);
  EXPECT_TRUE(ended);
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error(), errc::timed_out);
  EXPECT_GE(clock::now(), deadline);
  EXPECT_EQ(lost.all(),
            (std::map<int, errc>{{1, errc::cancelled}, {2, errc::cancelled}, {3, errc::cancelled}}));
  EXPECT_EQ(pool.stats().cancelled, 3u);
  EXPECT_EQ(pool.stats().completed, 1u);
  expect_settled(pool.stats());
}

TEST(pool_lifecycle, several_threads_may_drain_at_once) {
  gate hold;
  worker_pool<int> pool([&](int&) { hold.pass(); }, {.max_workers = 2});
  ASSERT_TRUE(pool.submit(1));
  std::vector<std::jthread> drainers;
  for (int i = 0; i < 4; ++i) drainers.emplace_back([&] { EXPECT_TRUE(pool.drain()); });
  until([&] { return hold.waiting() == 1; });
  hold.open();
}

TEST(pool_lifecycle, cancel_reports_queued_jobs_once_each_and_asks_running_ones_to_stop) {
  loss_record lost;
  std::atomic<int> stopped = 0;
  std::atomic<int> started = 0;
  worker_pool<int> pool(
      [&](int&, std::stop_token stop) {
        ++started;
        until([&] { return stop.stop_requested(); });
        ++stopped;
      },
      {.min_workers = 2, .max_workers = 2}, lost.hook());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(int{i}));
  until([&] { return started == 2; });
  pool.cancel();
  pool.cancel();
  EXPECT_EQ(lost.all().size(), 8u);
  EXPECT_EQ(pool.submit(10).error(), errc::closed);
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(stopped, 2);
  EXPECT_EQ(pool.stats().cancelled, 8u);
  expect_settled(pool.stats());
}

TEST(pool_lifecycle, the_pools_stop_token_cancels_it) {
  std::stop_source source;
  loss_record lost;
  worker_pool<int> pool([](int&) {}, {.max_workers = 1, .paused = true, .stop = source.get_token()},
                        lost.hook());
  ASSERT_TRUE(pool.submit(1));
  source.request_stop();
  EXPECT_EQ(lost.all(), (std::map<int, errc>{{1, errc::cancelled}}));
  EXPECT_EQ(pool.submit(2).error(), errc::closed);
  worker_pool<int> stillborn([](int&) {}, {.stop = source.get_token()});
  EXPECT_EQ(stillborn.submit(1).error(), errc::closed);
}

TEST(pool_lifecycle, a_pause_stops_taking_but_not_accepting) {
  std::atomic<int> ran = 0;
  worker_pool<int> pool([&](int&) { ++ran; },
                        {.min_workers = 2, .max_workers = 2, .queue_capacity = 8, .paused = true});
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_EQ(pool.submit(9, {.on_full = overflow::reject()}).error(), errc::full);
  EXPECT_EQ(ran, 0);
  pool.resume();
  until([&] { return ran == 8; });
  pool.pause();
  until([&] { return pool.stats().busy == 0; });
  ASSERT_TRUE(pool.submit(10));
  EXPECT_EQ(pool.stats().queued, 1u);
  pool.resume();
  pool.resume();
  until([&] { return ran == 9; });
}

TEST(pool_lifecycle, cancel_ends_a_pause) {
  loss_record lost;
  worker_pool<int> pool([](int&) {}, {.max_workers = 1, .paused = true}, lost.hook());
  ASSERT_TRUE(pool.submit(1));
  pool.cancel();
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(lost.all().size(), 1u);
}

TEST(pool_lifecycle, a_pool_grows_under_load_up_to_its_most_workers) {
  gate hold;
  worker_pool<int> pool([&](int&) { hold.pass(); }, {.min_workers = 1, .max_workers = 4});
  EXPECT_EQ(pool.stats().workers, 1u);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(pool.submit(int{i}));
  until([&] { return hold.waiting() == 4; });
  EXPECT_EQ(pool.stats().workers, 4u);
  EXPECT_EQ(pool.stats().queued, 4u);
  hold.open();
}

TEST(pool_lifecycle, resize_works_in_both_directions_while_jobs_run) {
  std::atomic<int> ran = 0;
  worker_pool<int> pool([&](int&) { ++ran; }, {.min_workers = 1, .max_workers = 1});
  for (const std::size_t n : {8u, 2u, 5u, 1u, 3u}) {
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.submit(int{i}));
    pool.resize(n, n);
    until([&] { return pool.stats().workers == n; });
  }
  pool.resize(0, 0);
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(ran, 250);
  pool.resize(2, 2);
  expect_settled(pool.stats());
}

TEST(pool_lifecycle, a_shrunk_pool_lets_busy_workers_finish_their_job) {
  gate hold;
  worker_pool<int> pool([&](int&) { hold.pass(); }, {.min_workers = 4, .max_workers = 4});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.submit(int{i}));
  until([&] { return hold.waiting() == 4; });
  pool.resize(1, 1);
  EXPECT_EQ(pool.stats().workers, 4u);
  hold.open();
  until([&] { return pool.stats().workers == 1; });
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().completed, 4u);
}

TEST(pool_lifecycle, threads_are_named_after_the_pool) {
  std::array<char, 16> name{};
  worker_pool<int> pool([&](int&) { pthread_getname_np(pthread_self(), name.data(), name.size()); },
                        {.name = "a kitchen of many cooks", .max_workers = 1});
  ASSERT_TRUE(pool.submit(1));
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(std::string(name.data()), "a kitchen of /0");
}

TEST(pool_lifecycle, workers_run_on_the_processors_they_are_given) {
  cpu_set_t usable;
  ASSERT_EQ(sched_getaffinity(0, sizeof usable, &usable), 0);
  for (std::size_t one = 0; one < CPU_SETSIZE; ++one) {
    if (!CPU_ISSET(one, &usable)) continue;
    std::atomic<int> elsewhere = 0;
    worker_pool<int> pool([&](int&) { elsewhere += static_cast<std::size_t>(sched_getcpu()) != one; },
                          {.min_workers = 3, .max_workers = 3, .processors = {one}});
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(pool.submit(int{i}));
    EXPECT_TRUE(pool.drain());
    EXPECT_EQ(elsewhere, 0) << "processor " << one;
  }
}

// From inside.
TEST(pool_lifecycle, a_job_may_submit_to_its_own_pool) {
  std::atomic<int> ran = 0;
  worker_pool<int>* self = nullptr;
  worker_pool<int> pool(
      [&](int& depth) {
        ++ran;
        if (depth > 0) {
          EXPECT_TRUE(self->submit(depth - 1));
          EXPECT_TRUE(self->submit(depth - 1, {.on_full = overflow::caller_runs()}));
        }
      },
      {.min_workers = 2, .max_workers = 2, .paused = true});
  self = &pool;
  ASSERT_TRUE(pool.submit(6));
  pool.resume();
  until([&] { return ran == 127; });
  EXPECT_TRUE(pool.drain());
}

TEST(pool_lifecycle, a_drain_inside_the_only_worker_still_runs_what_is_queued) {
  std::atomic<int> ran = 0;
  worker_pool<int>* self = nullptr;
  worker_pool<int> pool(
      [&](int& i) {
        if (i == 0) {
          EXPECT_TRUE(self->drain());
          EXPECT_EQ(ran, 20);
        } else {
          ++ran;
        }
      },
      {.min_workers = 1, .max_workers = 1, .paused = true});
  self = &pool;
  for (int i = 0; i <= 20; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_TRUE(pool.drain());
  expect_settled(pool.stats());
}

TEST(pool_lifecycle, jobs_that_drain_do_not_wait_for_each_other) {
  worker_pool<int>* self = nullptr;
  worker_pool<int> pool([&](int&) { EXPECT_TRUE(self->drain()); },
                        {.min_workers = 3, .max_workers = 3, .paused = true});
  self = &pool;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().completed, 10u);
}

TEST(pool_lifecycle, a_drain_inside_a_job_cancels_the_others_at_its_deadline) {
  worker_pool<int>* self = nullptr;
  loss_record lost;
  std::atomic<bool> timed_out = false;
  worker_pool<int> pool(
      [&](int& i, std::stop_token stop) {
        if (i == 0) {
          timed_out = self->drain(clock::now() + 10ms) == result<>(std::unexpected(errc::timed_out));
        } else {
          until([&] { return stop.stop_requested(); });
        }
      },
      {.min_workers = 1, .max_workers = 1, .paused = true}, lost.hook());
  self = &pool;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_TRUE(pool.drain());
  EXPECT_TRUE(timed_out);
  EXPECT_EQ(lost.all().size(), 2u);
  expect_settled(pool.stats());
}

TEST(pool_lifecycle, a_drain_inside_a_caller_runs_job_does_not_wait_for_itself) {
  worker_pool<int>* self = nullptr;
  std::atomic<int> ran = 0;
  worker_pool<int> pool(
      [&](int& i) {
        if (i == 1) {
          EXPECT_TRUE(self->drain());
        }
        ++ran;
      },
      {.max_workers = 1, .queue_capacity = 1, .on_full = overflow::caller_runs(), .paused = true});
  self = &pool;
  ASSERT_TRUE(pool.submit(0));
  ASSERT_TRUE(pool.submit(1));
  EXPECT_EQ(ran, 2);
}

TEST(pool_lifecycle, a_drain_inside_on_lost_does_not_wait_for_itself) {
  worker_pool<int>* self = nullptr;
  std::atomic<int> losses = 0;
  worker_pool<int> pool(
      [](int&) {},
      {.max_workers = 1, .queue_capacity = 2, .on_full = overflow::drop_oldest(), .paused = true},
      [&](worker_pool<int>::lost&&) {
        EXPECT_EQ(self->submit(9, {.on_full = overflow::reject()}).error(), errc::full);
        EXPECT_TRUE(self->drain());
        ++losses;
      });
  self = &pool;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_EQ(losses, 1);
  expect_settled(pool.stats());
}

TEST(pool_lifecycle, cancel_and_close_and_pause_may_come_from_a_job) {
  worker_pool<int>* self = nullptr;
  loss_record lost;
  worker_pool<int> pool(
      [&](int&, std::stop_token stop) {
        self->pause();
        self->resize(1, 1);
        self->close();
        self->cancel();
        EXPECT_TRUE(stop.stop_requested());
      },
      {.min_workers = 1, .max_workers = 1, .paused = true}, lost.hook());
  self = &pool;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.submit(int{i}));
  pool.resume();
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(lost.all().size(), 2u);
}

TEST(pool_lifecycle, a_block_submit_inside_the_last_free_worker_answers_full) {
  worker_pool<int>* self = nullptr;
  std::atomic<int> full = 0;
  std::atomic<int> accepted = 0;
  worker_pool<int> pool(
      [&](int& i) {
        if (i >= 100) return;
        const auto answer = self->submit(i + 100);
        if (answer) {
          ++accepted;
        } else {
          EXPECT_EQ(answer.error(), errc::full);
          ++full;
        }
      },
      {.min_workers = 3, .max_workers = 3, .queue_capacity = 3, .paused = true});
  self = &pool;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.submit(int{i}));
  std::jthread outside([&] {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(pool.submit(200));
  });
  until([&] { return pool.stats().waiting == 1; });
  pool.resume();
  outside.join();
  until([&] { return full + accepted == 3; });
  EXPECT_TRUE(pool.drain());
  expect_settled(pool.stats());
}

TEST(pool_lifecycle, one_worker_whose_job_submits_into_a_full_queue_learns_it_at_once) {
  worker_pool<int>* self = nullptr;
  std::atomic<bool> refused = false;
  worker_pool<int> pool(
      [&](int& i) {
        if (i != 0) return;
        EXPECT_TRUE(self->submit(1));
        refused = self->submit(2) == result<job_id>(std::unexpected(errc::full));
      },
      {.min_workers = 1, .max_workers = 1, .queue_capacity = 1, .paused = true});
  self = &pool;
  ASSERT_TRUE(pool.submit(0));
  pool.resume();
  until([&] { return refused.load(); });
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().rejected, 1u);
  EXPECT_EQ(pool.stats().completed, 2u);
}

TEST(pool_lifecycle, a_shrink_frees_a_submitter_that_nobody_would_serve_any_more) {
  worker_pool<int>* self = nullptr;
  gate first, second;
  std::atomic<int> full = 0;
  worker_pool<int> pool(
      [&](int& i) {
        if (i == 0) {
          first.pass();
          const auto answer = self->submit(5);
          full += answer == result<job_id>(std::unexpected(errc::full));
        } else if (i == 1) {
          second.pass();
        }
      },
      {.min_workers = 2, .max_workers = 2, .queue_capacity = 1});
  self = &pool;
  ASSERT_TRUE(pool.submit(0));
  until([&] { return first.waiting() == 1; });
  ASSERT_TRUE(pool.submit(1));
  until([&] { return second.waiting() == 1; });
  ASSERT_TRUE(pool.submit(2));
  first.open();
  until([&] { return pool.stats().waiting == 1; });
  pool.resize(1, 1);
  second.open();  // its worker ends, and the other one waits for a place that nobody makes
  until([&] { return full == 1; });
  EXPECT_TRUE(pool.drain());
  expect_settled(pool.stats());
}

TEST(pool_lifecycle_death, a_pool_destroyed_by_its_own_job_ends_the_program_with_a_message) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto pool = std::make_unique<task_pool>(pool_options{.name = "kitchen", .max_workers = 1});
        task_pool& kitchen = *pool;  // the pointer belongs to the job from here on
        gate ready;
        (void)kitchen.submit([&] {
          ready.pass();
          pool.reset();
        });
        ready.open();
        (void)kitchen.drain();
      },
      "kitchen was destroyed from inside one of its own jobs");
}

}  // namespace
}  // namespace weir
