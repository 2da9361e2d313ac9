// What became of every job that was submitted to a pool, and what a pool looks like at one moment.
//
// Plain values, made by the pools; everything that shows a pool (reports, metrics, alerts) reads these.
#pragma once

#include <weir/base/error.hpp>
#include <weir/observe/histogram.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Counters and gauges of one moment. The law, in every snapshot:
///   submitted = completed + failed + rejected + dropped + timed_out + withdrawn
///             + evicted + expired + cancelled + queued + spilled + running
/// A submit that still waits at the door is in none of them until it is decided.
struct pool_stats {
  std::uint64_t submitted = 0;
  // Ran to its end.
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;  ///< it threw
  // Refused at the door: the caller has the job.
  std::uint64_t rejected = 0;   ///< full, closed, overloaded, or its deadline had passed
  std::uint64_t dropped = 0;    ///< by drop_newest
  std::uint64_t timed_out = 0;  ///< waited as long as `timeout` allows
  std::uint64_t withdrawn = 0;  ///< the submitter's stop token
  // Accepted, then lost: on_lost got the job.
  std::uint64_t evicted = 0;    ///< by drop_oldest or evict_lower
  std::uint64_t expired = 0;    ///< its deadline passed before it started
  std::uint64_t cancelled = 0;  ///< by cancel(), or a drain's deadline
  // Not yet decided.
  std::uint64_t queued = 0;
  std::uint64_t spilled = 0;  ///< in the spill store
  std::uint64_t running = 0;  ///< also on submitters' threads, by caller_runs

  std::uint64_t workers = 0;     ///< threads
  std::uint64_t busy = 0;        ///< threads that have a job
  std::uint64_t high_water = 0;  ///< the most jobs that ever waited at once
  std::uint64_t cost = 0;        ///< of the jobs that wait
  std::uint64_t resumed = 0;     ///< jobs found in the spill store
  std::uint64_t waiting = 0;     ///< submitters at the door
};

/// The ways in which a job does not run, each a counter of pool_stats.
enum class loss : std::uint8_t { rejected, dropped, timed_out, withdrawn, evicted, expired, cancelled };

inline constexpr std::array all_losses{loss::rejected, loss::dropped, loss::timed_out, loss::withdrawn,
                                       loss::evicted,  loss::expired, loss::cancelled};

/// As in pool_stats: "timed_out".
std::string_view name(loss) noexcept;
std::uint64_t count_of(const pool_stats&, loss) noexcept;

/// Some of the kinds of loss. A value.
class loss_set {
 public:
  constexpr loss_set() = default;
  constexpr loss_set(std::initializer_list<loss> kinds) noexcept {
    for (const loss kind : kinds) bits_ |= bit(kind);
  }
  constexpr bool contains(loss kind) const noexcept { return (bits_ & bit(kind)) != 0; }
  constexpr loss_set& operator|=(loss_set other) noexcept {
    bits_ |= other.bits_;
    return *this;
  }
  friend constexpr bool operator==(loss_set, loss_set) = default;

 private:
  static constexpr unsigned bit(loss kind) noexcept { return 1U << static_cast<unsigned>(kind); }

  unsigned bits_ = 0;
};

/// What somebody asked for with a deadline, a stop token or a cancel: no policy has to allow it.
inline constexpr loss_set losses_by_request{loss::withdrawn, loss::expired, loss::cancelled};

struct lane_snapshot {
  std::uint64_t queued = 0;
  std::uint64_t capacity = 0;  ///< jobs that may wait in it, by its own bound or the pool's
};

/// What a pool has on disk.
struct spill_snapshot {
  std::uint64_t jobs = 0;   ///< in the store
  std::uint64_t bytes = 0;  ///< what they take of max_bytes
  std::uint64_t max_bytes = unlimited;
  std::uint64_t spilled_total = 0;  ///< jobs that went there since the pool began
  std::uint64_t unfinished = 0;     ///< of `jobs`: those that ended as weir::unfinished_job and stay there
};

/// All there is to show of a pool, of one moment but for the histograms, which are read right after.
struct pool_snapshot {
  std::string name;  ///< pool_options::name
  pool_stats stats{};
  std::uint64_t capacity = 0;          ///< jobs that may wait, all lanes together
  std::uint64_t max_cost = unlimited;  ///< bound on their summed cost
  double utilization = 0;              ///< the fuller of jobs and cost, in [0, 1]; 0 at capacity 0
  std::uint64_t min_workers = 0;       ///< as last set
  std::uint64_t max_workers = 0;
  std::vector<lane_snapshot> lanes{};  ///< by priority; at least one
  loss_set expected{};                 ///< what the policies of pool and lanes allow, and losses_by_request
  histogram_snapshot queue_wait{};
  histogram_snapshot run_time{};
  std::optional<spill_snapshot> spill{};  ///< of a pool with a spill store
};

}  // namespace weir
