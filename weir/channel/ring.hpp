// The values of a channel in a ring of exactly `places` slots, for elements that are quiet once moved from.
//
// After Vyukov's bounded queue (1024cores.net, "Bounded MPMC queue"): each slot has a turn that says what may
// happen to it next. Position p is slot index(p), its low bits, in the lap that its other bits are; the slot
// is free for p when its turn is that lap, holds p's value when it is that plus one, and is free for the next
// lap after that. Turns start at 0, so the memory need not be touched before it is used.
//
// Invariants: a position is claimed once, by moving `tail_` or `head_` past it; from then on its slot belongs
// to the claimer until the turn moves on. Between claim and turn runs nothing but T's move constructor and
// the destructor of what it leaves, which is quiet: no user code that could wait for the slot itself.
// Orders: the release of each turn pairs with the acquire that reads it; with it travels the value one way,
// the empty slot the other. The claims are sequentially consistent, as are the loads that call a ring full or
// empty, so that such an answer was true at one moment of the call.
#pragma once

#include <weir/base/patience.hpp>
#include <weir/channel/gate.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// True when destroying a moved-from T runs no code that could use a channel: such values are kept in a
/// lock-free ring, others behind a lock. May be specialised for types of your own, such as a struct of
/// strings.
template <class T>
inline constexpr bool quiet_when_moved_from = std::is_trivially_destructible_v<T>;
template <class T>
inline constexpr bool quiet_when_moved_from<std::unique_ptr<T>> = true;
template <class T>
inline constexpr bool quiet_when_moved_from<std::shared_ptr<T>> = true;
template <class T>
inline constexpr bool quiet_when_moved_from<std::vector<T>> = true;
template <class Char>
inline constexpr bool quiet_when_moved_from<std::basic_string<Char>> = true;

namespace detail {

/// Moves without user code.
template <class T>
concept plain_element = std::is_trivially_copyable_v<T> && std::is_trivially_copy_assignable_v<T>;

/// What an attempt at the ring came to without the lock. `shut`: ask again under it.
enum class passage : std::uint8_t { done, blocked, shut };

/// Positions in a ring.
struct ring_range {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

template <class T, class Atomics>
class channel_ring : public channel_gate<Atomics> {
 public:
  /// std::length_error when no address space could hold it, std::bad_alloc when there is none.
  explicit channel_ring(std::size_t places)
      : channel_gate<Atomics>(places),
        places_(places),
        mask_(lap_size(places) - 1),
        slots_(make_slots(places)) {}

  passage try_push(T& value) noexcept {
    std::uint64_t at = tail_.load(std::memory_order_relaxed);
    for (;;) {
      if (at & shut_bit) return passage::shut;
      slot& s = slot_at(at);
      if (s.turn.load(std::memory_order_acquire) == free_turn(at)) {
        if (claim(tail_, at, next(at))) {
          fill(s, at, value);
          return passage::done;
        }
      } else if (moved_on(tail_, at)) {
        continue;
      } else {
        return passage::blocked;
      }
    }
  }

  /// `take(T&)` gets the value, which is destroyed behind it.
  template <class Take>
  passage try_pop(Take take) noexcept {
    std::uint64_t at = head_.load(std::memory_order_relaxed);
    for (;;) {
      if (at & shut_bit) return passage::shut;
      slot& s = slot_at(at);
      if (s.turn.load(std::memory_order_acquire) == full_turn(at)) {
        if (claim(head_, at, next(at))) {
          take(s.value);
          vacate(s, at);
          return passage::done;
        }
      } else if (moved_on(head_, at)) {
        continue;
      } else {
        return passage::blocked;
      }
    }
  }

