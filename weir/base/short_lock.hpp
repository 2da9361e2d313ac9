// A lock of four bytes for sections of a few dozen instructions.
//
// Leaving it is one plain store: nobody sleeps until woken, so nobody has to be asked for. That halves the
// price of a lock that is free, which ours nearly always is (docs/decisions/0004-channel-storage.md). Whoever
// finds it held polls, yields, and then sleeps in short naps: a holder that lost its processor gets one.
//
// Invariants: `word_` is free or held. unlock() reads nothing of the lock after the store that frees it: the
// next holder may destroy the lock at once, as when the receiver of the last value destroys the channel while
// the sender is still leaving send(). Orders: the acquire of the exchange that takes the lock pairs with the
// release in unlock().
#pragma once

#include <weir/base/futex.hpp>
#include <weir/base/patience.hpp>

#include <cstdint>

namespace weir::detail {

/// BasicLockable, not recursive, not fair.
template <class Atomics = native_atomics>
class short_lock {
 public:
  short_lock() = default;
  short_lock(const short_lock&) = delete;
  short_lock& operator=(const short_lock&) = delete;

  void lock() noexcept {
    if (!try_lock()) wait_for_it();
  }

  bool try_lock() noexcept { return word_.exchange(held, std::memory_order_acquire) == free; }

  void unlock() noexcept { word_.store(free, std::memory_order_release); }

 private:
  static constexpr std::uint32_t free = 0;
  static constexpr std::uint32_t held = 1;

  void wait_for_it() noexcept {
    patience<Atomics> wait;
    do {
      wait();
    } while (word_.load(std::memory_order_relaxed) != free || !try_lock());
  }

  typename Atomics::template atomic<std::uint32_t> word_{free};
};

}  // namespace weir::detail
