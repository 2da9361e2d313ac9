// The atomics policy of the model: what weir's templates take instead of native_atomics.
//
// Thread-safety: as std::atomic, for the threads of a scenario.
#pragma once

#include "scheduler.hpp"

#include <weir/base/time.hpp>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace model {

/// As std::atomic<V>, every operation of it a step of the scenario.
template <class V>
class atomic {
  static_assert(std::is_trivially_copyable_v<V> && sizeof(V) <= sizeof(std::uint64_t));
  static constexpr auto strongest = std::memory_order_seq_cst;

 public:
  using value_type = V;
  static constexpr bool is_always_lock_free = true;

  atomic() : atomic(V{}) {}
  atomic(V value) { index_ = atomic_made(this, bits(value)); }
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;
  ~atomic() { atomic_gone(index_, this); }

  V load(std::memory_order o = strongest) const noexcept { return value(atomic_load(index_, this, o)); }
  void store(V v, std::memory_order o = strongest) noexcept { atomic_store(index_, this, bits(v), o); }
  V exchange(V v, std::memory_order o = strongest) noexcept {
    return change("exchange", [](std::uint64_t, std::uint64_t to) { return to; }, v, o);
  }

  bool compare_exchange_strong(V& expected, V desired, std::memory_order success,
                               std::memory_order failure) noexcept {
    return compare_exchange(expected, desired, strength::strong, success, failure);
  }
  bool compare_exchange_strong(V& expected, V desired, std::memory_order o = strongest) noexcept {
    return compare_exchange(expected, desired, strength::strong, o, without_release(o));
  }
  bool compare_exchange_weak(V& expected, V desired, std::memory_order success,
                             std::memory_order failure) noexcept {
    return compare_exchange(expected, desired, strength::weak, success, failure);
  }
  bool compare_exchange_weak(V& expected, V desired, std::memory_order o = strongest) noexcept {
    return compare_exchange(expected, desired, strength::weak, o, without_release(o));
  }

  V fetch_add(V v, std::memory_order o = strongest) noexcept {
    return change(
        "fetch_add", [](std::uint64_t x, std::uint64_t y) { return bits(V(value(x) + value(y))); }, v, o);
  }
  V fetch_sub(V v, std::memory_order o = strongest) noexcept {
    return change(
        "fetch_sub", [](std::uint64_t x, std::uint64_t y) { return bits(V(value(x) - value(y))); }, v, o);
  }
  V fetch_or(V v, std::memory_order o = strongest) noexcept {
    return change("fetch_or", [](std::uint64_t x, std::uint64_t y) { return x | y; }, v, o);
  }
  V fetch_and(V v, std::memory_order o = strongest) noexcept {
    return change("fetch_and", [](std::uint64_t x, std::uint64_t y) { return x & y; }, v, o);
  }

  /// Sleeps while it holds `expected`; false when the deadline passed.
  bool sleep_while(V expected, weir::time_point deadline) noexcept {
    return wait_on(index_, this, static_cast<std::uint32_t>(expected), deadline);
  }

 private:
  static std::uint64_t bits(V v) noexcept {
    std::uint64_t b = 0;
    std::memcpy(&b, &v, sizeof v);
    return b;
  }
  static V value(std::uint64_t b) noexcept {
    V v;
    std::memcpy(&v, &b, sizeof v);
    return v;
  }
  static constexpr std::memory_order without_release(std::memory_order o) noexcept {
    if (o == std::memory_order_acq_rel) return std::memory_order_acquire;
    return o == std::memory_order_release ? std::memory_order_relaxed : o;
  }

  V change(const char* name, update how, V operand, std::memory_order o) noexcept {
    return value(atomic_update(index_, this, name, how, bits(operand), o));
  }
  bool compare_exchange(V& expected, V desired, strength how, std::memory_order success,
                        std::memory_order failure) noexcept {
    std::uint64_t seen = bits(expected);
    const bool done = atomic_compare_exchange(index_, this, seen, bits(desired), how, success, failure);
    expected = value(seen);
    return done;
  }

  std::size_t index_ = 0;
};

/// Whether waiting threads of the scenario poll before they sleep; false at the start of each execution.
inline bool polling = false;

struct atomics {
  template <class V>
  using atomic = model::atomic<V>;

  static bool wait(atomic<std::uint32_t>& word, std::uint32_t expected, weir::time_point deadline) noexcept {
    return word.sleep_while(expected, deadline);
  }
  static void wake_one(atomic<std::uint32_t>* word) noexcept { model::wake_one(word); }
  static bool may_poll() noexcept { return polling; }
  static weir::time_point now() noexcept { return model::now(); }
  static void pause() noexcept { give_way(); }
  static void yield() noexcept { give_way(); }
};

}  // namespace model