  /// From the front, in one claim; 0 when there is no place for the first, or the gate is shut.
  std::size_t try_push_some(std::span<T> values) noexcept {
    std::uint64_t at = tail_.load(std::memory_order_relaxed);
    for (;;) {
      if (at & shut_bit) return 0;
      const std::size_t n = run_of(at, values.size(), 0);
      if (n == 0) return 0;
      if (!claim(tail_, at, advance(at, n))) continue;
      for (std::size_t i = 0; i < n; ++i, at = next(at)) fill(slot_at(at), at, values[i]);
      return n;
    }
  }
  /// The same for receiving, of elements that are assigned without user code.
  std::size_t try_pop_some(std::span<T> out) noexcept
    requires plain_element<T>
  {
    std::uint64_t at = head_.load(std::memory_order_relaxed);
    for (;;) {
      if (at & shut_bit) return 0;
      const std::size_t n = run_of(at, out.size(), 1);
      if (n == 0) return 0;
      if (!claim(head_, at, advance(at, n))) continue;
      for (std::size_t i = 0; i < n; ++i, at = next(at)) {
        slot& s = slot_at(at);
        out[i] = s.value;
        vacate(s, at);
      }
      return n;
    }
  }

  /// True: the ring was full and nobody waited, with the gate open, at one moment of this call. False says
  /// nothing.
  bool is_surely_full() const noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_seq_cst);
    const std::uint64_t head = head_.load(std::memory_order_seq_cst);
    return !((tail | head) & shut_bit) && distance(head, tail) == places_ && !is_crowded() &&
           tail_.load(std::memory_order_seq_cst) == tail;
  }
  bool is_surely_empty() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_seq_cst);
    const std::uint64_t tail = tail_.load(std::memory_order_seq_cst);
    return !((tail | head) & shut_bit) && head == tail && !is_crowded() &&
           head_.load(std::memory_order_seq_cst) == head;
  }

  /// Claimed and not yet taken: a snapshot.
  std::size_t queued() const noexcept {
    std::uint64_t tail = tail_.load(std::memory_order_seq_cst);
    for (;;) {
      const std::uint64_t head = head_.load(std::memory_order_seq_cst);
      const std::uint64_t now = tail_.load(std::memory_order_seq_cst);
      if (now == tail) return places_ == 0 ? 0 : distance(head & ~shut_bit, tail & ~shut_bit);
      tail = now;
    }
  }

  // The rest with the gate shut: what is still being filled or vacated was claimed before.

  bool is_empty() const noexcept { return head() == tail(); }
  std::size_t count() const noexcept { return places_ == 0 ? 0 : distance(head(), tail()); }

  /// There must be a place.
  void push(T& value) noexcept {
    const std::uint64_t at = tail();
    slot& s = slot_at(at);
    wait_for_turn(s, free_turn(at));
    tail_.store(next(at) | shut_bit, std::memory_order_relaxed);
    fill(s, at, value);
  }

  /// There must be a value.
  template <class Take>
  void pop(Take take) noexcept {
    const std::uint64_t at = head();
    slot& s = slot_at(at);
    wait_for_turn(s, full_turn(at));
    head_.store(next(at) | shut_bit, std::memory_order_relaxed);
    take(s.value);
    vacate(s, at);
  }

  /// Nobody will receive these any more: what is from here on in the ring's range goes to destroy().
  ring_range give_up() noexcept {
    const ring_range all{head(), tail()};
    for (std::uint64_t at = all.from; at != all.to; at = next(at)) wait_for_turn(slot_at(at), full_turn(at));
    head_.store(all.to | shut_bit, std::memory_order_relaxed);
    return all;
  }
  /// Runs the user's destructors, so under no lock; the slots are not used again.
  void destroy(ring_range given_up) noexcept {
    for (std::uint64_t at = given_up.from; at != given_up.to; at = next(at)) {
      std::destroy_at(std::addressof(slot_at(at).value));
    }
  }

 private:
  template <class V>
  using atomic = typename Atomics::template atomic<V>;
  using channel_gate<Atomics>::head_;
  using channel_gate<Atomics>::tail_;

  struct slot {
    atomic<std::uint64_t> turn{0};
    union {
      T value;
    };
    slot() noexcept {}
    ~slot() {}
  };

  /// Memory from the system is zero, which is a fresh slot on the real machine; it is not touched here, so
  /// that a large capacity costs address space until it is used.
  static constexpr bool zero_is_fresh =
      std::is_same_v<Atomics, native_atomics> && alignof(slot) <= alignof(std::max_align_t);

  struct free_slots {
    void operator()(slot* s) const noexcept {
      if constexpr (zero_is_fresh) {
        std::free(s);
      } else {
        ::operator delete(s, std::align_val_t{alignof(slot)});
      }
    }
  };

  /// A power of two above the largest index; at least 2, so that a turn of one lap is none of the next.
  static std::uint64_t lap_size(std::size_t places) {
    constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max() / sizeof(slot);
    if (places > most) throw std::length_error("weir::channel: capacity exceeds the address space");
    return std::bit_ceil(std::max<std::uint64_t>(places, 2));
  }

  static slot* make_slots(std::size_t places) {
    if (places == 0) return nullptr;
    if constexpr (zero_is_fresh) {
      void* const memory = std::calloc(places, sizeof(slot));
      if (memory == nullptr) throw std::bad_alloc();
      return static_cast<slot*>(memory);
    } else {
      auto* const s =
          static_cast<slot*>(::operator new(places * sizeof(slot), std::align_val_t{alignof(slot)}));
      std::uninitialized_default_construct_n(s, places);
      return s;
    }
  }

  std::size_t index(std::uint64_t at) const noexcept { return static_cast<std::size_t>(at & mask_); }
  std::uint64_t free_turn(std::uint64_t at) const noexcept { return at & ~mask_; }
  std::uint64_t full_turn(std::uint64_t at) const noexcept { return free_turn(at) | 1; }
  slot& slot_at(std::uint64_t at) const noexcept { return slots_.get()[index(at)]; }
  std::uint64_t next(std::uint64_t at) const noexcept {
    return index(at + 1) == places_ ? next_lap(at) : at + 1;
  }
  std::uint64_t next_lap(std::uint64_t at) const noexcept { return (at | mask_) + 1; }
  /// By at most a lap.
  std::uint64_t advance(std::uint64_t at, std::size_t n) const noexcept {
    const std::size_t left = places_ - index(at);
    return n < left ? at + n : next_lap(at) + (n - left);
  }
  /// Of two positions that are at most a lap apart.
  std::size_t distance(std::uint64_t from, std::uint64_t to) const noexcept {
    const std::size_t laps = free_turn(from) == free_turn(to) ? 0 : places_;
    return laps + index(to) - index(from);
  }

  std::uint64_t head() const noexcept { return head_.load(std::memory_order_relaxed) & ~shut_bit; }
  std::uint64_t tail() const noexcept { return tail_.load(std::memory_order_relaxed) & ~shut_bit; }

  bool is_crowded() const noexcept { return this->crowded_.load(std::memory_order_relaxed); }

  static bool claim(atomic<std::uint64_t>& word, std::uint64_t& seen, std::uint64_t to) noexcept {
    return word.compare_exchange_weak(seen, to, std::memory_order_seq_cst, std::memory_order_relaxed);
  }
  /// Somebody has claimed `seen`: then the slot's turn was that of another position.
  static bool moved_on(const atomic<std::uint64_t>& word, std::uint64_t& seen) noexcept {
    return std::exchange(seen, word.load(std::memory_order_relaxed)) != seen;
  }

  /// How many slots from position `at` on, at most `most`, are free (`filled` 0) or hold a value (1).
  std::size_t run_of(std::uint64_t at, std::size_t most, std::uint64_t filled) const noexcept {
    most = std::min(most, places_);
    std::size_t n = 0;
    while (n < most && slot_at(at).turn.load(std::memory_order_acquire) == free_turn(at) + filled) {
      at = next(at);
      ++n;
    }
    return n;
  }

  void fill(slot& s, std::uint64_t at, T& value) noexcept {
    std::construct_at(std::addressof(s.value), std::move(value));
    s.turn.store(full_turn(at), std::memory_order_release);
  }
  void vacate(slot& s, std::uint64_t at) noexcept {
    std::destroy_at(std::addressof(s.value));
    s.turn.store(next_lap(at), std::memory_order_release);
  }

  static void wait_for_turn(const slot& s, std::uint64_t turn) noexcept {
    for (patience<Atomics> wait; s.turn.load(std::memory_order_acquire) != turn;) wait();
  }

  const std::size_t places_;
  const std::uint64_t mask_;
  const std::unique_ptr<slot, free_slots> slots_;
};

}  // namespace detail

}  // namespace weir
