// What became of every job that was submitted to a pool.
#pragma once

#include <cstdint>

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

}  // namespace weir
