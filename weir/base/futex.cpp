#include <weir/base/futex.hpp>
#include <weir/base/hardware.hpp>

#include <cerrno>
#include <ctime>

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace weir::detail {

static_assert(sizeof(std::atomic<std::uint32_t>) == 4, "the kernel compares 32 bits");

bool futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
  timespec at{};
  timespec* limit = nullptr;
  if (deadline != never) {
    // A time before the clock's zero has passed, and the kernel refuses negative ones.
    const auto since =
        deadline.time_since_epoch() < duration::zero() ? duration::zero() : deadline.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    at.tv_sec = static_cast<decltype(at.tv_sec)>(seconds.count());
    at.tv_nsec = static_cast<decltype(at.tv_nsec)>((since - seconds).count());
    limit = &at;
  }
  // BITSET takes an absolute time on CLOCK_MONOTONIC, which is what steady_clock is: no drift when a wait is
  // resumed.
  const long r = ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, limit, nullptr,
                           FUTEX_BITSET_MATCH_ANY);
  return !(r == -1 && errno == ETIMEDOUT);
}

void futex_wake_one(std::atomic<std::uint32_t>* word) noexcept {
  ::syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

bool many_processors() noexcept {
  static const bool many = hardware() > 1;
  return many;
}

void native_atomics::yield() noexcept { ::sched_yield(); }

}  // namespace weir::detail
