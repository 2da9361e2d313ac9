// A first-in first-out queue of pointers in one block of memory: neighbours share a cache line, and the next
// ones can be fetched before they are needed.
//
// Invariants: what is in the queue stands at [head_, tail_), each at its number modulo the block's length, a
// power of two; the numbers may wrap around. The queue owns nothing. Thread-safety: none; its owner holds a
// lock.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <memory>

namespace weir::detail {

template <class T>
class pointer_ring {
 public:
  bool empty() const noexcept { return head_ == tail_; }
  std::size_t size() const noexcept { return tail_ - head_; }

  /// Room for `count` pointers in all; never shrinks. May throw std::bad_alloc, and has changed nothing then.
  /// O(size) when it grows, at least by half.
  void reserve(std::size_t count) {
    if (count <= length_) return;
    const std::size_t longer = std::bit_ceil(count);
    auto block = std::make_unique<T*[]>(longer);
    for (std::size_t at = head_; at != tail_; ++at) block[at & (longer - 1)] = block_[at & (length_ - 1)];
    block_ = std::move(block);
    length_ = longer;
  }

  /// Needs room.
  void push_back(T& one) noexcept {
    assert(size() < length_);
    block_[tail_++ & (length_ - 1)] = &one;
  }

  /// For one that comes before all others. Needs room.
  void push_front(T& one) noexcept {
    assert(size() < length_);
    block_[--head_ & (length_ - 1)] = &one;
  }

  /// Needs one.
  T& front() const noexcept {
    assert(!empty());
    return *block_[head_ & (length_ - 1)];
  }
  T& pop_front() noexcept {
    T& first = front();
    ++head_;
    return first;
  }

  /// Pops the first `count` into `out`. Needs as many.
  void pop_front(T** out, std::size_t count) noexcept {
    assert(count <= size());
    const std::size_t mask = length_ - 1;
    for (std::size_t i = 0; i < count; ++i) out[i] = block_[(head_ + i) & mask];
    head_ += count;
  }

 private:
  std::unique_ptr<T*[]> block_;
  std::size_t length_ = 0;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};

}  // namespace weir::detail
