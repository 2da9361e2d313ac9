// The bounded queue of the textbooks: one mutex, two condition variables, a std::deque. What a team writes
// for itself in an afternoon, and so the peer with the same promise as weir's channel.
//
// Invariant: values_.size() <= capacity_; everything but the notifications happens under mutex_.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

namespace weir::bench {

template <class T>
class condvar_queue {
 public:
  /// At least 1: it cannot hand over without a place.
  explicit condvar_queue(std::size_t capacity) : capacity_(capacity) {}

  void put(T value) {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [&] { return values_.size() < capacity_; });
    values_.push_back(std::move(value));
    lock.unlock();
    has_value_.notify_one();
  }

  T take() {
    std::unique_lock lock(mutex_);
    has_value_.wait(lock, [&] { return !values_.empty(); });
    T value = std::move(values_.front());
    values_.pop_front();
    lock.unlock();
    has_room_.notify_one();
    return value;
  }

 private:
  std::mutex mutex_;
  std::condition_variable has_room_, has_value_;
  std::deque<T> values_;
  std::size_t capacity_;
};

}  // namespace weir::bench
