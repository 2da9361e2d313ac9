// Submitting to a pool that has no room for a while.
#include <weir/guard/submit_with_retry.hpp>
#include <weir/pool/task_pool.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <thread>

namespace weir {
namespace {

using namespace std::chrono_literals;

using pool = worker_pool<std::unique_ptr<int>>;
pool_options one_place() { return {.max_workers = 1, .queue_capacity = 1, .paused = true}; }

TEST(submit_with_retry, ends_after_its_attempts_and_leaves_the_job) {
  pool p([](std::unique_ptr<int>&) {}, one_place());
  ASSERT_TRUE(p.submit(nullptr));
  auto job = std::make_unique<int>(7);
  const time_point begin = clock::now();
  const auto refused = submit_with_retry(p, std::move(job), {.max_retries = 2, .backoff = {.initial = 2ms}});
  EXPECT_EQ(refused.error(), errc::timed_out);
  EXPECT_GE(clock::now() - begin, 6ms) << "2 ms and then 4 ms";
  ASSERT_TRUE(job);
  EXPECT_EQ(*job, 7);
  EXPECT_EQ(p.stats().timed_out, 2u);
  p.cancel();
}

TEST(submit_with_retry, is_in_as_soon_as_there_is_room) {
  pool p([](std::unique_ptr<int>&) {}, one_place());
  ASSERT_TRUE(p.submit(nullptr));
  std::jthread resumes([&] {
    while (p.stats().timed_out == 0) std::this_thread::yield();
    p.resume();
  });
  auto job = std::make_unique<int>(7);
  EXPECT_TRUE(submit_with_retry(p, std::move(job),
                                {.max_retries = 2, .backoff = {.initial = 1ms, .factor = 1e6, .cap = 1h}}));
  EXPECT_FALSE(job);
}

TEST(submit_with_retry, other_errors_end_it_at_once) {
  pool p([](std::unique_ptr<int>&) {}, one_place());
  p.close();
  EXPECT_EQ(submit_with_retry(p, nullptr).error(), errc::closed);
}

TEST(submit_with_retry, serves_task_pools_and_lvalues) {
  task_pool p(pool_options{.max_workers = 1});
  const auto task = [] {};
  EXPECT_TRUE(submit_with_retry(p, task));
  EXPECT_TRUE(submit_with_retry(p, [] {}, {.max_retries = 1}));
  EXPECT_THROW((void)submit_with_retry(p, task, {.max_retries = 0}), std::invalid_argument);
  EXPECT_TRUE(p.drain());
  EXPECT_EQ(p.stats().completed, 2u);
}

}  // namespace
}  // namespace weir
