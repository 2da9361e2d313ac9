#include <jobs/child.hpp>

#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <new>

// A function that never returns must not push to a sanitizer's shadow stack, which belongs to the parent's
// thread.
#if defined(__clang__)
#define WEIR_UNINSTRUMENTED __attribute__((noinline, disable_sanitizer_instrumentation))
#else
#define WEIR_UNINSTRUMENTED __attribute__((noinline, no_sanitize("address", "thread", "undefined")))
#endif

namespace weir::jobs {
namespace {

constexpr std::size_t stack_bytes = std::size_t{64} << 10;
constexpr std::size_t guard_bytes = 4096;
constexpr int last_signal = 64;

/// Signals that are caught or ignored get their default. Going through SIG_IGN drops what is pending, also of
/// a signal that has its default already, as those that weir waits for have: a ctrl-C that came between clone
/// and setpgid was meant for weir, not for this job. The kernel's struct differs from libc's: the handler,
/// then flags, restorer and mask, which are 0 here. A constructor or memset would bring a sanitizer's code
/// into the child (ThreadSanitizer's memset runs the parent's deferred signal handlers), hence the bare
/// words.
WEIR_UNINSTRUMENTED void reset_signals() noexcept {
  constexpr std::uint64_t by_default = 0;
  constexpr std::uint64_t ignored = 1;
  constexpr std::size_t mask_bytes = 8;
  std::uint64_t pending = 0;
  ::syscall(SYS_rt_sigpending, &pending, mask_bytes);
  for (int signal = 1; signal <= last_signal; ++signal) {
    if (signal == SIGKILL || signal == SIGSTOP) continue;
    std::uint64_t current[4];
    if (::syscall(SYS_rt_sigaction, signal, nullptr, current, mask_bytes) != 0) continue;
    if (current[0] == by_default && (pending >> (signal - 1) & 1) == 0) continue;
    std::uint64_t action[4];
    action[1] = action[2] = action[3] = 0;
    action[0] = ignored;
    ::syscall(SYS_rt_sigaction, signal, action, nullptr, mask_bytes);
    action[0] = by_default;
    ::syscall(SYS_rt_sigaction, signal, action, nullptr, mask_bytes);
  }
}

WEIR_UNINSTRUMENTED void run_child(child_program* program) noexcept {
  ::syscall(SYS_setpgid, 0, 0);
  if (program->watchdog >= 0) {
    const auto pid = static_cast<std::int32_t>(::syscall(SYS_getpid));
    // Where the watchdog was killed this fails; its SIGPIPE stays pending until reset_signals drops it.
    while (::syscall(SYS_write, program->watchdog, &pid, sizeof pid) < 0 && errno == EINTR) {
    }
  }
  reset_signals();
  if (program->open_files != nullptr) {
    ::syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, program->open_files, nullptr);
  }
  if (::syscall(SYS_dup3, program->in, 0, 0) == 0 && ::syscall(SYS_dup3, program->out, 1, 0) == 1 &&
      ::syscall(SYS_dup3, program->err, 2, 0) == 2) {
    ::syscall(SYS_close_range, 3U, ~0U,
              0U);  // a belt: all of ours are close-on-exec; weir may have inherited others
    const std::uint64_t none = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
    ::syscall(SYS_execve, program->path, program->argv, program->environment);
  }
  program->error = errno;
  ::syscall(SYS_exit_group, 127);
}

/// clone() without libc's wrapper, which ThreadSanitizer replaces by one that cannot share memory. The child
/// calls run_child(program) on `stack` and never comes back. The pid, or -errno.
long clone_and_run(unsigned long flags, void* stack, int* pidfd, child_program* program) noexcept {
#if defined(__x86_64__)
  long result = 0;
  register long child_tid asm("r10") = 0;
  register long tls asm("r8") = 0;
  register child_program* argument asm("r12") = program;
  register void (*function)(child_program*) noexcept asm("r13") = run_child;
  asm volatile(
      "syscall\n\t"
      "testq %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xorl %%ebp, %%ebp\n\t"
      "movq %%r12, %%rdi\n\t"
      "callq *%%r13\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "0"(static_cast<long>(SYS_clone)), "D"(flags), "S"(stack), "d"(pidfd), "r"(child_tid), "r"(tls),
        "r"(argument), "r"(function)
      : "rcx", "r11", "cc", "memory");
  return result;
#elif defined(__aarch64__)
  register long number asm("x8") = SYS_clone;
  register unsigned long result asm("x0") = flags;
  register void* child_stack_top asm("x1") = stack;
  register int* parent_tid asm("x2") = pidfd;
  register long tls asm("x3") = 0;
  register long child_tid asm("x4") = 0;
  register child_program* argument asm("x20") = program;
  register void (*function)(child_program*) noexcept asm("x21") = run_child;
  asm volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x30, xzr\n\t"
      "mov x0, x20\n\t"
      "blr x21\n\t"
      "brk #1\n"
      "1:"
      : "+r"(result)
      : "r"(number), "r"(child_stack_top), "r"(parent_tid), "r"(tls), "r"(child_tid), "r"(argument),
        "r"(function)
      : "x30", "cc", "memory");
  return static_cast<long>(result);
#else
#error "weir starts jobs on x86-64 and aarch64; add this architecture's clone here"
#endif
}

}  // namespace

child_stack::child_stack()
    : base_(::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1,
                   0)) {
  if (base_ == MAP_FAILED) throw std::bad_alloc();
  ::mprotect(base_, guard_bytes, PROT_NONE);
}

child_stack::~child_stack() { ::munmap(base_, stack_bytes); }

void* child_stack::top() const noexcept { return static_cast<std::byte*>(base_) + stack_bytes; }

int start_child(child_program& program, const child_stack& stack, child_process& started) noexcept {
  const std::uint64_t all = ~std::uint64_t{0};
  std::uint64_t before = 0;
  program.error = 0;
  // By system call: libc would keep its own two signals open, which it sends for setuid and cancellation.
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
  constexpr unsigned long flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  int pidfd = -1;
  const long pid = clone_and_run(flags, stack.top(), &pidfd, &program);
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, sizeof before);
  if (pid < 0) return static_cast<int>(-pid);
  started = {static_cast<pid_t>(pid), pidfd};
  return 0;
}

}  // namespace weir::jobs
