// A lock of four bytes for sections of a few dozen instructions.
//
// Invariants: `word_` is free, held, or contended (held, and somebody may sleep on it). unlock() reads
// nothing of the lock after the store that frees it: the next holder may destroy the lock at once, as when
// the receiver of the last value destroys the channel while the sender is still leaving send(). Orders: the
// acquire of each locking operation pairs with the release in unlock().
#pragma once

#include <weir/base/futex.hpp>

#include <cstdint>

namespace weir::detail {

/// BasicLockable, not recursive, not fair. Never spins without bound: it polls for well under a microsecond,
/// and not at all on one processor, then sleeps.
template <class Atomics = native_atomics>
class short_lock {
 public:
  short_lock() = default;
  short_lock(const short_lock&) = delete;
  short_lock& operator=(const short_lock&) = delete;

  void lock() noexcept {
    if (!take_free()) lock_slowly();
  }

  bool try_lock() noexcept { return take_free(); }

  void unlock() noexcept {
    typename Atomics::template atomic<std::uint32_t>* const word = &word_;
    if (word_.exchange(free, std::memory_order_release) == contended) Atomics::wake_one(word);
  }

 private:
  static constexpr std::uint32_t free = 0;
  static constexpr std::uint32_t held = 1;
  static constexpr std::uint32_t contended = 2;
  static constexpr int polls = 30;

  bool take_free() noexcept {
    std::uint32_t seen = free;
    return word_.compare_exchange_strong(seen, held, std::memory_order_acquire, std::memory_order_relaxed);
  }

  void lock_slowly() noexcept {
    if (Atomics::may_poll()) {
      for (int i = 0; i < polls; ++i) {
        Atomics::pause();
        if (word_.load(std::memory_order_relaxed) == free && take_free()) return;
      }
    }
    // Whoever has slept cannot know whether others still do, so it takes the lock as contended.
    while (word_.exchange(contended, std::memory_order_acquire) != free)
      Atomics::wait(word_, contended, never);
  }

  typename Atomics::template atomic<std::uint32_t> word_{free};
};

}  // namespace weir::detail
