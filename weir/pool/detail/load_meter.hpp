// How much work comes to a pool, from counters that only grow: what a scaler is told.
//
// The load is arrivals a second times the mean service time, both over the last ten intervals (or as long as
// there has been load), with three corrections. A burst in the last interval that chance does not explain
// counts by itself, so that growth is quick. What already waits counts as arrivals over the window, so that a
// backlog is worked off by many. And the load that is told is held: it rises at once, and falls only when the
// measured one is below it by more than its noise, or has been lower for `memory` intervals. Without that a
// steady load whose measure swings around the edge between two numbers of workers would flip between them.
//
// Invariants: samples_ are in order of time, the first at or before the window's begin when there are as
// many. The value type knows no clock, thread or lock; not thread-safe; allocates when made and restarted
// only.
#pragma once

#include <weir/base/time.hpp>
#include <weir/control/worker_scaler.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::detail {

/// What is known of a pool at one moment. The first three only grow.
struct load_moment {
  std::uint64_t arrived = 0;
  std::uint64_t ended = 0;  // on workers
  duration service{};       // of those, together
  std::size_t queued = 0;
  std::size_t running = 0;  // on workers, not ended
  duration age{};           // of those, together
};

class load_meter {
 public:
  static constexpr int window = 10;           // intervals
  static constexpr int looks = 8;             // in an interval, at most
  static constexpr int memory = 300;          // intervals
  static constexpr double least_fall = 0.1;   // part of the load told
  static constexpr double most_noise = 0.75;  // the same

  explicit load_meter(duration interval);

  /// Measures anew: load begins. `now` carries the counters; the job that begins it is the first to be
  /// counted from, not one of those counted.
  void restart(time_point now, const load_moment& at);

  /// The load, as a pair whose product it is. At most `looks` times an interval.
  control::load_sample look(time_point now, const load_moment& at) noexcept;

  /// Whether nothing came within the window.
  bool is_idle() const noexcept { return arrivals_ == 0; }

 private:
  struct sample {
    time_point at;
    std::uint64_t arrived;
    std::uint64_t ended;
    duration service;
  };

  double hold(time_point now, double load) noexcept;

  duration interval_;
  std::vector<sample> samples_;  // a ring
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::uint64_t arrivals_ = 0;  // within the window
  double held_ = 0;
  double held_from_ = 0;  // arrivals it was measured from
  double peak_ = 0;       // the most measured since `peaks_since_`
  time_point peaks_since_{};
};

}  // namespace weir::detail
