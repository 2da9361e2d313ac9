// A pool of threads that run one function on a bounded queue of jobs.
//
//   weir::worker_pool<order> kitchen([](order& o) { cook(o); }, {.max_workers = 4, .queue_capacity = 64});
//   const auto id = kitchen.submit(std::move(o), {.on_full = weir::overflow::reject()});
//   if (!id) say_sorry(o);  // what was refused is untouched
//
// A pool runs from its constructor on: running, draining, stopped; each step is one-way and safe to ask for
// twice, from any thread, also from inside a job. Every submitted job is counted in exactly one place: see
// pool_stats. Thread-safety: all of it but construction and destruction.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/channel/ends.hpp>
#include <weir/observe/histogram.hpp>
#include <weir/observe/stats.hpp>
#include <weir/pool/detail/worker_body.hpp>
#include <weir/pool/options.hpp>
#include <weir/pool/outcome.hpp>
#include <weir/spill/store.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace weir {

/// Job and Result are nothrow move constructible and nothrow destructible (Result may be void). A Job's move
/// constructor runs under the pool's lock and must not use the pool; its destructor may.
template <class Job, class Result = void>
class worker_pool {
  static_assert(std::is_object_v<Job> && !std::is_const_v<Job> && !std::is_array_v<Job>,
                "weir: a Job must be a non-const object type, no reference and no array");
  static_assert(
      std::is_nothrow_destructible_v<Job>,
      "weir: a Job's destructor must be noexcept; use std::unique_ptr<Job> as the job type instead");
  static_assert(
      std::is_nothrow_move_constructible_v<Job>,
      "weir: a Job's move constructor must be noexcept; use std::unique_ptr<Job> as the job type instead");
  static_assert(
      std::is_void_v<Result> ||
          (std::is_nothrow_move_constructible_v<Result> && std::is_nothrow_destructible_v<Result>),
      "weir: a Result's move constructor and destructor must be noexcept; use std::unique_ptr<Result>");

 public:
  /// An accepted job that will not run. `reason`: dropped (evicted by drop_oldest or evict_lower), expired,
  /// cancelled.
  struct lost {
    job_id id;
    errc reason;
    std::size_t lane;
    Job job;
  };

  /// `process`: Result(Job&) or Result(Job&, std::stop_token); called by several threads at once; the token
  /// stops when the pool is cancelled. What it throws is the job's outcome. `on_lost`: void(lost&&), once for
  /// each job lost after acceptance, by the thread that caused it, several at once, under no lock; must not
  /// throw, may submit only with overflow::reject(). Throws std::invalid_argument naming a bad option,
  /// std::system_error when no thread can be started or the spill store cannot be opened (what() names who
  /// has it). Jobs found in the store run first.
  template <class F, class L = detail::ignore_lost>
  worker_pool(F process, pool_options options = {}, L on_lost = {})
      : worker_pool(std::optional<spill_store>(), std::move(process), std::move(options),
                    std::move(on_lost)) {}

  /// The same on a spill store that is open, and is not read again: options.spill names its directory, else
  /// std::invalid_argument. What was fetched of it and not acknowledged does not come to this pool.
  template <class F, class L = detail::ignore_lost>
  worker_pool(spill_store store, F process, pool_options options, L on_lost = {})
      : worker_pool(std::optional(std::move(store)), std::move(process), std::move(options),
                    std::move(on_lost)) {}
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  /// Drains. From inside one of its own jobs: ends the program with a message.
  ~worker_pool() { body_->core.shutdown(); }

  /// Takes the job, or leaves it untouched and says why: full, dropped, timed_out, closed, cancelled
  /// (options.stop), expired, overloaded (what waits ahead takes longer than the deadline allows), storage
  /// (the disk under the spill store fails). Only waits when the queue is full and the policy says so, and
  /// for the disk when the job is spilled; a spilled job survives a crash once this returns. Throws
  /// std::invalid_argument for an unknown lane or a policy this pool cannot do, std::bad_alloc. O(1), plus
  /// the jobs it evicts.
  [[nodiscard, gnu::always_inline]] result<job_id> submit(Job&& job, submit_options options = {}) {
    return body_->submit(job, options);
  }
  /// Submits a copy, made first.
  [[nodiscard]] result<job_id> submit(const Job& job, submit_options options = {})
    requires std::copy_constructible<Job>
  {
    return submit(Job(job), std::move(options));
  }

