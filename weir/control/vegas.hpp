// A concurrency limit by TCP Vegas: how many calls queue at the other side follows from how much slower than
// the quickest they are; few grow the limit, many shrink it.
//
// queue = estimate x (1 - base_rtt / rtt), with base_rtt the least time since the last probe.
// Invariant: min <= estimate_ <= max. A value type: no clock, thread, lock or allocation; not thread-safe.
// Rules to the bit: tests/vectors/README.md, "vegas". Source: Netflix concurrency-limits, `VegasLimit`; L.
// Brakmo, L. Peterson, "TCP Vegas: End to End Congestion Avoidance on a Global Internet", IEEE JSAC 13, 1995.
// Known flaws, kept: a probe takes whatever it meets for the new base, so under steady load the base drifts
// up to the loaded time; a dropped sample can set the base too.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/control/splitmix64.hpp>

#include <cstdint>
#include <optional>

namespace weir::control {

struct vegas_options {
  std::int64_t initial = 20;  ///< in min .. max
  std::int64_t min = 1;       ///< at least 1
  std::int64_t max = 1000;    ///< at least `min`
  double smoothing = 1.0;     ///< part of the way to a new estimate; above 0, at most 1
  std::int64_t probe_multiplier =
      30;                  ///< a probe every 0.5 to 1 times this times the limit samples; at least 1
  std::uint64_t seed = 0;  ///< of the generator that spreads the probes
};

/// What is wrong with the options, if anything: min, then max, then the others in the order written.
std::optional<option_error> check(const vegas_options&);

class vegas {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit vegas(const vegas_options& = {});

  /// A call has ended: how long it took (nothing, or less: ignored), how many were under way when it began
  /// (below 2^62), whether it was dropped. The new limit; the time is not looked at. O(1).
  std::int64_t sample(time_point now, duration rtt, std::int64_t in_flight, bool dropped) noexcept;

  std::int64_t limit() const noexcept;

 private:
  double draw_jitter() noexcept;
  std::optional<double> moved(duration rtt, std::int64_t in_flight, bool dropped) const noexcept;

  vegas_options options_;
  splitmix64 random_;
  double estimate_;
  double jitter_;           // in [0.5, 1): probes of many limits do not come together
  std::int64_t count_ = 0;  // samples since the last probe
  std::optional<duration> base_rtt_;
};

}  // namespace weir::control
