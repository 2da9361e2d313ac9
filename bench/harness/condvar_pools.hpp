// Threads over the textbook queue, as contenders (pool_cell.hpp): bounded as weir's pools are, and without a
// bound, as most that people write for themselves.
#pragma once

#include <bench/harness/condvar_queue.hpp>
#include <bench/harness/pool_cell.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <thread>
#include <vector>

namespace weir::bench {

template <class Course, std::size_t Capacity>
class condvar_pool_of {
 public:
  condvar_pool_of(std::size_t workers, Course& course) : course_(course), queue_(Capacity) {
    threads_.reserve(workers);
    for (std::size_t i = 0; i < workers; ++i)
      threads_.emplace_back([this] {
        while (const std::function<void()> task = queue_.take()) task();  // an empty function: the end
      });
  }
  ~condvar_pool_of() {
    for (std::size_t i = 0; i < threads_.size(); ++i) queue_.put({});
  }
  void submit(std::uint64_t count) {
    for (; count > 0; --count) queue_.put([&course = course_] { course.run(); });
  }

 private:
  Course& course_;
  condvar_queue<std::function<void()>> queue_;
  std::vector<std::jthread> threads_;
};

template <class Course>
using condvar_pool = condvar_pool_of<Course, pool_queue_capacity>;
template <class Course>
using unbounded_condvar_pool = condvar_pool_of<Course, std::numeric_limits<std::size_t>::max()>;

}  // namespace weir::bench