  /// One pass from the front, as far as there is room; never waits, whatever the policy. What has no room and
  /// may be spilled goes to the disk in one piece, or as far as the store has room. How many were accepted
  /// (moved from); only those are counted. They share one arrival time.
  [[nodiscard]] std::size_t submit_some(std::span<Job> jobs, submit_options options = {}) {
    if (jobs.empty()) return 0;
    return body_->submit_some(jobs, options);
  }

  /// Outcomes in the order jobs end; closed after the last one. Unread ones hold workers back while the pool
  /// is open; from close() on those that do not fit wait in the pool. When the last receiver goes, outcomes
  /// are discarded. May outlive the pool. Throws std::logic_error when results_capacity is 0.
  [[nodiscard]] receiver<outcome<Result>> results() { return body_->results(); }

  /// No more submits: they fail with `closed`, also those that wait. Queued and spilled jobs still run. Does
  /// not wait.
  void close() { body_->core.close(); }
  /// Closes, ends a pause, and waits for all jobs; at the deadline cancels the rest and, once they have
  /// ended, answers timed_out; if it has passed already, a paused pool begins none. storage: the spill
  /// store cannot be read any more; what it holds is left. Inside a job or on_lost: waits for all jobs that
  /// are not themselves inside drain.
  [[nodiscard]] result<> drain(time_point deadline = never) { return body_->core.drain(deadline); }
  /// Asks running jobs to stop, reports queued ones as lost, and closes. Does not wait for the running ones.
  /// Spilled jobs, also those back in the queue, stay in the store for the next pool on it, and count as
  /// spilled.
  void cancel() { body_->core.cancel(); }

  /// Changes the number of workers while running, as in pool_options; surplus ones end after their job.
  /// Throws std::invalid_argument when min is above max.
  void resize(std::size_t min_workers, std::size_t max_workers) {
    body_->core.resize(min_workers, max_workers);
  }
  /// Workers take no more jobs from the queue until resume(); those that run go on. Nothing once draining.
  void pause() { body_->core.pause(); }
  void resume() { body_->core.resume(); }

  [[nodiscard]] pool_stats stats() const { return body_->core.stats(); }
  /// All there is to show, for metrics and alerts. Holds the pool's lock as long as stats() does. O(lanes,
  /// workers, buckets of the histograms).
  [[nodiscard]] pool_snapshot snapshot() const { return body_->core.snapshot(); }
  /// Of jobs that started: from acceptance to start; of spilled ones, from their return to the queue. Without
  /// results, up to 16 short jobs that come faster than 4 a microsecond may share a time of arrival.
  [[nodiscard]] histogram_snapshot queue_wait() const { return body_->core.queue_wait(); }
  /// Of jobs that ended: without results, jobs below 10 us may be measured in groups of up to 16.
  [[nodiscard]] histogram_snapshot run_time() const { return body_->core.run_time(); }
  [[nodiscard]] std::size_t queue_depth() const { return body_->core.queue_depth(); }
  /// The fuller of jobs and cost, in [0, 1]; 0 at capacity 0.
  [[nodiscard]] double queue_utilization() const { return body_->core.queue_utilization(); }

 private:
  template <class F, class L>
  worker_pool(std::optional<spill_store> store, F process, pool_options options, L on_lost) {
    static_assert(
        std::is_invocable_r_v<Result, F&, Job&> || std::is_invocable_r_v<Result, F&, Job&, std::stop_token>,
        "weir: process must be callable as Result(Job&) or Result(Job&, std::stop_token)");
    static_assert(std::is_invocable_v<L&, lost&&>, "weir: on_lost must be callable as void(lost&&)");
    using body_type = detail::worker_body_of<Job, Result, lost, F, L>;
    body_ = std::make_unique<body_type>(std::move(process), std::move(options), std::move(store),
                                        std::move(on_lost));
    body_->core.start();
  }

  std::unique_ptr<detail::worker_body<Job, Result>> body_;
};

}  // namespace weir
