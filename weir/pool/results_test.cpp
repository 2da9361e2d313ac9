// Outcomes: what readers get, and that readers who do not read, or leave, hold up nobody for ever.
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::expect_settled;
using testing::gate;
using testing::until;

TEST(pool_results, each_job_that_ran_has_one_outcome_with_its_id) {
  worker_pool<int, int> pool([](int& i) { return i * i; },
                             {.min_workers = 2, .max_workers = 2, .results_capacity = 8});
  auto results = pool.results();
  std::jthread producer([&] {
    for (int i = 1; i <= 500; ++i) EXPECT_TRUE(pool.submit(int{i}));
    pool.close();
  });
  std::set<std::uint64_t> ids;
  long sum = 0;
  for (auto& outcome : results) {
    EXPECT_TRUE(ids.insert(static_cast<std::uint64_t>(outcome.id)).second);
    const long root = static_cast<long>(outcome.id);  // ids count up with the jobs
    EXPECT_EQ(outcome.value.value(), root * root);
    EXPECT_LT(outcome.worker, 2u);
    EXPECT_GE(outcome.queued_for, 0ns);
    EXPECT_GT(outcome.ran_for, 0ns);
    sum += *outcome.value;
  }
  EXPECT_EQ(sum, 41'791'750);
  EXPECT_EQ(ids.size(), 500u);
}

TEST(pool_results, what_a_job_threw_is_its_outcome) {
  worker_pool<int, std::string> pool(
      [](int& i) -> std::string {
        if (i == 1) throw std::runtime_error("burnt");
        return "done";
      },
      {.max_workers = 1, .results_capacity = 4});
  auto results = pool.results();
  ASSERT_TRUE(pool.submit(0));
  ASSERT_TRUE(pool.submit(1));
  EXPECT_EQ(results.receive()->value.value(), "done");
  const auto failed = results.receive();
  ASSERT_FALSE(failed->value);
  EXPECT_THROW(std::rethrow_exception(failed->value.error()), std::runtime_error);
}

TEST(pool_results, jobs_without_a_value_have_outcomes_too) {
  worker_pool<int> pool([](int&) {}, {.max_workers = 1, .results_capacity = 4});
  auto results = pool.results();
  ASSERT_TRUE(pool.submit(0));
  EXPECT_TRUE(results.receive()->value);
}

TEST(pool_results, an_outcome_is_counted_before_it_can_be_read) {
  worker_pool<int> pool([](int&) {}, {.max_workers = 2, .results_capacity = 1});
  auto results = pool.results();
  for (std::uint64_t i = 1; i <= 300; ++i) {
    ASSERT_TRUE(pool.submit(0));
    ASSERT_TRUE(results.receive());
    EXPECT_EQ(pool.stats().completed, i);
    EXPECT_EQ(pool.run_time().count(), i);
  }
}

TEST(pool_results, a_pool_that_keeps_none_says_how_to_keep_some) {
  worker_pool<int> pool([](int&) {});
  EXPECT_THROW((void)pool.results(), std::logic_error);
}

TEST(pool_results, times_are_those_of_the_job) {
  worker_pool<int> pool([](int&) { std::this_thread::sleep_for(5ms); },
                        {.min_workers = 1, .max_workers = 1, .results_capacity = 4});
  auto results = pool.results();
  ASSERT_TRUE(pool.submit(0));
  ASSERT_TRUE(pool.submit(1));
  EXPECT_GE(results.receive()->ran_for, 5ms);
  EXPECT_GE(results.receive()->queued_for, 4ms);
}

TEST(pool_results, caller_runs_jobs_have_an_outcome_without_a_worker) {
  worker_pool<int, int> pool([](int& i) { return i; }, {.max_workers = 1,
                                                        .queue_capacity = 1,
                                                        .on_full = overflow::caller_runs(),
                                                        .results_capacity = 4,
                                                        .paused = true});
  auto results = pool.results();
  ASSERT_TRUE(pool.submit(1));
  ASSERT_TRUE(pool.submit(2));
  const auto mine = results.receive();
  EXPECT_EQ(mine->value.value(), 2);
  EXPECT_EQ(mine->worker, outcome<int>::no_worker);
}

