// What pools do for the speed of short jobs must not be seen by others: submitters that learn late that they
// were accepted, and workers that are woken late.
#include <weir/base/hardware.hpp>
#include <weir/pool/task_pool.hpp>
#include <weir/pool/testing.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace weir {
namespace {

void spin() {
  const time_point end = clock::now() + std::chrono::microseconds(3);
  while (clock::now() < end) {
  }
}

/// From here on the pool takes its jobs for short ones.
void run_short_jobs(task_pool& pool) {
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(pool.submit(spin));
  for (auto now = pool.stats(); now.queued + now.running != 0; now = pool.stats()) std::this_thread::yield();
}

TEST(short_jobs, an_accepted_submit_returns_although_the_queue_stays_full) {
  task_pool pool({.min_workers = 1, .max_workers = 1, .queue_capacity = 128});
  for (int round = 0; round < 5; ++round) {
    run_short_jobs(pool);
    std::latch gates[] = {std::latch(1), std::latch(1)};
    for (std::latch& gate : gates) ASSERT_TRUE(pool.submit([&gate] { gate.wait(); }));
    while (pool.stats().running == 0) std::this_thread::yield();
    while (pool.submit([] {}, {.on_full = overflow::reject()})) {
    }
    std::thread late([&] { EXPECT_TRUE(pool.submit([] {})); });
    gates[0].count_down();  // one place becomes free, no other
    late.join();
    EXPECT_GE(pool.queue_depth(), 127U);
    gates[1].count_down();
    while (pool.stats().running != 0) std::this_thread::yield();  // it may still be looking at its gate
  }
  EXPECT_TRUE(pool.drain());
}

TEST(short_jobs, all_workers_come_when_jobs_are_short_no_longer) {
  const std::size_t workers = hardware() + 3;
  task_pool pool({.min_workers = workers, .max_workers = workers});
  for (int round = 0; round < 5; ++round) {
    run_short_jobs(pool);
    std::latch together(static_cast<std::ptrdiff_t>(workers));
    for (std::size_t i = 0; i < workers; ++i)
      ASSERT_TRUE(pool.submit([&together] { together.arrive_and_wait(); }));
    together.wait();
    while (pool.stats().running != 0) std::this_thread::yield();  // they may still be looking at it
  }
  EXPECT_TRUE(pool.drain());
}

}  // namespace
}  // namespace weir
