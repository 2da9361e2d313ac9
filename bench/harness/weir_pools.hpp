// weir's pools as contenders (pool_cell.hpp): with closures, with typed jobs, and with jobs handed in 16 at a
// time.
#pragma once

#include <bench/harness/pool_cell.hpp>

#include <weir/pool/task_pool.hpp>
#include <weir/pool/worker_pool.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <thread>

namespace weir::bench {

/// A fixed number of workers; a submitter waits when the queue is full.
inline pool_options fixed_workers(std::size_t workers) {
  return {.min_workers = workers, .max_workers = workers, .queue_capacity = pool_queue_capacity};
}

template <class Course>
class weir_task_pool {
 public:
  weir_task_pool(std::size_t workers, Course& course) : course_(course), pool_(fixed_workers(workers)) {}
  void submit(std::uint64_t count) {
    for (; count > 0; --count)
      if (!pool_.submit([&course = course_] { course.run(); })) std::abort();
  }

 private:
  Course& course_;
  task_pool pool_;
};

template <class Course>
struct course_job {
  Course* course;
};

template <class Course>
class weir_worker_pool {
 public:
  weir_worker_pool(std::size_t workers, Course& course)
      : course_(&course), pool_([](course_job<Course>& job) { job.course->run(); }, fixed_workers(workers)) {}
  void submit(std::uint64_t count) {
    for (; count > 0; --count) {
      course_job<Course> job{course_};
      if (!pool_.submit(std::move(job))) std::abort();
    }
  }

 protected:
  Course* course_;
  worker_pool<course_job<Course>> pool_;
};

/// What a submitter of many does when nothing fits: submit_some itself never waits.
enum class when_full {
  wait,   ///< waits for a place for the next one, by submit
  yield,  ///< lets others run, and tries again
};

template <class Course, when_full Full>
class weir_worker_pool_by_16_or : public weir_worker_pool<Course> {
 public:
  using weir_worker_pool<Course>::weir_worker_pool;
  void submit(std::uint64_t count) {
    std::array<course_job<Course>, 16> batch;
    batch.fill({this->course_});
    while (count > 0) {
      const std::span jobs = std::span(batch).first(std::min<std::uint64_t>(batch.size(), count));
      const std::size_t taken = this->pool_.submit_some(jobs);
      count -= taken;
      if (taken > 0) continue;
      if constexpr (Full == when_full::yield) {
        std::this_thread::yield();
      } else {
        weir_worker_pool<Course>::submit(1);
        --count;
      }
    }
  }
};

template <class Course>
using weir_worker_pool_by_16 = weir_worker_pool_by_16_or<Course, when_full::wait>;
template <class Course>
using weir_worker_pool_by_16_yielding = weir_worker_pool_by_16_or<Course, when_full::yield>;

}  // namespace weir::bench
