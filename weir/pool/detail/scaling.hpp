// What a pool keeps whose workers follow the load: the rule, what it is told, and the thread that looks.
//
// Invariant: the pool's lock guards all of it but `thread`, which belongs to who starts it, then to shutdown.
#pragma once

#include <weir/control/worker_scaler.hpp>
#include <weir/pool/detail/load_meter.hpp>

#include <algorithm>
#include <thread>

namespace weir::detail {

struct scaling {
  /// A scaler by thresholds begins its grid of intervals at once.
  scaling(const control::worker_scaler_options& options, time_point now)
      : scaler(options), meter(options.interval), interval(options.interval) {
    scaler.decide(now, {.workers = options.min});
  }

  /// Other bounds; the rest of the options is the same. Allocates nothing.
  void restart(const control::worker_scaler_options& options, time_point now) noexcept {
    scaler = control::worker_scaler(options);
    scaler.decide(now, {.workers = options.min});
  }

  /// Between two looks at the load.
  duration step() const noexcept {
    return std::max<duration>(interval / load_meter::looks, std::chrono::microseconds(100));
  }

  control::worker_scaler scaler;
  load_meter meter;
  duration interval;
  std::thread thread;
  bool started = false;  // it runs, or is being started
  bool ended = false;    // it is to end
};

}  // namespace weir::detail
