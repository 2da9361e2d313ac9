// What one worker is going to run: a place for the one that was woken last, and a ring for the others.
//
// A coroutine that wakes another usually suspends soon after, and what the woken one needs is still in this
// processor's cache: it runs next. Its place is taken by exchange, so that a worker with nothing to do may
// have it when its waker goes on computing for long. A pair that wakes each other for ever would keep the
// ring waiting: after `turn` of them in a row the ring has its turn.
//
// Invariants: an item is in the place, in the ring, or with one thread. Only the owner puts items in; items
// leave the place by exchange or compare-and-swap, the ring by a compare-and-swap on `head_`: of the owner,
// who takes one, or of a thief, who takes half. head_ <= tail_ <= head_ + places. Orders: the release of each
// store that publishes an item (`next_`, `tail_`) pairs with the acquire of who takes it; the release of the
// swap on `head_` pairs with the acquire in push(), so that an entry is only overwritten after it was read. A
// queue that is not shared (one worker) uses no read-modify-write. Thread-safety: another's queue may be
// given to steal_from(), asked for steal_next() and for its counts, by anyone; all else is the owner's.
#pragma once

#include <weir/base/futex.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::detail {

template <class Atomics = native_atomics, std::size_t Places = 256>
class run_queue {
  static_assert((Places & (Places - 1)) == 0, "an index is cut to size by a mask");

 public:
  static constexpr std::uint64_t places = Places;
  static constexpr std::uint32_t turn = 64;  // hand-overs in a row

  enum class sharing : bool { none, with_others };
  explicit run_queue(sharing s) noexcept : shared_(s == sharing::with_others) {}
  run_queue(const run_queue&) = delete;
  run_queue& operator=(const run_queue&) = delete;

  /// Owner: `item` runs next; who had that place goes to the end of the ring. Returns what found no room in
  /// it, for the owner to put elsewhere: null, or that one.
  [[nodiscard]] void* hand_over(void* item) noexcept {
    void* before = next_.load(std::memory_order_relaxed);
    if (before == nullptr) {
      next_.store(item, std::memory_order_release);  // nobody else fills it
      return nullptr;
    }
    before = exchange_next(item);
    return before == nullptr || push(before) ? nullptr : before;
  }

  /// Owner: to the end of the ring. False: it is full.
  [[nodiscard]] bool push(void* item) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) >= places) return false;
    entry(tail).store(item, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Owner: what to run now, or null.
  void* pop() noexcept {
    if (left_ != 0 && next_.load(std::memory_order_relaxed) != nullptr) {
      --left_;
      if (void* const item = exchange_next(nullptr)) return item;
    }
    left_ = turn;
    if (void* const item = pop_ring()) return item;
    return next_.load(std::memory_order_relaxed) != nullptr ? exchange_next(nullptr) : nullptr;
  }

  /// Takes half of another's ring into this one, which must be empty, by its owner. Returns one of them, or
  /// null.
  void* steal_from(run_queue& other) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    std::uint64_t from = other.head_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint64_t there = other.tail_.load(std::memory_order_acquire);
      if (there <= from) return nullptr;
      const std::uint64_t n = std::min((there - from + 1) / 2, places / 2);
      for (std::uint64_t i = 0; i < n; ++i) {
        entry(tail + i).store(other.entry(from + i).load(std::memory_order_relaxed),
                              std::memory_order_relaxed);
      }
      if (!other.head_.compare_exchange_strong(from, from + n, std::memory_order_acq_rel,
                                               std::memory_order_acquire)) {
        continue;
      }
      void* const last = entry(tail + n - 1).load(std::memory_order_relaxed);
      if (n > 1) tail_.store(tail + n - 1, std::memory_order_release);
      return last;
    }
  }

  /// Takes the one woken last, if it still is `seen`. By anyone.
  void* steal_next(void* seen) noexcept {
    void* there = seen;
    if (seen == nullptr || !next_.compare_exchange_strong(there, nullptr, std::memory_order_acq_rel,
                                                          std::memory_order_relaxed)) {
      return nullptr;
    }
    return seen;
  }

  // Snapshots, for deciding whether to steal.
  void* next() const noexcept { return next_.load(std::memory_order_relaxed); }
  std::uint64_t taken() const noexcept { return head_.load(std::memory_order_relaxed); }
  std::size_t size() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_relaxed);
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
    return tail > head ? static_cast<std::size_t>(tail - head) : 0;
  }

 private:
  using atomic_item = typename Atomics::template atomic<void*>;

  atomic_item& entry(std::uint64_t i) noexcept { return ring_[static_cast<std::size_t>(i & (places - 1))]; }

  void* exchange_next(void* item) noexcept {
    if (shared_) return next_.exchange(item, std::memory_order_acq_rel);
    void* const before = next_.load(std::memory_order_relaxed);
    next_.store(item, std::memory_order_relaxed);
    return before;
  }

  void* pop_ring() noexcept {
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    while (head != tail_.load(std::memory_order_relaxed)) {
      void* const item = entry(head).load(std::memory_order_relaxed);
      if (!shared_) {
        head_.store(head + 1, std::memory_order_relaxed);
        return item;
      }
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        return item;
      }
    }
    return nullptr;
  }

  const bool shared_;
  std::uint32_t left_ = turn;  // of this turn
  atomic_item next_{nullptr};
  typename Atomics::template atomic<std::uint64_t> tail_{0};
  alignas(64) typename Atomics::template atomic<std::uint64_t> head_{0};
  alignas(64) std::array<atomic_item, Places> ring_{};
};

}  // namespace weir::detail
