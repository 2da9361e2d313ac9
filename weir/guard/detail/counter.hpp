// A count that many threads add to.
//
// Orders: relaxed; nothing else hangs on it. Thread-safety: all of it but being moved.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir::detail {

class counter {
 public:
  counter() = default;
  /// While nobody else uses the other.
  counter(counter&& other) noexcept : count_(other.value()) {}
  counter& operator=(counter&&) = delete;

  void add() noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace weir::detail
