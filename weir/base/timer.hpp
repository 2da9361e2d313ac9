// Calls at given times, for what waits without a thread.
//
// One thread for the whole process, started by the first call and never ended: what waits may be older than
// any scheduler. It sleeps until the earliest time, and not at all while nothing is planned.
//
// Invariants: under the lock; a planned entry is in the heap and knows its place there; the heap's first is
// the earliest, of equal ones the one planned first. An entry is fired once or cancelled, under no lock.
// Thread-safety: all of it; an entry is planned once, or by replan() alone.
#pragma once

#include <weir/base/resumer.hpp>
#include <weir/base/time.hpp>

#include <cstddef>
#include <cstdint>

namespace weir::detail {

/// In the object that waits. `fire` is called on the timer thread, at `at` or soon after, and may be the last
/// to touch the entry.
struct timer_entry {
  time_point at = never;
  resumer fire;
  std::uint64_t number = 0;
  std::size_t place = 0;  // in the heap, from 1; 0: not in it
};

/// O(log n). std::bad_alloc; std::system_error when the thread cannot be started.
void plan(timer_entry& e);

/// Plans it for `at`, whether it is planned for another time, being fired, or neither; may be done again and
/// again. Throws as plan(), and not while it is planned. O(log n).
void replan(timer_entry& e, time_point at);

/// After this `fire` is not called any more, nor running: waits for it, unless it is `fire` that calls this.
/// Harmless for an entry that was never planned. O(log n).
void cancel(timer_entry& e) noexcept;

}  // namespace weir::detail
