// A first-in first-out list through hooks inside its elements.
//
// Invariants: an element is in at most one list, and `linked` says whether it is; the list owns nothing.
// Thread-safety: none; the list's owner holds a lock.
#pragma once

#include <cassert>
#include <cstddef>

namespace weir::detail {

/// Base of what can be listed. Not copied with its element: a copy is in no list.
template <class Node>
struct fifo_hook {
  Node* before = nullptr;
  Node* behind = nullptr;
  bool linked = false;
};

/// Node derives from fifo_hook<Node>. Every operation is O(1) and allocates nothing.
template <class Node>
class fifo_list {
 public:
  fifo_list() = default;
  fifo_list(const fifo_list&) = delete;
  fifo_list& operator=(const fifo_list&) = delete;

  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  Node* front() const noexcept { return first_; }
  Node* back() const noexcept { return last_; }

  void push_back(Node& node) noexcept {
    assert(!node.linked);
    node.before = last_;
    node.behind = nullptr;
    (last_ ? last_->behind : first_) = &node;
    last_ = &node;
    node.linked = true;
    ++size_;
  }

  /// From anywhere in the list.
  void remove(Node& node) noexcept {
    assert(node.linked);
    (node.before ? node.before->behind : first_) = node.behind;
    (node.behind ? node.behind->before : last_) = node.before;
    node.before = node.behind = nullptr;
    node.linked = false;
    --size_;
  }

 private:
  Node* first_ = nullptr;
  Node* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weir::detail
