// Where one thread waits for one event, or for being interrupted.
//
// Invariants: `done` and `interrupted` are only ever set, each at most once in effect; `parked` is set by the
// waiting thread alone, before it sleeps, so that a partner who finds it unset need not call the kernel.
// Setting `done` is the last thing a partner does with a parker: the waiting thread may then return and take
// the parker with it. Orders: the release in finish() pairs with the acquire in wait(): what the partner
// wrote before is seen.
#pragma once

#include <weir/base/futex.hpp>

#include <cstdint>

namespace weir::detail {

template <class Atomics = native_atomics>
class parker {
 public:
  enum class reason { done, interrupted, timed_out };

  parker() = default;
  parker(const parker&) = delete;
  parker& operator=(const parker&) = delete;

  /// The event has happened. From any thread, once. The parker may be gone when this returns.
  void finish() noexcept { raise(done); }

  /// Makes wait() return early. From any thread, any number of times, while the parker lives.
  void interrupt() noexcept { raise(interrupted); }

  /// Waits for finish(), interrupt() or the deadline; `done` when several hold. Polls for under a microsecond
  /// and yields a few times before it sleeps (neither on one processor).
  reason wait(time_point deadline) noexcept { return reason_of(wait_for(done | interrupted, deadline)); }

  /// The same for what is known to take longer: sleeps at once.
  reason doze(time_point deadline) noexcept { return reason_of(sleep(done | interrupted, deadline)); }

  /// Waits for finish() alone: for a partner who is known to be between its decision and finish().
  void wait_done() noexcept { wait_for(done, never); }

 private:
  static constexpr std::uint32_t parked = 1;
  static constexpr std::uint32_t done = 2;
  static constexpr std::uint32_t interrupted = 4;
  static constexpr int polls = 25;  // of about 30 ns each
  static constexpr int yields = 4;

  void raise(std::uint32_t bit) noexcept {
    typename Atomics::template atomic<std::uint32_t>* const word = &word_;
    if (word_.fetch_or(bit, std::memory_order_release) & parked) Atomics::wake_one(word);
  }

  static reason reason_of(std::uint32_t seen) noexcept {
    if (seen & done) return reason::done;
    return seen & interrupted ? reason::interrupted : reason::timed_out;
  }

  std::uint32_t wait_for(std::uint32_t mask, time_point deadline) noexcept {
    return poll(mask) ? word_.load(std::memory_order_acquire) : sleep(mask, deadline);
  }

  std::uint32_t sleep(std::uint32_t mask, time_point deadline) noexcept {
    std::uint32_t seen = word_.load(std::memory_order_acquire);
    while (!(seen & mask)) {
      if (!(seen & parked)) {
        if (!word_.compare_exchange_weak(seen, seen | parked, std::memory_order_acquire)) {
          continue;
        }
        seen |= parked;
      }
      const bool in_time = Atomics::wait(word_, seen, deadline);
      seen = word_.load(std::memory_order_acquire);
      if (!in_time) break;
    }
    return seen;
  }

  bool poll(std::uint32_t mask) noexcept {
    if (!Atomics::may_poll()) return false;
    for (int i = 0; i < polls + yields; ++i) {
      if (word_.load(std::memory_order_relaxed) & mask) return true;
      i < polls ? Atomics::pause() : Atomics::yield();
    }
    return false;
  }

  typename Atomics::template atomic<std::uint32_t> word_{0};
};

}  // namespace weir::detail
