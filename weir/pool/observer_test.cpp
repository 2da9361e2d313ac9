// What an observer hears of jobs that finish.
#include <weir/pool/task_pool.hpp>
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

namespace weir {
namespace {

using testing::expect_law;

/// What was said of each job, in the order in which it was said.
class listener final : public observer {
 public:
  struct entry {
    std::string said;
    std::string pool;
    std::size_t lane = 0;
    duration queued_for{};
    duration ran_for{};
  };

  void on_finished(const job_note& note, duration queued_for, duration ran_for) override {
    const std::lock_guard lock(mutex_);
    entry& of_job = heard_[note.id];
    of_job.said += "finished ";
    of_job.pool = note.pool;
    of_job.lane = note.lane;
    of_job.queued_for = queued_for;
    of_job.ran_for = ran_for;
  }
  void on_failed(const job_note& note, const std::exception_ptr&) override {
    const std::lock_guard lock(mutex_);
    heard_[note.id].said += "failed ";
  }
  void on_lost(const job_note& note, errc) override {
    const std::lock_guard lock(mutex_);
    heard_[note.id].said += "lost ";
  }

  std::map<std::uint64_t, entry> all() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, entry> heard_;
};

TEST(observer, hears_once_of_each_job_that_finishes) {
  const auto heard = std::make_shared<listener>();
  worker_pool<int> pool([](int&) {}, {.name = "kitchen", .max_workers = 2, .paused = true, .observe = heard});
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.submit(int{i}));
  ASSERT_TRUE(pool.drain());
  const auto all = heard->all();
  ASSERT_EQ(all.size(), 500u);
  for (const auto& [id, entry] : all) {
    EXPECT_EQ(entry.said, "finished ") << "job " << id;
    EXPECT_EQ(entry.pool, "kitchen");
    EXPECT_GE(entry.queued_for, duration::zero());
    EXPECT_GE(entry.ran_for, duration::zero());
  }
}

TEST(observer, hears_that_a_job_failed_and_then_that_it_finished) {
  const auto heard = std::make_shared<listener>();
  worker_pool<int> pool([](int&) { throw std::runtime_error("burnt"); },
                        {.max_workers = 1, .observe = heard});
  ASSERT_TRUE(pool.submit(1));
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(heard->all().at(1).said, "failed finished ");
}

TEST(observer, hears_of_a_job_that_was_lost_and_not_that_it_finished) {
  const auto heard = std::make_shared<listener>();
  worker_pool<int> pool([](int&) {}, {.max_workers = 1, .paused = true, .observe = heard});
  ASSERT_TRUE(pool.submit(1));
  pool.cancel();
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(heard->all().at(1).said, "lost ");
}

TEST(observer, hears_how_long_a_job_waited_and_ran_in_its_lane) {
  const auto heard = std::make_shared<listener>();
  testing::gate gate;
  worker_pool<int> pool(
      [&](int& job) {
        if (job == 0) gate.pass();
      },
      {.max_workers = 1, .lanes = 2, .observe = heard});
  ASSERT_TRUE(pool.submit(0, {.lane = 1}));
  while (gate.waiting() == 0) std::this_thread::yield();
  const time_point before = clock::now();
  ASSERT_TRUE(pool.submit(1, {.lane = 1}));
  const time_point between = clock::now();
  while (clock::now() < between + std::chrono::milliseconds(1)) {
  }
  gate.open();
  ASSERT_TRUE(pool.drain());
  const duration whole = clock::now() - before;
  const auto all = heard->all();
  EXPECT_EQ(all.at(2).lane, 1u);
  EXPECT_GE(all.at(1).ran_for, std::chrono::milliseconds(1));
  EXPECT_GE(all.at(2).queued_for, std::chrono::milliseconds(1));
  EXPECT_LE(all.at(2).queued_for, whole);
}

TEST(observer, hears_of_a_job_that_its_submitter_ran) {
  const auto heard = std::make_shared<listener>();
  worker_pool<int> pool([](int&) {},
                        {.max_workers = 1, .queue_capacity = 1, .paused = true, .observe = heard});
  ASSERT_TRUE(pool.submit(1));
  const auto id = pool.submit(2, {.on_full = overflow::caller_runs()});
  ASSERT_TRUE(id);
  EXPECT_EQ(heard->all().at(static_cast<std::uint64_t>(*id)).said, "finished ");
  EXPECT_EQ(heard->all().size(), 1u);
}

TEST(observer, hears_of_each_job_with_outcomes_and_futures_too) {
  const auto heard = std::make_shared<listener>();
  {
    worker_pool<int, int> pool([](int& job) { return job; },
                               {.max_workers = 2, .results_capacity = 64, .observe = heard});
    auto outcomes = pool.results();
    for (int i = 0; i < 64; ++i) ASSERT_TRUE(pool.submit(int{i}));
    ASSERT_TRUE(pool.drain());
    expect_law(pool.stats());
  }
  EXPECT_EQ(heard->all().size(), 64u);
  const auto heard_of_tasks = std::make_shared<listener>();
  task_pool tasks({.max_workers = 2, .observe = heard_of_tasks});
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(tasks.async([i] { return i; }));
  ASSERT_TRUE(tasks.drain());
  const auto all = heard_of_tasks->all();
  EXPECT_EQ(all.size(), 64u);
  for (const auto& [id, entry] : all) EXPECT_EQ(entry.said, "finished ") << "task " << id;
}

/// A hook that looks at its pool finds the job still in it.
TEST(observer, may_ask_the_pool_for_its_figures) {
  struct asking final : observer {
    worker_pool<int>* pool = nullptr;
    void on_finished(const job_note&, duration, duration) override { expect_law(pool->stats()); }
  };
  const auto asks = std::make_shared<asking>();
  worker_pool<int> pool([](int&) {}, {.max_workers = 2, .paused = true, .observe = asks});
  asks->pool = &pool;
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(pool.submit(int{i}));
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().completed, 200u);
}

}  // namespace
}  // namespace weir
