// Shadow mode: a guard decides and counts what it would have refused, and lets everything through, so that
// operators see what a limit would do before they switch it on.
//
// Invariant: the count only grows; it counts in shadow mode alone. Orders: relaxed; nothing else hangs on it.
// Thread-safety: all of it.
#pragma once

#include <weir/guard/detail/counter.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace weir {

/// Base of every guard.
class shadowable {
 public:
  /// true: decide and count, but let everything through. Any time.
  void set_shadow(bool on) noexcept { shadow_.store(on, std::memory_order_relaxed); }
  bool is_shadow() const noexcept { return shadow_.load(std::memory_order_relaxed); }
  /// What was let through that would have been refused.
  std::uint64_t would_have_refused() const noexcept { return would_have_.value(); }

 protected:
  shadowable() = default;
  shadowable(shadowable&& other) noexcept
      : shadow_(other.is_shadow()), would_have_(std::move(other.would_have_)) {}
  ~shadowable() = default;

  /// For a call that is to be refused: true when it goes through all the same, and is counted.
  bool passes_as_shadow() noexcept {
    if (!is_shadow()) [[likely]]
      return false;
    would_have_.add();
    return true;
  }

 private:
  std::atomic<bool> shadow_{false};
  detail::counter would_have_;
};

}  // namespace weir
