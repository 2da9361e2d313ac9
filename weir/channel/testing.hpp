// What the channel's tests share: waiting for a state without a clock, and elements that keep count of
// themselves.
#pragma once

#include <atomic>
#include <thread>
#include <utility>

namespace weir::testing {

/// Returns when `holds()` does. A test that waits in vain is ended by ctest's timeout.
template <class Predicate>
void until(Predicate holds) {
  while (!holds()) std::this_thread::yield();
}

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
