// How a pool is set up, and what a submit may ask for.
//
// The order of members is contract: they are written as designated initialisers.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/control/lane_schedule.hpp>
#include <weir/control/worker_scaler.hpp>
#include <weir/observe/observer.hpp>
#include <weir/observe/stats.hpp>
#include <weir/pool/overflow.hpp>
#include <weir/spill/options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace weir {

/// Names an accepted job within its pool; they count up from 1 in the order of acceptance.
enum class job_id : std::uint64_t {};

struct lane_options {
  std::size_t capacity = static_cast<std::size_t>(
      unlimited);                     ///< jobs that may wait in this lane; 0: a submit needs an idle worker
  std::optional<overflow> on_full{};  ///< instead of the pool's
};

struct pool_options {
  std::string name = "pool";           ///< thread names (cut to the system's 15 characters), label of metrics
  std::size_t min_workers = 0;         ///< threads; 0: hardware(), bent to fit max_workers
  std::size_t max_workers = 0;         ///< 0: hardware(), bent to fit min_workers; above min_workers the pool
                                       ///< follows the load, see `scaling`
  std::size_t queue_capacity = 1024;   ///< jobs waiting, all lanes together; 0: a submit needs an idle worker
  std::uint64_t max_cost = unlimited;  ///< bound on the summed cost of waiting jobs; 0: only jobs of cost 0
  std::size_t lanes = 1;               ///< priorities; lane 0 is the most important
  std::vector<lane_options> lane{};    ///< caps single lanes; at most `lanes` of them
  std::size_t starvation_limit = 64;  ///< a lower lane gets 1 job in this many at the least; at least `lanes`
  bool fair_by_key = false;  ///< keys take turns in a lane; the last eighth of the queue is for quiet keys
  overflow on_full = overflow::block();  ///< what a submit does when the queue is full
  std::size_t results_capacity = 0;      ///< outcomes kept for readers; 0: none are
  bool paused = false;                   ///< start so; resume() lets workers take jobs
  std::stop_token stop{};                ///< a stop request cancels the pool
  /// How many workers there are between min_workers and max_workers, which stand for its own min and max. Its
  /// interval is also how soon a burst is answered by more workers.
  control::worker_scaler_options scaling{.rule = control::scaler_rule::little};
  /// Where overflow::spill() puts jobs; those that are there already are resumed. For jobs with a
  /// weir::codec, queue capacities of 1 or more and no results; keys take turns among the jobs in memory.
  std::optional<spill_options> spill{};
  std::shared_ptr<observer> observe{};    ///< told about single jobs; null costs nothing
  std::vector<std::size_t> processors{};  ///< where workers may run: number i on the (i mod size)th of these
                                          ///< alone, as the system numbers them; empty: anywhere
};

struct submit_options {
  std::optional<overflow> on_full{};  ///< instead of the lane's and the pool's
  std::size_t lane = 0;               ///< below pool_options::lanes, else std::invalid_argument
  time_point deadline = never;        ///< a job that has not started by then never runs
  std::uint64_t cost = 1;             ///< what it takes of pool_options::max_cost while it waits
  std::uint64_t key = 0;              ///< whose job it is, for fair_by_key; any number
  std::stop_token stop{};             ///< ends the wait at the door; not the job
};

namespace detail {

/// Whether the job has nothing that few jobs have.
inline bool is_usual(const submit_options& o) noexcept {
  return o.cost == 1 && o.key == 0 && o.lane == 0 && o.deadline == never;
}

struct worker_bounds {
  std::size_t min;
  std::size_t max;
};

/// Zeros replaced. Throws std::invalid_argument when both are given and min is above max.
worker_bounds resolve_workers(std::size_t min, std::size_t max);

/// Throws std::invalid_argument naming the first bad option, its value and a remedy.
void check(const pool_options&);

/// Throws std::invalid_argument when a pool with this room for waiting jobs, and with a spill store or
/// without, cannot do `policy`.
void check_policy(const overflow& policy, std::size_t capacity, bool has_store);

/// How many jobs may wait in a lane: the pool's bound and its own.
std::size_t waiting_capacity(const pool_options&, std::size_t lane) noexcept;
/// How many in all. The bound of an only lane is the pool's.
std::size_t waiting_capacity(const pool_options&) noexcept;

/// What the policies of the pool and its lanes may lose, and what is asked for; a submit may bring another.
loss_set expected_losses(const pool_options&) noexcept;

/// The options of the scaler, with the pool's bounds.
control::worker_scaler_options scaler_of(const pool_options&, worker_bounds) noexcept;

control::lane_schedule_options schedule_of(const pool_options&) noexcept;

}  // namespace detail

}  // namespace weir
