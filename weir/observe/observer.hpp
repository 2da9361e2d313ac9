// What a pool tells about single jobs as it happens, for logs, traces and alerts; figures are in pool_stats
// and histograms.
//
// A job that is accepted ends in one on_finished (after on_failed when it threw) or one on_lost. Without an
// observer nothing is asked for but a null pointer, once for each batch of jobs; what one costs that listens
// to nothing stands in bench/README.md.
//
// Thread-safety: hooks are called by whatever thread caused the event, several at once, under no lock of the
// pool.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string_view>

namespace weir {

/// Which job of which pool. Refers to the pool's name: copy what outlives the call.
struct job_note {
  std::string_view pool;  ///< pool_options::name
  std::uint64_t id = 0;   ///< the job_id
  std::size_t lane = 0;
};

/// Hooks, each of which does nothing unless overridden. A hook must not throw (the program ends), should be
/// quick, and may submit to the pool only with overflow::reject().
class observer {
 public:
  observer() = default;
  observer(const observer&) = delete;
  observer& operator=(const observer&) = delete;
  virtual ~observer() = default;

  /// The job threw `what`.
  virtual void on_failed(const job_note&, const std::exception_ptr& what);
  /// The job ran to its end, or threw. `queued_for`: from acceptance to start; `ran_for`: shared evenly by
  /// jobs that were measured together, as in queue_wait() and run_time(). Called before the job is counted,
  /// or with outcomes right after it was.
  virtual void on_finished(const job_note&, duration queued_for, duration ran_for);
  /// The job was accepted into the spill store: the queue had no room for it, or others of its lane were
  /// there. Called by the submitter, maybe when the job has already run.
  virtual void on_spilled(const job_note&);
  /// The job was accepted and did not run: dropped (evicted), expired or cancelled; storage: what came back
  /// from the spill store is not a job any more, and counts as failed (its id as found, maybe wrong).
  virtual void on_lost(const job_note&, errc reason);
  /// A submit was refused; the caller still has the job.
  virtual void on_refused(std::string_view pool, errc reason);
};

}  // namespace weir
