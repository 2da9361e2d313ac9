// Sleeping on a 32-bit word, and the handful of machine operations that waiting is made of.
//
// Invariants: a wait returns only for a reason (the word changed, somebody woke it, the deadline passed, or a
// signal), so callers loop and look again. A wake may name a word that no longer exists: whoever is told by a
// store may return and free the word before the wake arrives, so the kernel is given its address and nothing
// is read here. Thread-safety: all of it.
#pragma once

#include <weir/base/time.hpp>

#include <atomic>
#include <cstdint>

namespace weir::detail {

/// Sleeps while `word` holds `expected`, until `deadline` on the steady clock (`never`: for ever). False when
/// the deadline passed; true for every other reason, also for none.
bool futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept;

/// Wakes one thread that sleeps on the word at this address, if there is one. The word may be gone.
void futex_wake_one(std::atomic<std::uint32_t>* word) noexcept;

/// True when another processor can make progress while this one polls. Read once.
bool many_processors() noexcept;

/// What the concurrent types are templates on: the real machine here, a controlled one under a model checker.
struct native_atomics {
  template <class V>
  using atomic = std::atomic<V>;

  static bool wait(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
    return futex_wait(word, expected, deadline);
  }
  static void wake_one(atomic<std::uint32_t>* word) noexcept { futex_wake_one(word); }
  static bool may_poll() noexcept { return many_processors(); }
  static time_point now() noexcept { return clock::now(); }
  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }
  static void yield() noexcept;
};

}  // namespace weir::detail
