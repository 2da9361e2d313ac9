// Admission by expected wait: what could not start in time is refused at the door.
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::expect_law;
using testing::until;

constexpr duration service = 5ms;  // at least

/// One worker that is known to take `service` a job, and has been paused since.
class slow_pool {
 public:
  explicit slow_pool(pool_options options)
      : pool([](int&) { std::this_thread::sleep_for(service); }, set(options)) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit(int{i}, {.on_full = overflow::block()}));
    until([&] { return pool.stats().completed == 3; });
    until([&] { return pool.stats().busy == 0; });
    pool.pause();
  }

  worker_pool<int> pool;

 private:
  static pool_options set(pool_options options) {
    options.min_workers = options.max_workers = 1;
    return options;
  }
};

time_point soon() { return clock::now() + 2 * service; }

TEST(admission, what_waits_ahead_longer_than_the_deadline_allows_is_refused) {
  slow_pool p({});
  EXPECT_TRUE(p.pool.submit(0, {.deadline = soon()})) << "nothing waits ahead";
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(p.pool.submit(int{i}));
  EXPECT_EQ(p.pool.submit(1, {.deadline = soon()}).error(), errc::overloaded);
  EXPECT_TRUE(p.pool.submit(1, {.deadline = clock::now() + 1h}));
  EXPECT_TRUE(p.pool.submit(1));
  const auto s = p.pool.stats();
  EXPECT_EQ(s.rejected, 1u);
  expect_law(s);
}

TEST(admission, a_refused_job_is_still_the_callers_and_the_pool_goes_on) {
  worker_pool<std::vector<int>> pool([](auto&) { std::this_thread::sleep_for(service); },
                                     {.min_workers = 1, .max_workers = 1});
  ASSERT_TRUE(pool.submit(std::vector{1}));
  until([&] { return pool.stats().completed == 1; });
  pool.pause();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(std::vector{i}));
  std::vector job{7, 8};
  EXPECT_EQ(pool.submit(std::move(job), {.deadline = soon()}).error(), errc::overloaded);
  EXPECT_EQ(job, (std::vector{7, 8}));
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().completed, 11u);
}

TEST(admission, only_jobs_of_its_own_and_more_important_lanes_are_ahead) {
  slow_pool p({.lanes = 3});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(p.pool.submit(int{i}, {.lane = 1}));
  EXPECT_TRUE(p.pool.submit(1, {.lane = 0, .deadline = soon()}));
  EXPECT_EQ(p.pool.submit(1, {.lane = 1, .deadline = soon()}).error(), errc::overloaded);
  EXPECT_EQ(p.pool.submit(1, {.lane = 2, .deadline = soon()}).error(), errc::overloaded);
}

TEST(admission, nobody_is_refused_before_a_service_time_is_known) {
  worker_pool<int> pool([](int&) {}, {.min_workers = 1, .max_workers = 1, .paused = true});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_TRUE(pool.submit(1, {.deadline = clock::now() + 100ms}));
}

TEST(admission, of_several_those_that_can_be_in_time_are_taken) {
  slow_pool p({});
  std::vector<int> jobs(100);
  const std::size_t taken = p.pool.submit_some(jobs, {.deadline = clock::now() + 20 * service});
  EXPECT_GE(taken, 1u);
  EXPECT_LE(taken, 21u);
  EXPECT_EQ(p.pool.stats().rejected, 0u) << "only those that were accepted are counted";
}

TEST(admission, a_full_pool_lets_the_caller_run_what_would_be_late_in_the_queue) {
  slow_pool p({.queue_capacity = 10, .on_full = overflow::caller_runs()});
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(p.pool.submit(int{i}));
  EXPECT_EQ(p.pool.submit(1, {.deadline = soon()}).error(), errc::overloaded);
  ASSERT_TRUE(p.pool.submit(1));
  EXPECT_TRUE(p.pool.submit(1, {.deadline = soon()}));
  EXPECT_EQ(p.pool.stats().completed, 4u);
}

TEST(admission, short_jobs_count_too_however_they_were_taken) {
  constexpr int waiting = 100'000;  // they take far longer than the deadline below, however short they are
  worker_pool<int> pool([](int&) {}, {.min_workers = 1, .max_workers = 1, .queue_capacity = waiting + 1});
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(pool.submit(int{i}));
  until([&] { return pool.stats().completed == 5000; });
  pool.pause();
  for (int i = 0; i < waiting; ++i) ASSERT_TRUE(pool.submit(int{i}));
  const auto answer = [&] { return pool.submit(1, {.deadline = clock::now() + 50us}).error(); };
  errc why = answer();
  while (why == errc::expired) why = answer();  // this thread had lost its processor on the way
  EXPECT_EQ(why, errc::overloaded);
  EXPECT_TRUE(pool.submit(1, {.deadline = clock::now() + 1h}));
}

}  // namespace
}  // namespace weir
