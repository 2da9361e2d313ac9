// How many workers: grow or shrink, and by how much.
//
// Two rules. `little` is the one to use: the load (Little's law: arrivals a second x service time, so the
// number of workers kept busy) over a target utilisation; it grows at once and shrinks one at a time after a
// quiet while. `threshold` is weir's first rule, kept to show what is wrong with it: the fill of a queue says
// little about the load (an overloaded queue is full, any other is empty), so that with a steady load it
// flips between two sizes.
//
// Invariant: workers plus the change is never above max, and never below min unless the rule's own step is
// still on its way there. A value type: no clock, thread, lock or allocation; not thread-safe. Rules to the
// bit: tests/vectors/README.md, "worker_scaler".
// Source: J. D. C. Little, "A Proof for the Queuing Formula: L = lambda W", Operations Research 9, 1961.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::control {

enum class scaler_rule {
  threshold,  ///< one more above `grow_above` of the queue, one less below `shrink_below`, once an `interval`
  little,     ///< as many as keep `target_utilization`
};

struct worker_scaler_options {
  std::int64_t min = 1;  ///< at least 1
  std::int64_t max = 8;  ///< at least `min`
  scaler_rule rule = scaler_rule::threshold;

  duration interval = std::chrono::seconds(1);  ///< threshold: between decisions; at least 1 ns
  double grow_above = 0.8;    ///< threshold: part of the queue that is full; above 0, at most 1
  double shrink_below = 0.2;  ///< threshold: the same; at least 0, below `grow_above`

  double target_utilization = 0.7;                  ///< little: busy part of the workers; above 0, at most 1
  double shrink_utilization = 0.6;                  ///< little: at least 0, below `target_utilization`
  duration shrink_after = std::chrono::seconds(5);  ///< little: this long below it, then one less; at least 0
};

/// What is wrong with the options, if anything: the first bad one in the order written, whatever the rule.
std::optional<option_error> check(const worker_scaler_options&);

/// What is measured. Each rule looks at its own: threshold at depth and capacity, little at the last two.
struct load_sample {
  std::int64_t workers = 0;       ///< there are now, busy or not
  std::int64_t depth = 0;         ///< jobs waiting
  std::int64_t capacity = 0;      ///< most that may wait
  double arrival_per_second = 0;  ///< jobs that came, lately
  duration service{};             ///< mean time a worker takes for one
};

class worker_scaler {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit worker_scaler(const worker_scaler_options& = {});

  /// How many workers to add; negative: to end. O(1).
  std::int64_t decide(time_point now, const load_sample& load) noexcept;

 private:
  std::int64_t by_threshold(const load_sample& load) noexcept;
  std::int64_t by_little(const load_sample& load) noexcept;
  std::int64_t target(double load) const noexcept;

  worker_scaler_options options_;
  time_point now_ = time_point::min();  // the largest time seen
  std::optional<time_point> tick_;      // threshold: the last point of the grid of intervals
  std::optional<time_point> quiet_;     // little: since when there are too many, or the last one less
};

}  // namespace weir::control
