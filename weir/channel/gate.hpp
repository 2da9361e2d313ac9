// What stands between an operation and a channel's values: two words for those who need not wait, a lock for
// all others. It knows nothing of the values' type.
//
// While the gate is open, a send claims the next position by one compare-and-swap on `tail_`, a receive on
// `head_` (ring.hpp). Whoever needs more than that takes the lock, which shuts the gate: it sets the `shut`
// bit in both words, so that every later compare-and-swap fails and its owner comes to the lock as well. What
// was claimed before is finished without the lock, and soon: between claim and end there is only one move.
// The gate opens again when the lock is left and nothing needs it: nobody waits who has to be thought of, no
// permit is out, the channel is open, and its values are in the ring.
//
// Waking a thread costs more than passing many values, so of each side one at a time is on its way: a thread
// that was woken while others of its side wait on is obliged to take the lock when it runs, and to serve them
// with what is there by then. Until it has, nobody else has to think of them, and the gate may be open.
//
// Invariants
// - While the gate is shut, the positions change under the lock alone.
// - A waiter is listed, a permit counted, the channel closed only while the gate is shut: so whoever passes
// an
//   open gate has nobody to wake, and no wake can be lost.
// Orders: shutting (read-modify-write, acquire) and a claim are on the same word, so one of them sees the
// other; the release when it opens pairs with the acquire that reads a position. Values travel by the turns
// of their slots (ring.hpp), not by these words.
#pragma once

#include <weir/base/fifo_list.hpp>
#include <weir/base/short_lock.hpp>
#include <weir/channel/waiter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace weir::detail {

/// The bit of `head_` and `tail_` that sends everybody to the lock.
inline constexpr std::uint64_t shut_bit = std::uint64_t{1} << 63;

/// BasicLockable. Shuts the gate while held; unlock() opens it if it may, and touches nothing afterwards.
template <class Atomics>
class channel_gate {
 public:
  using waiter_type = waiter<Atomics>;

  /// `places`: 0 for a channel without a ring, whose gate never opens.
  explicit channel_gate(std::size_t places) noexcept : ringed_(places != 0) {
    if (ringed_) return;
    shut_ = true;
    tail_.store(shut_bit, std::memory_order_relaxed);
    head_.store(shut_bit, std::memory_order_relaxed);
  }
  channel_gate(const channel_gate&) = delete;
  channel_gate& operator=(const channel_gate&) = delete;

  void lock() noexcept {
    lock_.lock();
    if (shut_) return;
    shut_ = true;
    tail_.fetch_or(shut_bit, std::memory_order_acq_rel);
    head_.fetch_or(shut_bit, std::memory_order_acq_rel);
  }

  void unlock() noexcept {
    if (may_open()) open();
    lock_.unlock();
  }

  /// The lock alone: for looking at what is guarded by it without stopping the traffic.
  short_lock<Atomics>& bare_lock() noexcept { return lock_; }

 protected:
  template <class V>
  using atomic = typename Atomics::template atomic<V>;

  // Under the lock, but for the words.
  alignas(64) atomic<std::uint64_t> tail_{0};
  alignas(64) atomic<std::uint64_t> head_{0};
  alignas(64) short_lock<Atomics> lock_;
  bool shut_ = false;
  bool ringed_;  // values go through the ring
  atomic<bool> closed_{false};
  std::size_t permits_ = 0;
  fifo_list<waiter_type> senders_;
  fifo_list<waiter_type> receivers_;
  // Somebody waits, though the gate is open. Written before it opens: see the order of the words.
  atomic<bool> crowded_{false};
  bool sender_on_its_way_ = false;
  bool receiver_on_its_way_ = false;

 private:
  [[gnu::noinline]] void open() noexcept {
    shut_ = false;
    crowded_.store(!senders_.empty() || !receivers_.empty(), std::memory_order_relaxed);
    head_.store(head_.load(std::memory_order_relaxed) & ~shut_bit, std::memory_order_release);
    tail_.store(tail_.load(std::memory_order_relaxed) & ~shut_bit, std::memory_order_release);
  }
  bool may_open() const noexcept {
    return ringed_ && (senders_.empty() || sender_on_its_way_) &&
           (receivers_.empty() || receiver_on_its_way_) && permits_ == 0 &&
           !closed_.load(std::memory_order_relaxed);
  }
};

}  // namespace weir::detail
