// What the standard library waits with, as a fiber must wait: by letting the others go on.
//
// std::stop_callback's destructor waits for a callback that runs in another thread; it knows the thread by
// pthread_self(), and waits with sched_yield() and a futex. The linker (--wrap) sends the calls made from
// scenarios here; calls made outside of a scenario go through.
#include "scheduler.hpp"

#include <cstdarg>

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>

extern "C" {

pthread_t __real_pthread_self() noexcept;
int __real_sched_yield() noexcept;
long __real_syscall(long number, ...) noexcept;

pthread_t __wrap_pthread_self() noexcept {
  return model::running() ? pthread_t{1} + model::self() : __real_pthread_self();
}

int __wrap_sched_yield() noexcept {
  if (!model::running()) return __real_sched_yield();
  model::give_way();
  return 0;
}

long __wrap_syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& argument : a) argument = va_arg(list, long);
  va_end(list);
  if (model::running() && number == SYS_futex && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT) {
    model::give_way();
    return 0;
  }
  return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
}
