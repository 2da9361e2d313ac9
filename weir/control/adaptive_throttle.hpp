// A client that stops sending what its backend would reject.
//
// Of the requests of the last while the backend accepted some. More than k times as many are not worth
// sending: they are rejected here, at random, with a probability that rises with the excess. A rejected
// request counts as one, so the probability settles instead of swinging; a few get through always and notice
// when the backend is well again.
//
// Invariant: with k * accepts >= requests nothing is rejected. A value type: no clock, thread, lock or
// allocation; not thread-safe (guard/throttle.hpp is). Rules to the bit: tests/vectors/README.md,
// "adaptive_throttle". Source: "Site Reliability Engineering" (Google, 2016), chapter 21, "Client-Side
// Throttling".
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/control/sliced_window.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::control {

struct adaptive_throttle_options {
  double k = 2.0;                               ///< requests sent for each accepted one; finite, at least 1
  duration window = std::chrono::seconds(120);  ///< how long one counts; at least 10 ns
};

/// What is wrong with the options, if anything: the first bad one in the order written.
std::optional<option_error> check(const adaptive_throttle_options&);

class adaptive_throttle {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit adaptive_throttle(const adaptive_throttle_options& = {});

  /// May this request be sent? `draw`: 64 random bits, such as a splitmix64 gives. The request counts
  /// whatever the answer. O(1).
  bool allow(time_point now, std::uint64_t draw) noexcept;

  /// The backend accepted one: it did not say that it is overloaded. O(1).
  void on_accept(time_point now) noexcept;

  /// The probability with which allow() would reject, in [0, 1). Changes nothing. O(1).
  double probability(time_point now) const noexcept;

 private:
  adaptive_throttle_options options_;
  time_point now_ = time_point::min();  // the largest time seen
  sliced_window<2> lately_;             // requests, accepts
};

}  // namespace weir::control