TEST(pool_results, unread_ones_hold_workers_back_while_the_pool_is_open) {
  std::atomic<int> ran = 0;
  worker_pool<int> pool([&](int&) { ++ran; }, {.min_workers = 1, .max_workers = 1, .results_capacity = 2});
  auto results = pool.results();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(int{i}));
  until([&] { return results.stats().waiting_senders == 1; });
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(pool.stats().queued, 7u);
  ASSERT_TRUE(results.receive());
  until([&] { return ran == 4; });
}

TEST(pool_results, unread_ones_do_not_hold_up_a_drain_and_are_all_read_afterwards) {
  std::optional<receiver<outcome<int>>> results;
  {
    worker_pool<int, int> pool(
        [](int& i) { return i; },
        {.min_workers = 3, .max_workers = 3, .queue_capacity = 100, .results_capacity = 1});
    results = pool.results();
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.submit(int{i}));
    EXPECT_TRUE(pool.drain());
    EXPECT_TRUE(results->is_closed());
    expect_settled(pool.stats());
  }
  std::set<int> seen;
  while (auto outcome = results->receive()) seen.insert(outcome->value.value());
  EXPECT_EQ(seen.size(), 50u);
  EXPECT_EQ(results->try_receive().error(), errc::closed);
}

TEST(pool_results, nobody_ever_asked_for_them_and_the_pool_still_ends) {
  worker_pool<int> pool([](int&) {}, {.max_workers = 2, .results_capacity = 1});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(pool.submit(int{i}));
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().completed, 20u);
}

TEST(pool_results, when_the_last_reader_goes_no_worker_waits) {
  std::atomic<int> ran = 0;
  worker_pool<int> pool([&](int&) { ++ran; }, {.min_workers = 1, .max_workers = 1, .results_capacity = 1});
  {
    auto first = pool.results();
    auto second = pool.results();
    auto third = first;
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.submit(int{i}));
    until([&] { return second.stats().waiting_senders == 1; });
  }
  until([&] { return ran == 50; });
  EXPECT_EQ(pool.results().receive().error(), errc::closed);
}

TEST(pool_results, cancel_with_unread_ones_ends_and_keeps_what_had_run) {
  worker_pool<int, int> pool([](int& i) { return i; },
                             {.min_workers = 1, .max_workers = 1, .results_capacity = 1});
  auto results = pool.results();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(int{i}));
  until([&] { return results.stats().waiting_senders == 1; });
  pool.cancel();
  EXPECT_TRUE(pool.drain());
  int read = 0;
  for (auto& outcome : results) EXPECT_EQ(outcome.value.value(), read++);
  EXPECT_EQ(read, 2);
  EXPECT_EQ(pool.stats().cancelled, 8u);
}

TEST(pool_results, a_drain_inside_a_job_with_unread_results_ends) {
  worker_pool<int>* self = nullptr;
  worker_pool<int> pool(
      [&](int& i) {
        if (i == 0) {
          EXPECT_TRUE(self->drain());
        }
      },
      {.min_workers = 1, .max_workers = 1, .results_capacity = 1, .paused = true});
  self = &pool;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(int{i}));
  auto results = pool.results();
  EXPECT_TRUE(pool.drain());
  int read = 0;
  for ([[maybe_unused]] auto& outcome : results) ++read;
  EXPECT_EQ(read, 10);
}

TEST(pool_results, move_only_results_reach_their_reader) {
  worker_pool<int, std::unique_ptr<int>> pool([](int& i) { return std::make_unique<int>(i); },
                                              {.results_capacity = 2});
  auto results = pool.results();
  ASSERT_TRUE(pool.submit(7));
  EXPECT_EQ(**results.receive()->value, 7);
}

}  // namespace
}  // namespace weir
