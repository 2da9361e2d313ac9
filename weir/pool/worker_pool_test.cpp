// What a submit does, policy by policy, and what the caller sees of it.
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
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

/// One worker that holds a job at the gate, and a queue of `capacity` behind it.
pool_options one_worker(std::size_t capacity, overflow on_full = overflow::block()) {
  return {.min_workers = 1, .max_workers = 1, .queue_capacity = capacity, .on_full = on_full};
}

TEST(worker_pool, runs_each_job_once) {
  std::vector<std::atomic<int>> runs(10'000);
  worker_pool<int> pool([&](int& i) { ++runs[static_cast<std::size_t>(i)]; },
                        {.max_workers = 4, .queue_capacity = 16});
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_TRUE(pool.drain());
  EXPECT_TRUE(std::ranges::all_of(runs, [](const auto& n) { return n == 1; }));
  EXPECT_EQ(pool.stats().completed, 10'000u);
  expect_settled(pool.stats());
}

TEST(worker_pool, one_worker_runs_jobs_in_the_order_of_their_ids) {
  std::vector<int> order;
  std::uint64_t last = 0;
  worker_pool<int> pool([&](int& i) { order.push_back(i); }, one_worker(8));
  for (int i = 0; i < 500; ++i) {
    const auto id = pool.submit(int{i});
    ASSERT_TRUE(id);
    EXPECT_EQ(static_cast<std::uint64_t>(*id), ++last);
  }
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(order.size(), 500u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(worker_pool, a_process_may_ask_for_a_stop_token) {
  std::atomic<bool> stopped = false;
  gate started;
  worker_pool<int> pool([&](int&, std::stop_token stop) {
    started.open();
    until([&] { return stop.stop_requested(); });
    stopped = true;
  });
  ASSERT_TRUE(pool.submit(1));
  started.pass();
  pool.cancel();
  EXPECT_TRUE(pool.drain());
  EXPECT_TRUE(stopped);
}

TEST(worker_pool, jobs_and_functions_may_be_move_only) {
  std::atomic<int> sum = 0;
  worker_pool<std::unique_ptr<int>> pool(
      [&sum, factor = std::make_unique<int>(3)](std::unique_ptr<int>& job) { sum += *job * *factor; },
      {.max_workers = 2}, [owned = std::make_unique<int>(1)](worker_pool<std::unique_ptr<int>>::lost&&) {});
  ASSERT_TRUE(pool.submit(std::make_unique<int>(5)));
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(sum, 15);
}

TEST(worker_pool, a_copyable_job_may_be_submitted_as_a_copy) {
  std::atomic<std::size_t> length = 0;
  worker_pool<std::string> pool([&](std::string& s) { length += s.size(); });
  const std::string job(100, 'x');
  ASSERT_TRUE(pool.submit(job));
  EXPECT_EQ(job.size(), 100u);
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(length, 100u);
}

TEST(worker_pool, a_job_is_destroyed_before_it_counts_as_done) {
  testing::counted::reset();
  worker_pool<testing::counted> pool([](testing::counted&) {}, {.max_workers = 2});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.submit(testing::counted(i)));
  until([&] { return pool.stats().completed == 100; });
  EXPECT_EQ(testing::counted::alive, 0);
  EXPECT_EQ(testing::counted::destroyed, 100);
}

TEST(worker_pool, a_job_that_throws_has_failed_and_takes_no_worker_down) {
  worker_pool<int> pool(
      [](int& i) {
        if (i % 2) throw std::runtime_error("odd");
      },
      one_worker(8));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().failed, 50u);
  EXPECT_EQ(pool.stats().completed, 50u);
  expect_settled(pool.stats());
}

// The policies. The worker holds job 0, the queue holds 1 and 2.
struct full_pool {
  explicit full_pool(overflow on_full = overflow::block())
      : pool(process(), one_worker(2, on_full), lost.hook()) {
    EXPECT_TRUE(pool.submit(0));
    until([&] { return hold.waiting() == 1; });
    EXPECT_TRUE(pool.submit(1));
    EXPECT_TRUE(pool.submit(2));
  }
  ~full_pool() { hold.open(); }
  std::function<void(int&)> process() {
    return [this](int& i) {
      if (i == 0) hold.pass();
      const std::lock_guard lock(mutex);
      ran.push_back(i);
    };
  }
  void finish() {
    hold.open();
    EXPECT_TRUE(pool.drain());
    expect_settled(pool.stats());
  }

  gate hold;
  loss_record lost;
  std::mutex mutex;
  std::vector<int> ran;
  worker_pool<int> pool;
};

TEST(worker_pool, reject_answers_full_at_once) {
  full_pool full(overflow::reject());
  EXPECT_EQ(full.pool.submit(3).error(), errc::full);
  EXPECT_EQ(full.pool.stats().rejected, 1u);
  full.finish();
  EXPECT_EQ(full.ran, (std::vector{0, 1, 2}));
}

TEST(worker_pool, drop_newest_is_counted_apart_from_reject) {
  full_pool full(overflow::drop_newest());
  EXPECT_EQ(full.pool.submit(3).error(), errc::dropped);
  EXPECT_EQ(full.pool.stats().dropped, 1u);
  EXPECT_EQ(full.pool.stats().rejected, 0u);
  full.finish();
}

TEST(worker_pool, drop_oldest_evicts_the_oldest_and_accepts_this_one) {
  full_pool full(overflow::drop_oldest());
  EXPECT_TRUE(full.pool.submit(3));
  EXPECT_EQ(full.lost.all(), (std::map<int, errc>{{1, errc::dropped}}));
  EXPECT_EQ(full.pool.stats().evicted, 1u);
  full.finish();
  EXPECT_EQ(full.ran, (std::vector{0, 2, 3}));
}

TEST(worker_pool, caller_runs_on_the_submitting_thread) {
  std::vector<std::thread::id> threads(4);
  gate hold;
  worker_pool<int> pool(
      [&](int& i) {
        threads[static_cast<std::size_t>(i)] = std::this_thread::get_id();
        if (i == 0) hold.pass();
        if (i == 3) throw std::runtime_error("nothing leaves submit");
      },
      one_worker(1, overflow::caller_runs()));
  ASSERT_TRUE(pool.submit(0));
  until([&] { return hold.waiting() == 1; });
  ASSERT_TRUE(pool.submit(1));
  ASSERT_TRUE(pool.submit(2));
  ASSERT_TRUE(pool.submit(3));
  EXPECT_EQ(pool.stats().completed, 1u);
  EXPECT_EQ(pool.stats().failed, 1u);
  hold.open();
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(threads[2], std::this_thread::get_id());
  EXPECT_EQ(threads[3], std::this_thread::get_id());
  EXPECT_NE(threads[1], std::this_thread::get_id());
  expect_settled(pool.stats());
  EXPECT_EQ(pool.run_time().count(), 4u);
}

TEST(worker_pool, timeout_waits_that_long_and_keeps_the_job_the_callers) {
  worker_pool<std::unique_ptr<int>> pool([](auto&) {},
                                         {.max_workers = 1, .queue_capacity = 1, .paused = true});
  ASSERT_TRUE(pool.submit(std::make_unique<int>(1)));
  auto job = std::make_unique<int>(2);
  const auto before = clock::now();
  EXPECT_EQ(pool.submit(std::move(job), {.on_full = overflow::timeout(20ms)}).error(), errc::timed_out);
  EXPECT_GE(clock::now() - before, 20ms);
  ASSERT_TRUE(job);
  EXPECT_EQ(*job, 2);
  EXPECT_EQ(pool.submit(std::move(job), {.on_full = overflow::timeout(0ms)}).error(), errc::timed_out);
  EXPECT_TRUE(job);
  EXPECT_EQ(pool.stats().timed_out, 2u);
  expect_law(pool.stats());
}

TEST(worker_pool, timeout_is_in_as_soon_as_there_is_room) {
  full_pool full;
  std::jthread submitter([&] { EXPECT_TRUE(full.pool.submit(3, {.on_full = overflow::timeout(1h)})); });
  until([&] { return full.pool.stats().waiting == 1; });
  full.hold.open();
  submitter.join();
  full.finish();
  EXPECT_EQ(full.ran, (std::vector{0, 1, 2, 3}));
}

TEST(worker_pool, the_submits_own_policy_goes_before_the_pools) {
  full_pool full(overflow::reject());
  EXPECT_EQ(full.pool.submit(3, {.on_full = overflow::drop_newest()}).error(), errc::dropped);
  EXPECT_TRUE(full.pool.submit(3, {.on_full = overflow::caller_runs()}));
  EXPECT_TRUE(full.pool.submit(4, {.on_full = overflow::drop_oldest()}));
  full.finish();
}

TEST(worker_pool, a_blocked_submitter_gets_the_place_of_a_job_as_soon_as_that_is_taken) {
  gate first, second;
  worker_pool<int> pool([&](int& i) { (i == 0 ? first : second).pass(); }, one_worker(1));
  ASSERT_TRUE(pool.submit(0));
  until([&] { return first.waiting() == 1; });
  ASSERT_TRUE(pool.submit(1));
  std::jthread submitter([&] { EXPECT_TRUE(pool.submit(2)); });
  until([&] { return pool.stats().waiting == 1; });
  first.open();
  submitter.join();  // while job 1 runs
  until([&] { return second.waiting() == 1; });
  EXPECT_EQ(pool.stats().queued, 1u);
  second.open();
}

TEST(worker_pool, blocked_submitters_are_served_in_the_order_they_came) {
  full_pool full;
  std::vector<std::jthread> submitters;
  for (int i = 3; i < 11; ++i) {
    submitters.emplace_back([&full, i] { EXPECT_TRUE(full.pool.submit(int{i})); });
    until([&] { return full.pool.stats().waiting == submitters.size(); });
  }
  EXPECT_EQ(full.pool.submit(99, {.on_full = overflow::reject()}).error(), errc::full);
  full.hold.open();
  submitters.clear();
  full.finish();
  EXPECT_EQ(full.ran.size(), 11u);
  EXPECT_TRUE(std::ranges::is_sorted(full.ran));
}

TEST(worker_pool, a_stop_token_ends_the_wait_at_the_door_and_counts_as_withdrawn) {
  full_pool full;
  std::stop_source source;
  std::jthread submitter(
      [&] { EXPECT_EQ(full.pool.submit(3, {.stop = source.get_token()}).error(), errc::cancelled); });
  until([&] { return full.pool.stats().waiting == 1; });
  source.request_stop();
  submitter.join();
  EXPECT_EQ(full.pool.stats().withdrawn, 1u);
  EXPECT_EQ(full.pool.submit(3, {.stop = source.get_token()}).error(), errc::cancelled);
  full.finish();
}

TEST(worker_pool, a_stopped_token_does_not_matter_while_there_is_room) {
  std::stop_source source;
  source.request_stop();
  worker_pool<int> pool([](int&) {});
  EXPECT_TRUE(pool.submit(1, {.stop = source.get_token()}));
}

// Cost.
TEST(worker_pool, the_summed_cost_of_waiting_jobs_is_bounded) {
  worker_pool<int> pool([](int&) {},
                        {.max_workers = 1, .max_cost = 100, .on_full = overflow::reject(), .paused = true});
  EXPECT_TRUE(pool.submit(1, {.cost = 60}));
  EXPECT_EQ(pool.submit(2, {.cost = 50}).error(), errc::full);
  EXPECT_TRUE(pool.submit(3, {.cost = 40}));
  EXPECT_EQ(pool.submit(4).error(), errc::full);
  EXPECT_TRUE(pool.submit(5, {.cost = 0}));
  EXPECT_EQ(pool.stats().cost, 100u);
  EXPECT_DOUBLE_EQ(pool.queue_utilization(), 1.0);
  EXPECT_TRUE(pool.drain());
  expect_settled(pool.stats());
}

TEST(worker_pool, a_job_that_costs_more_than_the_bound_is_full_whatever_the_policy) {
  worker_pool<int> pool([](int&) { FAIL(); }, {.max_cost = 10});
  for (const overflow policy : {overflow::block(), overflow::timeout(1h), overflow::reject(),
                                overflow::drop_newest(), overflow::drop_oldest(), overflow::caller_runs()})
    EXPECT_EQ(pool.submit(1, {.on_full = policy, .cost = 11}).error(), errc::full) << policy.to_string();
  EXPECT_EQ(pool.stats().rejected, 6u);
}

TEST(worker_pool, drop_oldest_evicts_as_many_as_the_cost_needs) {
  loss_record lost;
  worker_pool<int> pool(
      [](int&) {}, {.max_workers = 1, .max_cost = 10, .on_full = overflow::drop_oldest(), .paused = true},
      lost.hook());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.submit(int{i}, {.cost = 2}));
  ASSERT_TRUE(pool.submit(5, {.cost = 5}));
  EXPECT_EQ(lost.all(), (std::map<int, errc>{{0, errc::dropped}, {1, errc::dropped}, {2, errc::dropped}}));
  EXPECT_EQ(pool.stats().cost, 9u);
  EXPECT_EQ(pool.stats().evicted, 3u);
  expect_law(pool.stats());
}

TEST(worker_pool, a_costly_job_at_the_door_is_not_overtaken_by_cheap_ones) {
  worker_pool<int> pool([](int&) {}, {.max_workers = 1, .max_cost = 10, .paused = true});
  ASSERT_TRUE(pool.submit(0, {.cost = 6}));
  std::jthread costly([&] { EXPECT_TRUE(pool.submit(1, {.cost = 8})); });
  until([&] { return pool.stats().waiting == 1; });
  EXPECT_EQ(pool.submit(2, {.on_full = overflow::reject()}).error(), errc::full);
  EXPECT_EQ(pool.submit(2, {.on_full = overflow::timeout(1ms)}).error(), errc::timed_out);
  std::array jobs{3, 4};
  EXPECT_EQ(pool.submit_some(jobs), 0u);
  pool.resume();
}

TEST(worker_pool, drop_oldest_takes_nothing_from_those_who_wait_at_the_door) {
  loss_record lost;
  worker_pool<int> pool([](int&) {}, {.max_workers = 1, .max_cost = 10, .paused = true}, lost.hook());
  ASSERT_TRUE(pool.submit(0, {.cost = 3}));
  ASSERT_TRUE(pool.submit(1, {.cost = 3}));
  ASSERT_TRUE(pool.submit(2, {.cost = 1}));
  std::jthread costly([&] { EXPECT_TRUE(pool.submit(3, {.cost = 5})); });
  until([&] { return pool.stats().waiting == 1; });
  ASSERT_TRUE(pool.submit(4, {.on_full = overflow::drop_oldest(), .cost = 3}));  // would have fit
  EXPECT_EQ(lost.all(), (std::map<int, errc>{{0, errc::dropped}}));
  EXPECT_EQ(pool.stats().waiting, 1u);
  EXPECT_EQ(pool.stats().cost, 7u);
  ASSERT_TRUE(pool.submit(5, {.on_full = overflow::drop_oldest(), .cost = 1}));
  costly.join();  // what left cost more than what came
  EXPECT_EQ(lost.all(), (std::map<int, errc>{{0, errc::dropped}, {1, errc::dropped}}));
  EXPECT_TRUE(pool.drain());
  expect_settled(pool.stats());
}

TEST(worker_pool, a_cost_bound_of_0_lets_in_what_costs_nothing) {
  worker_pool<int> pool([](int&) {}, {.max_workers = 1, .queue_capacity = 4, .max_cost = 0, .paused = true});
  EXPECT_EQ(pool.submit(1).error(), errc::full);
  EXPECT_TRUE(pool.submit(2, {.cost = 0}));
  EXPECT_EQ(pool.queue_utilization(), 0.25);
}

TEST(worker_pool, when_the_costly_one_gives_up_the_cheap_ones_behind_it_get_in) {
  worker_pool<int> pool([](int&) {}, {.max_workers = 1, .max_cost = 10, .paused = true});
  ASSERT_TRUE(pool.submit(0, {.cost = 6}));
  std::stop_source source;
  std::jthread costly(
      [&] { EXPECT_EQ(pool.submit(1, {.cost = 8, .stop = source.get_token()}).error(), errc::cancelled); });
  until([&] { return pool.stats().waiting == 1; });
  std::jthread cheap([&] { EXPECT_TRUE(pool.submit(2)); });
  until([&] { return pool.stats().waiting == 2; });
  source.request_stop();
  cheap.join();
  EXPECT_EQ(pool.stats().cost, 7u);
}

// Deadlines.
TEST(worker_pool, a_deadline_already_past_is_refused_at_the_door) {
  worker_pool<int> pool([](int&) { FAIL(); });
  EXPECT_EQ(pool.submit(1, {.deadline = clock::now() - 1ms}).error(), errc::expired);
  EXPECT_EQ(pool.stats().rejected, 1u);
  EXPECT_EQ(pool.stats().expired, 0u);
}

TEST(worker_pool, a_deadline_that_passes_at_the_door_is_refused_and_not_timed_out) {
  worker_pool<int> pool([](int&) {}, {.max_workers = 1, .queue_capacity = 1, .paused = true});
  ASSERT_TRUE(pool.submit(1));
  EXPECT_EQ(pool.submit(2, {.deadline = clock::now() + 5ms}).error(), errc::expired);
  EXPECT_EQ(pool.submit(3, {.on_full = overflow::timeout(1h), .deadline = clock::now() + 5ms}).error(),
            errc::expired);
  EXPECT_EQ(pool.submit(3, {.on_full = overflow::timeout(5ms), .deadline = clock::now() + 1h}).error(),
            errc::timed_out);
  EXPECT_EQ(pool.stats().rejected, 2u);
  EXPECT_EQ(pool.stats().timed_out, 1u);
}

TEST(worker_pool, what_expired_while_it_waited_never_runs) {
  loss_record lost;
  worker_pool<int> pool([](int& i) { EXPECT_EQ(i, 2); }, {.max_workers = 1, .paused = true}, lost.hook());
  const auto soon = clock::now() + 5ms;
  ASSERT_TRUE(pool.submit(1, {.deadline = soon}));
  ASSERT_TRUE(pool.submit(2, {.deadline = clock::now() + 1h}));
  until([&] { return clock::now() >= soon; });
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(lost.all(), (std::map<int, errc>{{1, errc::expired}}));
  EXPECT_EQ(pool.stats().expired, 1u);
  EXPECT_EQ(pool.stats().completed, 1u);
  expect_settled(pool.stats());
}

// Capacity 0.
TEST(worker_pool, without_a_queue_a_submit_needs_an_idle_worker) {
  gate hold;
  worker_pool<int> pool([&](int&) { hold.pass(); }, one_worker(0, overflow::reject()));
  ASSERT_TRUE(pool.submit(1));
  EXPECT_EQ(pool.submit(2).error(), errc::full);
  EXPECT_EQ(pool.submit(2, {.on_full = overflow::drop_newest()}).error(), errc::dropped);
  EXPECT_EQ(pool.submit(2, {.on_full = overflow::timeout(2ms)}).error(), errc::timed_out);
  EXPECT_EQ(pool.queue_utilization(), 0.0);
  std::jthread blocked([&] { EXPECT_TRUE(pool.submit(3, {.on_full = overflow::block()})); });
  until([&] { return pool.stats().waiting == 1; });
  hold.open();
  blocked.join();
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().completed, 2u);
  EXPECT_EQ(pool.stats().high_water, 0u);
  expect_settled(pool.stats());
}

