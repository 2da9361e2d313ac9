// A concurrency limit by additive increase, multiplicative decrease: one more while calls succeed, a part
// less when one is dropped.
//
// Invariant: min <= limit() <= max. A value type: no clock, thread, lock or allocation; not thread-safe.
// Rules to the bit: tests/vectors/README.md, "aimd". Source: Netflix concurrency-limits, `AIMDLimit`. Known
// flaw, kept: it learns by losing calls only, and every sample that is late counts, so one burst of slow
// calls takes the limit to `min`.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::control {

struct aimd_options {
  std::int64_t initial = 20;                   ///< in min .. max
  std::int64_t min = 20;                       ///< at least 1
  std::int64_t max = 200;                      ///< at least `min`
  double backoff_ratio = 0.9;                  ///< what a drop leaves of the limit; at least 0.5, below 1
  duration timeout = std::chrono::seconds(5);  ///< a call that took longer counts as dropped; at least 1 ns
};

/// What is wrong with the options, if anything: min, then max, then the others in the order written.
std::optional<option_error> check(const aimd_options&);

class aimd {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit aimd(const aimd_options& = {});

  /// A call has ended: how long it took, how many were under way when it began (below 2^62), whether it was
  /// dropped. The new limit; the time is not looked at. O(1).
  std::int64_t sample(time_point now, duration rtt, std::int64_t in_flight, bool dropped) noexcept;

  std::int64_t limit() const noexcept { return limit_; }

 private:
  aimd_options options_;
  std::int64_t limit_;
};

}  // namespace weir::control
