#include "fiber.hpp"

#include <csetjmp>
#include <cstdlib>
#include <new>

#include <pthread.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define MODEL_UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MODEL_UNDER_ASAN 1
#endif
#endif
#if defined(MODEL_UNDER_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace model {
namespace {

constexpr std::size_t stack_size = std::size_t{512} * 1024;

}  // namespace

fiber::fiber(kind k) {
  if (k == kind::the_stack_we_are_on) {
    pthread_attr_t attributes;
    void* bottom = nullptr;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) std::abort();
    pthread_attr_getstack(&attributes, &bottom, &size_);
    pthread_attr_destroy(&attributes);
    bottom_ = bottom;
    return;
  }
  stack_ =
      mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stack_ == MAP_FAILED) throw std::bad_alloc();
  bottom_ = stack_;
  size_ = stack_size;
}

fiber::~fiber() {
  if (stack_ != nullptr) munmap(stack_, stack_size);
}

void fiber::prepare(void (*entry)()) {
#if defined(MODEL_UNDER_ASAN)
  __asan_unpoison_memory_region(stack_, stack_size);
#endif
  fake_stack_ = nullptr;
  began_ = false;
  if (getcontext(&context_) != 0) std::abort();
  context_.uc_stack.ss_sp = stack_;
  context_.uc_stack.ss_size = stack_size;
  context_.uc_link = nullptr;
  makecontext(&context_, entry, 0);
}

#if defined(MODEL_UNDER_ASAN)
// AddressSanitizer wants to know which stack is in use, and takes every longjmp for one down the stack.
void fiber::switch_to(fiber& there) noexcept {
  __sanitizer_start_switch_fiber(&fake_stack_, there.bottom_, there.size_);
  if (swapcontext(&context_, &there.context_) != 0) std::abort();
  __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
}

void fiber::leave_for(fiber& there) noexcept {
  __sanitizer_start_switch_fiber(nullptr, there.bottom_, there.size_);
  setcontext(&there.context_);
  std::abort();
}
#else
// Several times as fast as swapcontext(), which asks the kernel for the signal mask.
void fiber::switch_to(fiber& there) noexcept {
  if (_setjmp(place_) == 0) leave_for(there);
}

void fiber::leave_for(fiber& there) noexcept {
  began_ = true;
  if (there.began_) _longjmp(there.place_, 1);
  setcontext(&there.context_);
  std::abort();
}
#endif

void fiber::arrived() noexcept {
#if defined(MODEL_UNDER_ASAN)
  __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
}

}  // namespace model
