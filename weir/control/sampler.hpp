// Which of many events to keep: of logs, traces, reports.
//
// A value type: no clock, thread, lock or allocation; not thread-safe. Rules to the bit:
// tests/vectors/README.md, "sampler". Source of first_then_every: the sampler of Uber's zap (how it behaves).
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/control/splitmix64.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::control {

enum class sampler_kind {
  rate,              ///< each with the same probability: for statistics
  first_then_every,  ///< the first few of each interval and then one in so many: for people who read them
};

struct sampler_options {
  sampler_kind kind = sampler_kind::rate;
  double p = 1.0;                               ///< rate: the probability; 0 to 1
  std::int64_t first = 1;                       ///< first_then_every: kept in each interval; at least 0
  std::int64_t every = 0;                       ///< then one in so many; at least 0; 0: none
  duration interval = std::chrono::seconds(1);  ///< from the event that begins it; at least 1 ns
};

/// What is wrong with the options, if anything: the first bad one in the order written, whatever the kind.
std::optional<option_error> check(const sampler_options&);

class sampler {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit sampler(const sampler_options& = {});

  /// Keep this event? `rate` draws 64 bits once from `random`, first_then_every nothing. O(1).
  template <std::uniform_random_bit_generator Generator>
  bool sample(time_point now, Generator& random) {
    return options_.kind == sampler_kind::rate ? by_rate(draw_from(random)) : by_count(now);
  }

 private:
  bool by_rate(std::uint64_t draw) const noexcept;
  bool by_count(time_point now) noexcept;

  sampler_options options_;
  time_point now_ = time_point::min();  // the largest time seen
  std::optional<time_point> start_;     // of the interval; none before the first event
  std::int64_t count_ = 0;              // events in it
};

}  // namespace weir::control
