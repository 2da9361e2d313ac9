// A last-in first-out store of pointers with room for all that there will be: putting one back cannot fail.
//
// Invariant: size_ <= room_. Owns nothing that it points to. Not thread-safe.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <memory>
#include <span>

namespace weir::detail {

template <class T>
class pointer_stack {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  /// Room for `count` pointers in all. May throw std::bad_alloc, and has changed nothing then.
  void reserve(std::size_t count) {
    if (count <= room_) return;
    const std::size_t more = std::max(count, room_ + room_ / 2);
    auto block = std::make_unique<T*[]>(more);
    std::copy_n(block_.get(), size_, block.get());
    block_ = std::move(block);
    room_ = more;
  }

  /// Need room.
  void push(T& one) noexcept {
    assert(size_ < room_);
    block_[size_++] = &one;
  }
  void push(std::span<T* const> several) noexcept {
    assert(several.size() <= room_ - size_);
    std::ranges::copy(several, block_.get() + size_);
    size_ += several.size();
  }

  /// What will be on top when `count` more were popped; null when there are not so many.
  T* below_top(std::size_t count) const noexcept {
    return size_ > count ? block_[size_ - 1 - count] : nullptr;
  }

  /// Needs one.
  T& pop() noexcept {
    assert(!empty());
    return *block_[--size_];
  }

 private:
  std::unique_ptr<T*[]> block_;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
};

}  // namespace weir::detail
