// What the channel's tests share: waiting for a state without a clock, elements that keep count of
// themselves, and somebody else's coroutines.
#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <thread>
#include <utility>

namespace weir::testing {

/// Returns when `holds()` does. A test that waits in vain is ended by ctest's timeout.
template <class Predicate>
void until(Predicate holds) {
  while (!holds()) std::this_thread::yield();
}

/// The least coroutine type that awaits what is not its own: starts at once, has no executor.
struct plain {
  struct promise_type {
    plain get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

/// Move-only; `alive` counts the objects that exist and hold a value, `destroyed` the values that ended.
struct counted {
  static inline std::atomic<int> alive{0};
  static inline std::atomic<int> destroyed{0};
  static void reset() { alive = destroyed = 0; }

  explicit counted(int v) : value(v), holds(true) { ++alive; }
  counted(counted&& other) noexcept : value(other.value), holds(std::exchange(other.holds, false)) {}
  counted& operator=(counted&& other) noexcept {
    if (holds) end();
    value = other.value;
    holds = std::exchange(other.holds, false);
    return *this;
  }
  ~counted() {
    if (holds) end();
  }

  int value;
  bool holds;

 private:
  static void end() {
    --alive;
    ++destroyed;
  }
};

}  // namespace weir::testing
