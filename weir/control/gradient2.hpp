// A concurrency limit by the gradient of the latency: what the long average is to the newest call, the limit
// is to become to itself, plus a little queue.
//
// new = estimate x max(0.5, min(1, tolerance x long / rtt)) + queue_size
// Invariant: min <= estimate_ <= max. A value type: no clock, thread, lock or allocation; not thread-safe.
// Rules to the bit: tests/vectors/README.md, "gradient2". Source: Netflix concurrency-limits,
// `Gradient2Limit`. Known flaws, kept: drops are not looked at, and the long average follows the load, so
// that a server that slows down gradually is never found slow.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <cstdint>
#include <optional>

namespace weir::control {

struct gradient2_options {
  std::int64_t initial = 20;       ///< in min .. max
  std::int64_t min = 20;           ///< at least 1
  std::int64_t max = 200;          ///< at least `min`
  std::int64_t queue_size = 4;     ///< calls that may queue at the other side; at least 0
  double smoothing = 0.2;          ///< part of the way to a new estimate; above 0, at most 1
  std::int64_t long_window = 600;  ///< samples of the long average; at least 1
  double tolerance = 1.5;          ///< times the long average that still counts as quick; finite, at least 1
};

/// What is wrong with the options, if anything: min, then max, then the others in the order written.
std::optional<option_error> check(const gradient2_options&);

class gradient2 {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit gradient2(const gradient2_options& = {});

  /// A call has ended: how long it took (nothing, or less: ignored) and how many were under way when it
  /// began. The new limit; neither the time nor whether it was dropped is looked at. O(1).
  std::int64_t sample(time_point now, duration rtt, std::int64_t in_flight, bool dropped) noexcept;

  std::int64_t limit() const noexcept;

 private:
  double long_average(double rtt) noexcept;

  gradient2_options options_;
  double estimate_;
  double long_ = 0;         // the long average: of the first samples the plain mean, then exponential
  double sum_ = 0;          // of the first samples
  std::int64_t first_ = 0;  // how many of these there were
};

}  // namespace weir::control
