// How the last calls went.
//
// Invariant: counts() is the sum over the last min(added, size) results. A value type; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::control {

struct call_result {
  bool failed = false;
  bool slow = false;
};

struct call_counts {
  std::int64_t calls = 0;
  std::int64_t failures = 0;
  std::int64_t slow = 0;

  void add(call_result one) noexcept {
    ++calls;
    failures += one.failed;
    slow += one.slow;
  }
  void subtract(call_result one) noexcept {
    --calls;
    failures -= one.failed;
    slow -= one.slow;
  }
};

/// The last `size` results. Allocates in the constructor alone, a few bytes a result.
class call_window {
 public:
  explicit call_window(std::size_t size) : last_(size) {}

  /// Adds one; the oldest leaves a window that is full. The size must not be 0. O(1).
  void add(call_result one) noexcept {
    if (counts_.calls == static_cast<std::int64_t>(last_.size())) counts_.subtract(last_[next_]);
    counts_.add(one);
    last_[next_] = one;
    if (++next_ == last_.size()) next_ = 0;
  }

  const call_counts& counts() const noexcept { return counts_; }

  /// As if nothing had been added. O(1).
  void clear() noexcept {
    counts_ = {};
    next_ = 0;
  }

 private:
  std::vector<call_result> last_;
  std::size_t next_ = 0;  // where the next goes; in a full window, where the oldest is
  call_counts counts_;
};

}  // namespace weir::control
