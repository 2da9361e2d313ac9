// One measurement of a pool: how many hand in jobs to how many workers, and what a job is.
//
// A contender is a class template over the course its jobs run: Contender<Course>(workers, course), and
// submit(count), which hands in so many jobs that each call course.run() once, from any thread.
#pragma once

#include <bench/harness/race.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace weir::bench {

inline constexpr std::size_t pool_queue_capacity = 1024;  ///< of the contenders that are bounded

struct pool_cell {
  std::size_t producers = 1;
  std::size_t workers = 2;
  std::uint64_t items = 0;  ///< jobs, divisible by the producers; with `idle` how often a job comes
  std::uint64_t spin = 0;   ///< rounds of work in a job; 0: an empty one
};

/// So many rounds of work that no compiler takes away: each needs the one before.
inline void spin(std::uint64_t rounds) noexcept {
  std::uint64_t state = rounds;
  for (; rounds > 0; --rounds) {
    state = state * 6364136223846793005U + 1;
    asm volatile("" : "+r"(state));
  }
}

/// The rounds that take about `time` here: by the shortest of many tries, which others on the machine can
/// hardly lengthen. Takes some 20 ms.
std::uint64_t spin_of(duration time);

/// What jobs run that are counted: the last one stops the clock.
class counted_course {
 public:
  explicit counted_course(const pool_cell& cell) : left_{cell.items}, spin_(cell.spin) {}

  void begin() noexcept { watch_.restart(); }

  void run() noexcept {
    spin(spin_);
    if (left_.jobs.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    cost_ = watch_.read();
    ended_.store(true, std::memory_order_release);  // partner: the acquire inside wait()
    ended_.notify_one();
  }

  /// Waits for the last job.
  spent wait() const noexcept {
    ended_.wait(false, std::memory_order_acquire);
    return cost_;
  }

  /// 0 when each job has run once; asked when the pool has ended.
  std::uint64_t left() const noexcept { return left_.jobs.load(std::memory_order_relaxed); }

 private:
  struct alignas(64) counter {  // every job writes it; what else there is they read
    std::atomic<std::uint64_t> jobs;
  };

  counter left_;
  std::uint64_t spin_;
  spent cost_;
  stopwatch watch_;
  std::atomic<bool> ended_ = false;
};

/// What a single job runs that comes after a pause: it says when it began.
class stamped_course {
 public:
  void run() noexcept {
    began_ = clock::now();
    ran_.store(true, std::memory_order_release);  // partner: the acquire inside wait()
    ran_.notify_one();
  }

  time_point wait() noexcept {
    ran_.wait(false, std::memory_order_acquire);
    ran_.store(false, std::memory_order_relaxed);  // the next job is not submitted yet
    return began_;
  }

 private:
  std::atomic<bool> ran_ = false;
  time_point began_{};
};

struct pool_reading {
  spent cost;
  std::uint64_t ran = 0;  ///< as many as the cell has items, or the contender is wrong
};

template <template <class> class Contender>
pool_reading run_jobs(const pool_cell& cell) {
  counted_course course(cell);
  spent cost;
  {
    Contender<counted_course> pool(cell.workers, course);
    start_together(
        cell.producers, [&] { course.begin(); },
        [&](std::size_t) { pool.submit(cell.items / cell.producers); });
    cost = course.wait();
  }
  return {cost, cell.items - course.left()};
}

/// From submit to start of a job that finds the pool idle for 10 ms, once an item.
template <template <class> class Contender>
std::vector<duration> latencies_after_idling(const pool_cell& cell) {
  constexpr duration idle = std::chrono::milliseconds(10);
  stamped_course course;
  std::vector<duration> found;
  Contender<stamped_course> pool(cell.workers, course);
  for (std::uint64_t n = 0; n < cell.items; ++n) {
    std::this_thread::sleep_for(idle);
    const time_point before = clock::now();
    pool.submit(1);
    found.push_back(course.wait() - before);
  }
  return found;
}

/// What the process uses while a pool that has run a job stands idle for so long.
template <template <class> class Contender>
spent standing_idle(const pool_cell& cell, duration length) {
  stamped_course course;
  Contender<stamped_course> pool(cell.workers, course);
  pool.submit(1);
  course.wait();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // who still polls for a while has stopped
  const stopwatch watch;
  std::this_thread::sleep_for(length);
  return watch.read();
}

}  // namespace weir::bench
