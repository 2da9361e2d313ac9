// Random numbers for choices that must be fair, not secret or repeatable.
//
// Invariant: the state of a thread is a plain integer without a destructor, so it also works while
// thread_local objects of others are being destroyed. Thread-safety: each thread has its own state.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::detail {

/// The next number of this thread's sequence (splitmix64: G. Steele, D. Lea, C. Flood, "Fast splittable
/// pseudorandom number generators", OOPSLA 2014). Threads start at different places.
std::uint64_t thread_random() noexcept;

/// Uniform in [0, n), up to a bias of n / 2^32; n >= 1, below 2^32.
inline std::size_t thread_random_below(std::size_t n) noexcept {
  return static_cast<std::size_t>(((thread_random() >> 32) * n) >> 32);
}

}  // namespace weir::detail
