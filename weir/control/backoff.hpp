// How long to wait before the next attempt.
//
// Invariant: initial <= base_, previous_ <= cap. A value type: no clock, thread, lock or allocation; not
// thread-safe (guard/retry.hpp is). Rules to the bit: tests/vectors/README.md, "backoff". Source: M. Brooker,
// "Exponential Backoff And Jitter", AWS Architecture Blog, 2015; 10 ms doubling to 1 s is ours.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/control/splitmix64.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::control {

/// How delays are spread, so that callers who failed together do not come back together.
enum class jitter {
  none,          ///< the bare exponential: for one caller, and for tests
  full,          ///< uniform in [0, base]: the least load on the server
  equal,         ///< half fixed, half uniform: never under base / 2
  decorrelated,  ///< uniform in [initial, three times the delay before]; ignores `factor`
};

struct backoff_options {
  duration initial = std::chrono::milliseconds(10);  ///< first delay; at least 1 ns
  double factor = 2.0;                               ///< growth each attempt; finite, at least 1
  duration cap = std::chrono::seconds(1);            ///< no delay is longer; at least `initial`
  control::jitter jitter = control::jitter::none;
};

/// What is wrong with the options, if anything: the first bad one in the order written.
std::optional<option_error> check(const backoff_options&);

class backoff {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit backoff(const backoff_options& = {});

  /// The next delay, in [0, cap]. Draws 64 bits once from `random`, nothing at all for jitter::none. O(1).
  template <std::uniform_random_bit_generator Generator>
  duration next(Generator& random) {
    return next_by(options_.jitter == jitter::none ? 0 : draw_from(random));
  }

  /// After a success: the next delay is the first one again.
  void reset() noexcept { base_ = previous_ = options_.initial; }

 private:
  duration next_by(std::uint64_t draw) noexcept;
  duration decorrelated(std::uint64_t draw) noexcept;
  duration grown() const noexcept;

  backoff_options options_;
  duration base_;      // of none, full, equal
  duration previous_;  // of decorrelated: the delay last drawn
};

}  // namespace weir::control
