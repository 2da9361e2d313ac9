// Stacks to switch between, all on one thread of the machine.
//
// Invariant: a fiber is left only by switch_to() and leave_for(). A fiber that was left for good may be
// prepared again: its stack starts afresh, what was on it is forgotten, not destroyed. Thread-safety: none.
#pragma once

#include <csetjmp>

#include <ucontext.h>

namespace model {

class fiber {
 public:
  enum class kind { the_stack_we_are_on, own_stack };
  explicit fiber(kind k);
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;
  ~fiber();

  /// The next switch to it calls `entry`, which must never return.
  void prepare(void (*entry)());

  /// Goes on there; returns when somebody switches back here.
  void switch_to(fiber& there) noexcept;
  /// The same, for good.
  [[noreturn]] void leave_for(fiber& there) noexcept;

 private:
  ucontext_t context_{};  // where it begins
  std::jmp_buf place_{};  // where it was left
  bool began_ = false;
  void* stack_ = nullptr;
};

}  // namespace model
