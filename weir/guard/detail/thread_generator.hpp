// The thread's own random numbers, as a generator for the algorithms that take one.
#pragma once

#include <weir/base/thread_random.hpp>

#include <cstdint>

namespace weir::detail {

/// A UniformRandomBitGenerator without a state of its own. Thread-safe.
struct thread_generator {
  using result_type = std::uint64_t;
  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return UINT64_MAX; }
  result_type operator()() const noexcept { return thread_random(); }
};

}  // namespace weir::detail