TEST(worker_pool, without_a_queue_a_pool_still_grows_to_its_most_workers) {
  gate hold;
  worker_pool<int> pool(
      [&](int&) { hold.pass(); },
      {.min_workers = 1, .max_workers = 3, .queue_capacity = 0, .on_full = overflow::reject()});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit(int{i}));
  EXPECT_EQ(pool.submit(4).error(), errc::full);
  EXPECT_EQ(pool.stats().workers, 3u);
  hold.open();
}

TEST(worker_pool, without_a_queue_caller_runs_when_nobody_is_idle) {
  gate hold;
  std::atomic<int> ran = 0;
  worker_pool<int> pool(
      [&](int& i) {
        if (i == 0) hold.pass();
        ++ran;
      },
      one_worker(0, overflow::caller_runs()));
  ASSERT_TRUE(pool.submit(0));
  ASSERT_TRUE(pool.submit(1));
  EXPECT_EQ(ran, 1);
  hold.open();
}

// Many at once.
TEST(worker_pool, submit_some_takes_from_the_front_what_fits_and_counts_only_that) {
  worker_pool<std::unique_ptr<int>> pool([](auto&) {},
                                         {.max_workers = 1, .queue_capacity = 3, .paused = true});
  std::array<std::unique_ptr<int>, 5> jobs;
  for (int i = 0; i < 5; ++i) jobs[static_cast<std::size_t>(i)] = std::make_unique<int>(i);
  EXPECT_EQ(pool.submit_some(jobs), 3u);
  EXPECT_FALSE(jobs[2]);
  ASSERT_TRUE(jobs[3] && jobs[4]);
  EXPECT_EQ(*jobs[3], 3);
  EXPECT_EQ(pool.stats().submitted, 3u);
  EXPECT_EQ(pool.submit_some({jobs.data() + 3, 2}, {.on_full = overflow::drop_oldest()}), 0u);
  EXPECT_EQ(pool.submit_some({jobs.data() + 3, 2}, {.deadline = clock::now()}), 0u);
  EXPECT_EQ(pool.submit_some({}), 0u);
  expect_law(pool.stats());
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.submit_some({jobs.data() + 3, 2}), 0u);
  EXPECT_EQ(pool.stats().submitted, 3u);
  EXPECT_EQ(pool.stats().completed, 3u);
}

