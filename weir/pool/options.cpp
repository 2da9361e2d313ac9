#include <weir/base/hardware.hpp>
#include <weir/pool/options.hpp>
#include <weir/spill/store.hpp>

#include <fmt/format.h>

#include <sched.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

namespace weir::detail {

namespace {

template <class... Args>
[[noreturn]] void refuse(fmt::format_string<Args...> text, Args&&... args) {
  throw std::invalid_argument(fmt::format(text, std::forward<Args>(args)...));
}

void check_lanes(const pool_options& options) {
  if (options.lanes == 0) refuse("lanes 0 leaves no lane for a job; use 1");
  if (options.lane.size() > options.lanes) {
    refuse("lane has options for {} lanes, but lanes is {}; give at most {}", options.lane.size(),
           options.lanes, options.lanes);
  }
  if (options.starvation_limit < options.lanes) {
    refuse("starvation_limit {} is below lanes {}: not every lane could get its turn; use {} or more",
           options.starvation_limit, options.lanes, options.lanes);
  }
}

void check_processors(const std::vector<std::size_t>& processors) {
  if (processors.empty()) return;
  cpu_set_t usable;
  CPU_ZERO(&usable);
  if (sched_getaffinity(0, sizeof usable, &usable) != 0) return;  // more processors than a cpu_set_t holds
  for (const std::size_t one : processors) {
    if (one < CPU_SETSIZE && CPU_ISSET(one, &usable)) continue;
    std::string allowed;
    for (std::size_t i = 0; i < CPU_SETSIZE; ++i)
      if (CPU_ISSET(i, &usable)) allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", i);
    refuse("processors names {}, where this process may not run; use some of {}", one, allowed);
  }
}

}  // namespace

worker_bounds resolve_workers(std::size_t min, std::size_t max) {
  if (min != 0 && max != 0 && min > max) {
    refuse("min_workers {} is above max_workers {}; use {} or fewer, or raise max_workers", min, max, max);
  }
  if (min == 0 && max == 0) return {hardware(), hardware()};
  if (max == 0) return {min, std::max(min, hardware())};
  if (min == 0) return {std::min(max, hardware()), max};
  return {min, max};
}

std::size_t waiting_capacity(const pool_options& options, std::size_t lane) noexcept {
  return lane < options.lane.size() ? std::min(options.queue_capacity, options.lane[lane].capacity)
                                    : options.queue_capacity;
}

std::size_t waiting_capacity(const pool_options& options) noexcept {
  return options.lanes == 1 ? waiting_capacity(options, 0) : options.queue_capacity;
}

namespace {

loss_set losses_of(overflow_kind policy) noexcept {
  switch (policy) {
    case overflow_kind::timeout: return {loss::timed_out};
    case overflow_kind::reject: return {loss::rejected};
    case overflow_kind::drop_newest: return {loss::dropped};
    case overflow_kind::drop_oldest: return {loss::evicted};
    case overflow_kind::evict_lower: return {loss::evicted, loss::rejected};
    case overflow_kind::block:
    case overflow_kind::caller_runs:
    case overflow_kind::spill: break;
  }
  return {};
}

}  // namespace

loss_set expected_losses(const pool_options& options) noexcept {
  loss_set expected = losses_by_request;
  expected |= losses_of(options.on_full.kind());
  for (const lane_options& lane : options.lane)
    if (lane.on_full) expected |= losses_of(lane.on_full->kind());
  return expected;
}

control::worker_scaler_options scaler_of(const pool_options& options, worker_bounds bounds) noexcept {
  const auto most = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  control::worker_scaler_options scaling = options.scaling;
  scaling.min = static_cast<std::int64_t>(std::min(bounds.min, most));
  scaling.max = static_cast<std::int64_t>(std::min(bounds.max, most));
  return scaling;
}

control::lane_schedule_options schedule_of(const pool_options& options) noexcept {
  const auto most = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return {.lanes = static_cast<std::int64_t>(std::min(options.lanes, most)),
          .starvation_limit = static_cast<std::int64_t>(std::min(options.starvation_limit, most))};
}

void check_policy(const overflow& policy, std::size_t capacity, bool has_store) {
  switch (policy.kind()) {
    case overflow_kind::block:
    case overflow_kind::timeout:
    case overflow_kind::reject:
    case overflow_kind::drop_newest:
    case overflow_kind::caller_runs: return;
    case overflow_kind::spill:
      if (has_store) return;
      refuse("on_full spill needs a spill store; set pool_options::spill, or use block or another policy");
    case overflow_kind::drop_oldest:
    case overflow_kind::evict_lower:
      if (capacity == 0) {
        refuse(
            "queue_capacity 0, or that of a lane, has no waiting job for on_full {} to evict; use block, "
            "timeout, reject, drop_newest or caller_runs, or a capacity of 1 or more",
            policy.to_string());
      }
  }
}

namespace {

void check_spill(const pool_options& options) {
  if (!options.spill) return;
  if (const auto bad = weir::check(*options.spill)) refuse("spill.{}", bad->message);
  if (options.results_capacity != 0) {
    refuse("results_capacity {} does not go with spill: outcomes would not survive what jobs do; use 0",
           options.results_capacity);
  }
  if (options.lanes > spill_store::max_lanes)
    refuse("lanes {} is more than a spill store has; use {} or fewer", options.lanes, spill_store::max_lanes);
  for (std::size_t i = 0; i < options.lanes; ++i)
    if (waiting_capacity(options, i) == 0)
      refuse(
          "queue_capacity 0, or that of lane {}, has no place for jobs that come back from the spill store; "
          "use 1 or more, or leave spill out",
          i);
}

}  // namespace

void check(const pool_options& options) {
  const worker_bounds bounds = resolve_workers(options.min_workers, options.max_workers);
  if (const auto bad = control::check(scaler_of(options, bounds))) refuse("scaling.{}", bad->message);
  check_lanes(options);
  check_spill(options);
  const bool has_store = options.spill.has_value();
  check_policy(options.on_full, options.queue_capacity, has_store);
  for (std::size_t i = 0; i < options.lane.size(); ++i)
    check_policy(options.lane[i].on_full.value_or(options.on_full), waiting_capacity(options, i), has_store);
  check_processors(options.processors);
}

}  // namespace weir::detail
