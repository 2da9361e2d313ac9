// The time, for decisions made millions of times a second: weir::clock, read by the processor's own counter.
//
// A reading of the clock costs 25 ns, of the counter 10. Each thread reads the clock every 100 us and in
// between adds what the counter has moved on since. The counter is used only where it runs at one speed in
// every state of the processor; elsewhere, and until its speed has been measured, this is clock::now().
//
// Invariant: a reading is at most 0.1 us off the clock, behind rather than ahead: the counter is read after
// the clock it is set by, and a pair of readings that were interrupted in between is not used. Two readings
// of one thread may step back by as much. Orders: none; each thread has its own anchor, and the measured
// speed is copied into it under a lock. Thread-safety: all of it.
#pragma once

#include <weir/base/time.hpp>

#include <cstdint>

namespace weir::detail {

/// What a thread knows: at `at` the counter stood at `ticks`; that is good for `good_for` ticks, 0: it knows
/// nothing.
struct clock_anchor {
  std::uint64_t ticks = 0;
  std::uint64_t good_for = 0;
  std::uint64_t scale = 0;  // ns a tick, in 2^-32
  duration::rep at = 0;
};
inline constinit thread_local clock_anchor this_clock_anchor{};

/// Reads the clock, and sets the thread's anchor by it where that can be.
time_point read_and_anchor() noexcept;

/// About now. O(1).
inline time_point quick_now() noexcept {
#if defined(__x86_64__)
  const clock_anchor& a = this_clock_anchor;
  const std::uint64_t passed = __builtin_ia32_rdtsc() - a.ticks;
  if (passed < a.good_for) [[likely]] {
    return time_point(duration(a.at + static_cast<duration::rep>(passed * a.scale >> 32)));
  }
#endif
  return read_and_anchor();
}

}  // namespace weir::detail
