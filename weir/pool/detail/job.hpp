// What the engine knows of a job, and what it asks of the typed pool around it.
//
// Invariants: a node holds a job from the call of job_source::move_into until job_owner::run or ::lose,
// exactly one of which is called for it; nodes are recycled, never freed while the pool lives. Moves of jobs
// happen under the engine's lock (a refused job must stay untouched, and acceptance is decided there);
// running and destroying them never does.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <cstddef>
#include <cstdint>

namespace weir::detail {

class job_run;
struct job_codec;
struct lane_place;

/// Where a job stands that came from the spill store.
enum class store_way : std::uint8_t {
  none,       ///< it did not
  waits,      ///< in the queue, or running
  completed,  ///< to be acknowledged, as all below
  failed,
  lost,
};

/// Base of the typed pool's node, which adds storage for the job itself.
///
/// A cache line costs more to move between processors than all that is written in it: what every job has
/// stands on one line with the beginning of the job, and what few jobs have, on another.
struct alignas(64) job_node {
  // Read and written only when the job, or the one before it in this node, is not a usual one.
  std::uint64_t cost = 1;
  std::uint64_t key = 0;
  std::size_t lane = 0;
  time_point deadline = never;
  job_node* behind = nullptr;   // in a job_chain
  lane_place* place = nullptr;  // of the node, in a pool with lanes
  std::uint64_t position = 0;   // in the spill store

  alignas(64) std::uint64_t id = 0;
  time_point arrived{};
  bool usual = true;  // of cost 1, key 0, lane 0, without a deadline, and never in the spill store
  store_way way = store_way::none;
};

inline void make_usual(job_node& node) noexcept {
  node.cost = 1;
  node.key = 0;
  node.lane = 0;
  node.deadline = never;
  node.usual = true;
  node.way = store_way::none;
}

/// Jobs on their way out, first come first. Owns nothing; not thread-safe.
class job_chain {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  std::size_t size() const noexcept { return size_; }
  job_node* front() const noexcept { return first_; }

  void push_back(job_node& node) noexcept {
    node.behind = nullptr;
    (first_ ? last_->behind : first_) = &node;
    last_ = &node;
    ++size_;
  }

  /// Needs one.
  job_node& pop_front() noexcept {
    job_node& node = *first_;
    first_ = node.behind;
    --size_;
    return node;
  }

 private:
  job_node* first_ = nullptr;
  job_node* last_ = nullptr;
  std::size_t size_ = 0;
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

  /// How jobs get into a spill store; null: they cannot. Also called while the pool is made.
  virtual const job_codec* codec() const noexcept { return nullptr; }

  /// Makes room for outcomes that nobody may ever read, so that no worker waits for readers from now on.
  virtual void extend_results(std::size_t extra) = 0;
  virtual void close_results() noexcept = 0;

 protected:
  ~job_owner() = default;
};

}  // namespace weir::detail