TEST(worker_pool, high_water_is_the_deepest_the_queue_ever_was) {
  worker_pool<int> pool([](int&) {}, {.max_workers = 1, .queue_capacity = 10, .paused = true});
  std::array jobs{1, 2, 3, 4};
  EXPECT_EQ(pool.submit_some(jobs), 4u);
  EXPECT_EQ(pool.queue_depth(), 4u);
  EXPECT_DOUBLE_EQ(pool.queue_utilization(), 0.4);
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.queue_depth(), 0u);
  EXPECT_EQ(pool.stats().high_water, 4u);
}

TEST(worker_pool, every_job_that_ran_is_in_both_histograms) {
  for (const std::size_t results : {0u, 1000u}) {
    worker_pool<int> pool([](int&) {}, {.max_workers = 2, .queue_capacity = 64, .results_capacity = results});
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.submit(int{i}));
    until([&] { return pool.stats().completed == 1000; });
    EXPECT_EQ(pool.queue_wait().count(), 1000u);
    EXPECT_EQ(pool.run_time().count(), 1000u);
    EXPECT_LE(pool.run_time().p(0.5), pool.run_time().max());
  }
}

TEST(worker_pool, a_slow_jobs_run_time_is_its_own) {
  worker_pool<int> pool([](int&) { std::this_thread::sleep_for(3ms); }, one_worker(64));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_TRUE(pool.drain());
  EXPECT_GE(pool.run_time().p(0.5), 2970us);
  EXPECT_GE(pool.queue_wait().max(), 8ms);
}

}  // namespace
}  // namespace weir
