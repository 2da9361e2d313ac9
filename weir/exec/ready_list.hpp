// What is ready and belongs to no worker yet: posted from other threads, or too much for a worker's ring.
//
// Invariants: a ring whose size is a power of two; it grows and never shrinks, so that posting allocates only
// when more is ready at once than ever before. Thread-safety: none, its owner holds a lock; size() by anyone,
// a snapshot.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

namespace weir::detail {

class ready_list {
 public:
  ready_list() : ring_(1024) {}

  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

  /// Out of memory ends the program: what is posted has nobody else who would run it.
  void push(void* item) noexcept {
    if (size() == ring_.size()) grow();
    ring_[(first_ + size()) & (ring_.size() - 1)] = item;
    size_.store(size() + 1, std::memory_order_relaxed);
  }

  /// Null when there is none.
  void* pop() noexcept {
    if (size() == 0) return nullptr;
    void* const item = ring_[first_];
    first_ = (first_ + 1) & (ring_.size() - 1);
    size_.store(size() - 1, std::memory_order_relaxed);
    return item;
  }

 private:
  void grow() noexcept {
    std::vector<void*> larger(2 * ring_.size());
    for (std::size_t i = 0; i < ring_.size(); ++i) larger[i] = ring_[(first_ + i) & (ring_.size() - 1)];
    ring_.swap(larger);
    first_ = 0;
  }

  std::vector<void*> ring_;
  std::size_t first_ = 0;
  std::atomic<std::size_t> size_{0};  // written under the lock; no partner
};

}  // namespace weir::detail
