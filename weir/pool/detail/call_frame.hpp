// What this thread is doing for which pool, so that a pool knows its own jobs when they call it.
//
// Invariant: innermost_call is the top of a stack of frames that live on this thread's stack, one for each
// job run or on_lost under way. Thread-safety: each thread sees its own.
#pragma once

#include <cstddef>

namespace weir::detail {

class engine;

class call_frame;
inline constinit thread_local call_frame* innermost_call = nullptr;
/// The pool whose worker this thread is.
inline constinit thread_local const engine* works_for = nullptr;

class call_frame {
 public:
  explicit call_frame(const engine& pool) noexcept : pool_(&pool), outer_(innermost_call) {
    innermost_call = this;
  }
  call_frame(const call_frame&) = delete;
  call_frame& operator=(const call_frame&) = delete;
  ~call_frame() { innermost_call = outer_; }

  /// True inside a job or an on_lost of this pool.
  static bool inside(const engine& pool) noexcept {
    for (const call_frame* frame = innermost_call; frame; frame = frame->outer_)
      if (frame->pool_ == &pool) return true;
    return false;
  }

  /// Marks this thread's frames of the pool as waiting in drain; how many were not yet.
  static std::size_t enter_drain(const engine& pool) noexcept {
    std::size_t marked = 0;
    for (call_frame* frame = innermost_call; frame; frame = frame->outer_) {
      if (frame->pool_ != &pool || frame->draining_) continue;
      frame->draining_ = true;
      ++marked;
    }
    return marked;
  }

  /// Undoes enter_drain: the innermost `marked` frames of the pool.
  static void leave_drain(const engine& pool, std::size_t marked) noexcept {
    for (call_frame* frame = innermost_call; frame && marked != 0; frame = frame->outer_) {
      if (frame->pool_ != &pool) continue;
      frame->draining_ = false;
      --marked;
    }
  }

 private:
  const engine* pool_;
  call_frame* outer_;
  bool draining_ = false;
};

}  // namespace weir::detail
