// What the engine knows of a job, and what it asks of the typed pool around it.
//
// Invariants: a node holds a job from the call of job_source::move_into until job_owner::run or ::lose,
// exactly one of which is called for it; nodes are recycled, never freed while the pool lives. Moves of jobs
// happen under the engine's lock (a refused job must stay untouched, and acceptance is decided there);
// running and destroying them never does.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/fifo_list.hpp>
#include <weir/base/time.hpp>

#include <cstddef>
#include <cstdint>

namespace weir::detail {

class job_run;

/// Base of the typed pool's node, which adds storage for the job itself.
struct job_node : fifo_hook<job_node> {
  std::uint64_t id = 0;
  std::uint64_t cost = 0;
  std::uint64_t key = 0;
  std::size_t lane = 0;
  time_point arrived{};
  time_point deadline = never;
};

/// A submitter's job, not yet accepted: where it is, and how it gets into a node.
struct job_source {
  void* job;
  void (*move_into)(job_node&, void* job) noexcept;
};

/// The typed side of a pool. Hooks are called by any thread, several at once, under no lock.
class job_owner {
 public:
  job_owner() = default;
  job_owner(const job_owner&) = delete;
  job_owner& operator=(const job_owner&) = delete;

  /// An empty node. May throw std::bad_alloc. The one hook that is called under the engine's lock.
  virtual job_node* make_node() = 0;
  virtual void free_node(job_node*) noexcept = 0;

  /// Runs the job, destroys it, passes its outcome on; false when it threw. See job_run.
  virtual bool run(job_node&, job_run&) noexcept = 0;
  /// Tells on_lost, and destroys the job.
  virtual void lose(job_node&, errc reason) noexcept = 0;

  /// Makes room for outcomes that nobody may ever read, so that no worker waits for readers from now on.
  virtual void extend_results(std::size_t extra) = 0;
  virtual void close_results() noexcept = 0;

 protected:
  ~job_owner() = default;
};

}  // namespace weir::detail
