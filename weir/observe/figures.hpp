// Which figures weir shows of itself: the one table that metrics, statistics and their reference are made of.
//
// Invariant: a figure stands here when something in weir gives it, and nothing shows one that does not stand
// here. Names follow Prometheus: base units (seconds, bytes), counters end in _total. Thread-safety: pure
// functions on constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir {

enum class figure : std::uint8_t {
  queue_depth,
  queue_capacity,
  queue_cost,
  queue_utilization_ratio,
  queue_high_water,
  jobs_submitted,
  jobs_completed,
  jobs_failed,
  jobs_lost,
  jobs_spilled,
  jobs_retried,
  queue_wait,
  job_duration,
  workers,
  workers_limit,
  concurrency_limit,
  in_flight,
  rate_limited,
  shadow_refused,
  circuit_state,
  spill_bytes,
  spill_jobs,
  alert,
  build_info,
};

enum class figure_kind : std::uint8_t {
  counter,    ///< only grows, from 0 at the start of what it counts
  gauge,      ///< goes up and down
  histogram,  ///< durations, in buckets
};

/// "counter", "gauge", "histogram".
std::string_view name(figure_kind) noexcept;

/// What is known of a figure whatever its value.
struct figure_info {
  figure id;
  std::string_view name;  ///< "weir_queue_depth"
  figure_kind kind;
  std::string_view unit;                     ///< "jobs", "seconds", "bytes", "1" for what only says yes
  std::span<const std::string_view> labels;  ///< their names, in the order in which values are given
  std::string_view help;                     ///< one sentence, without a full stop
};

/// O(1).
const figure_info& info(figure) noexcept;

/// All of them, in the order of the enum.
std::span<const figure_info> all_figures() noexcept;

}  // namespace weir
