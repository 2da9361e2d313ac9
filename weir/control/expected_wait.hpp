// How long a new item would wait, and so whether to let it in at all: one that would come too late costs
// least when it is refused at the door.
//
// wait = queued x mean service time / workers. The mean is that of what was completed within the window:
// measured per job and not as completions a second, so that an idle pool does not look like a slow one. A
// value type: no clock, thread, lock or allocation; not thread-safe. Rules to the bit:
// tests/vectors/README.md, "expected_wait".
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/control/sliced_window.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::control {

struct expected_wait_options {
  duration window = std::chrono::seconds(10);  ///< how long a completion counts; at least 10 ns
};

/// What is wrong with the options, if anything.
std::optional<option_error> check(const expected_wait_options&);

class expected_wait {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit expected_wait(const expected_wait_options& = {});

  /// A job has ended that took `service`; less than nothing counts as nothing. `jobs`: so many have, of
  /// which each did. O(1).
  void on_complete(time_point now, duration service, std::int64_t jobs = 1) noexcept;

  /// How long until `workers` have begun all that is queued: 0 when nothing is; duration::max() for never,
  /// when nobody works; none when it is not known, as nothing was completed in the window. Changes nothing.
  /// O(1).
  std::optional<duration> expected(time_point now, std::int64_t queued, std::int64_t workers) const noexcept;

  /// Whether a job behind `queued` others can begin by `deadline` (none: no deadline): yes unless the
  /// deadline has passed, or the wait is known to be longer than what is left. Without workers no wait is
  /// short enough. O(1).
  bool admit(time_point now, std::int64_t queued, std::int64_t workers,
             std::optional<time_point> deadline = {}) noexcept;

 private:
  // The sum of service times in two parts, so that no number of them overflows 64 bits: 2^32 ns, and ns.
  enum { completions, upper, lower };

  time_point now_ = time_point::min();  // the largest time seen
  sliced_window<3> window_;
};

}  // namespace weir::control
