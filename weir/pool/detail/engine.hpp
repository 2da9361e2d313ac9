// The machinery of every pool: a bounded queue, workers, a door where submitters wait, and exact books.
//
// Invariants
// - One lock guards everything below `lock_` but what a comment exempts. Under it: no user code but moving
//   a job into its node, no wake, no thread creation. What is to be done after it is noted under it
//   (`woken_`, a reserved slot) and done by act(), which is how every operation leaves the lock.
// - A job is in exactly one place: with its submitter, in the spill store (spilling.hpp), in `queue_` (a pool
//   with one lane) or `lanes_` (any other), in a worker's hand, running, or in one counter of the law. Both
//   sides of a step are counted in the same critical section or the same write of a hand's word.
// - What a worker took into its hand still waits: it counts as queued, and recall() puts what was not begun
//   back to the front. Whoever needs to know exactly who waits, or finds nothing else to do, recalls first;
//   with submitters at the door, in a pause and after `closed_` no worker takes more than it begins.
// - Submitters of a lane are served in order; between lanes door_lines says who is next. Past them a job is
//   accepted only into what its own policy evicted.
// - With lanes, workers take one job at a time: no hand is filled, since what comes later may come first.
// - While a job waits, the pool is not paused and a worker is idle, one wake is under way
//   (`wake_pending_`), and the woken worker passes it on when it leaves the lock. So no wake is lost, and
//   none is sent that finds nothing to do. A woken worker may hold its wake back, a moment at a time, while
//   jobs are short, every processor has a busy worker, and jobs end (hold_back()).
// - A submitter at the door is accepted as soon as there is room. One that is `patient` may learn it later:
//   it is in `untold_` until the queue is half empty or its patience ends, whichever is first.
// - `target_` is how many workers the pool wants: fixed, or set by the scaler between its bounds. Its thread,
//   the timekeeper, ticks while there is load or there are too many workers; otherwise the pool is
//   `resting_`, every submit looks at that, and the one that brings work wakes the timekeeper.
// - `job_units_` counts jobs from being taken until their outcome is delivered (a hand's until it is recalled
//   or cleared), `loss_units_` batches of losses being reported. Drains wait for them, and recall first: then
//   each unit has one call_frame on its thread's stack.
// - After `closed_` nothing is accepted but what was on its way into the spill store. Results close once,
// after the last job, by whoever ended it. Lock order: the engine's lock is a leaf; user code, stop
// callbacks, the results channel and the spill store run outside it.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/fifo_list.hpp>
#include <weir/base/short_lock.hpp>
#include <weir/base/time.hpp>
#include <weir/control/expected_wait.hpp>
#include <weir/observe/histogram.hpp>
#include <weir/observe/observer.hpp>
#include <weir/observe/stats.hpp>
#include <weir/pool/detail/batch_clock.hpp>
#include <weir/pool/detail/call_frame.hpp>
#include <weir/pool/detail/door_lines.hpp>
#include <weir/pool/detail/hand.hpp>
#include <weir/pool/detail/job.hpp>
#include <weir/pool/detail/lane_queue.hpp>
#include <weir/pool/detail/pointer_ring.hpp>
#include <weir/pool/detail/pointer_stack.hpp>
#include <weir/pool/detail/prefetch.hpp>
#include <weir/pool/detail/scaling.hpp>
#include <weir/pool/detail/service_tally.hpp>
#include <weir/pool/detail/shared_stamp.hpp>
#include <weir/pool/detail/sleeper.hpp>
#include <weir/pool/detail/spilling.hpp>
#include <weir/pool/options.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>
#include <vector>

namespace weir::detail {

class engine;
struct worker_slot;

/// One run of one job: what the typed pool may ask and must tell meanwhile. Lives on the running thread's
/// stack.
class job_run {
 public:
  /// `worker`: who runs it, if a worker does.
  job_run(engine& pool, job_node& node, worker_slot* worker, time_point start) noexcept
      : pool_(pool), node_(node), worker_(worker), start_(start) {}

  /// Stops when the pool is cancelled.
  std::stop_token stop_token() const noexcept;
  /// The job threw: tells the observer.
  void failed(const std::exception_ptr& what) noexcept;
  /// The job is not finished: if it came from the spill store, it stays there.
  void stay_in_store() noexcept { stays_ = true; }
  /// Counts the job now, so that nobody sees its outcome before its count; times are exact afterwards. At
  /// most once. Whoever calls it must not throw or lose the outcome.
  void settle(bool completed) noexcept;

  job_id id() const noexcept { return job_id{node_.id}; }
  std::size_t worker() const noexcept;
  duration queued_for() const noexcept { return queued_for_; }
  duration ran_for() const noexcept { return ran_for_; }

 private:
  friend class engine;

  engine& pool_;
  job_node& node_;
  worker_slot* worker_;
  time_point start_;
  duration queued_for_{};
  duration ran_for_{};
  bool settled_ = false;
  bool stays_ = false;  // in the spill store
};

/// What a pool keeps for each of its threads. `batch` and `waits` are the worker's own; the pool's lock
/// guards the rest but what hand.hpp exempts.
struct worker_slot {
  std::size_t index = 0;
  bool live = false;      // has a worker
  bool starting = false;  // its thread is being made; the worker may have come and gone meanwhile
  std::thread thread;     // the maker's, outside the lock, while `starting`
  basic_hand<job_node> hand;
  bool holds = false;      // the hand is filled
  std::size_t units = 0;   // of job_units_ that are the hand's
  std::size_t lent = 0;    // of lent_ that are the hand's
  std::size_t failed = 0;  // of the hand's jobs; counted already
  batch_clock batch;
  wait_tally waits;
  service_tally served;  // written and read under the lock
  /// When what it runs began, for whoever measures the load; 0 when it runs nothing. Says nothing else:
  /// relaxed.
  std::atomic<duration::rep> since{0};
};

/// Thread-safe but for construction, start() and shutdown().
class engine {
 public:
  /// `exact_times`: every job is stamped by itself. `store`: options.spill, when it is open already. Throws
  /// std::invalid_argument for bad options.
  engine(job_owner& owner, pool_options options, bool exact_times, std::optional<spill_store> store = {});
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  /// After shutdown(), or a start() that threw.
  ~engine();

  /// Starts the first workers. Throws std::system_error when not even one can be.
  void start();
  /// Drains and joins. Ends the program when called from inside one of the pool's own jobs.
  void shutdown() noexcept;

  /// The quick way in, for a job with none of the options that a pool must look at, into a queue with room:
  /// its id, or none when submit() has to see to it. `put(node)`, noexcept, moves the job in.
  template <class Put>
  std::optional<job_id> try_usual(Put put) noexcept;

  /// The quick way in for up to `count` of them, in one pass: how many were accepted; none when submit_some()
  /// has to see to it. `put(node, i)`, noexcept, moves the ith one in.
  template <class Put>
  std::size_t try_usual_some(std::size_t count, Put put) noexcept;

  result<job_id> submit(job_source, const submit_options&);
  /// `count` jobs, `stride` bytes apart.
  std::size_t submit_some(job_source first, std::size_t count, std::size_t stride, const submit_options&);

  void close();
  result<> drain(time_point deadline);
  void cancel();
  void resize(std::size_t min_workers, std::size_t max_workers);
  void pause();
  void resume();

  pool_stats stats() const;
  pool_snapshot snapshot() const;
  histogram_snapshot queue_wait() const { return queue_wait_.snapshot(); }
  histogram_snapshot run_time() const { return run_time_.snapshot(); }
  std::size_t queue_depth() const;
  double queue_utilization() const;
  bool has_store() const noexcept { return spill_ != nullptr; }

 private:
  friend class job_run;
  using guard = std::unique_lock<short_lock<>>;
  /// A line that another processor wrote comes in the time of so many submits.
  static constexpr std::size_t prefetch_ahead = 8;
  /// After the system refused a thread: how long until it is asked again.
  static constexpr duration growth_pause = std::chrono::milliseconds(10);

  struct idle_worker : sleeper {
    idle_worker* below = nullptr;
  };
  struct drainer : fifo_hook<drainer>, sleeper {
    bool inside = false;  // in a job or on_lost of this pool
  };
  struct door_waiter : fifo_hook<door_waiter>, sleeper {
    job_source source;
    const submit_options* options;
    job_node* node;  // reserved, so that acceptance cannot fail
    std::size_t lane() const noexcept { return options->lane; }
    bool holds_worker;  // a block submit inside a job, on a worker
    bool decided = false;
    bool patient = false;  // sleeps for a moment without being woken at once
    bool untold = false;   // decided, and in `untold_`
    result<job_id> answer = std::unexpected(errc::closed);
  };
  struct canceller {
    engine* pool;
    void operator()() const { pool->cancel(); }
  };

  // engine.cpp
  void act(guard&, bool others_wait = false) noexcept;
  bool is_calm(bool others_wait) const noexcept;
  void leave(guard&, bool others_wait = false) noexcept;
  void leave_with_job() noexcept;
  void wake(sleeper&) noexcept;
  void wake_idle() noexcept;
  void notify_drainers() noexcept;
  bool is_done(const drainer&) const noexcept;
  pool_stats count_all() const noexcept;
  double utilization() const noexcept;
  void close_door() noexcept;
  void make_room() noexcept;
  std::unique_ptr<scaling> new_scaling(worker_bounds) const;
  void begin_drain(time_point deadline);
  bool wait_drained(guard&, bool inside, time_point deadline) noexcept;
  void report_losses(guard&, job_chain&, errc reason) noexcept;
  void report(guard&, job_chain&, errc reason) noexcept;
  void leave_to_store(job_chain&) noexcept;
  void resume_from_store();

  // engine_spill.cpp
  bool is_spilling(std::size_t lane) const noexcept;
  bool nothing_spilled() const noexcept;
  std::size_t spilled_up_to(std::size_t lane) const noexcept;
  void note_spilled() noexcept;
  result<job_id> spill(guard&, const job_source&, const submit_options&, time_point now);
  std::size_t spill_some(guard&, const job_source& first, std::size_t count, std::size_t stride,
                         const submit_options&, time_point now);
  void enter_line(guard&, appender&) noexcept;
  void lead(guard&, const appender&) noexcept;
  void settle(appender&) noexcept;

  // engine_keeper.cpp
  void start_keeper();
  void end_keeper() noexcept;
  void keep_store() noexcept;
  void look_at_store() noexcept;
  bool keeper_is_due() const noexcept;
  bool acks_are_due() const noexcept;
  bool refill_is_due() const noexcept;
  std::size_t places_wanted() const noexcept;
  std::size_t due_of_lane(std::size_t lane) const noexcept;
  bool lets_back(const job_node&) const noexcept;
  bool has_room_for_cost(const job_node&) const noexcept;
  void put_back() noexcept;
  void leave_unread(guard&) noexcept;
  void sleep_until_due(guard&) noexcept;
  void acknowledge_later(job_node&, store_way) noexcept;
  void acknowledge(guard&) noexcept;
  void refill(guard&) noexcept;
  void plan_turns() noexcept;
  void take_fresh_nodes() noexcept;
  bool fetch_turns() noexcept;
  bool fetch_lane(std::size_t lane);
  void fill_from_store(job_node&, const spill_store::fetched&) noexcept;
  void tell_unreadable(std::uint64_t id, std::size_t lane) const noexcept;
  void note_fetched(guard&, bool readable) noexcept;
  void discard(guard&, job_chain&) noexcept;

  // engine_door.cpp
  bool nothing_queued() const noexcept { return queue_.empty() && (!lanes_ || lanes_->empty()); }
  std::size_t queued() const noexcept { return lanes_ ? lanes_->size() : queue_.size(); }
  overflow policy_of(const submit_options&) const;
  std::optional<errc> refusal(const submit_options&, time_point now) const noexcept;
  std::size_t waiting() const noexcept;
  std::uint64_t cost() const noexcept { return waiting() + extra_cost_; }
  void recall() noexcept;
  void raise_high_water() noexcept;
  bool is_hopeless(const submit_options&, time_point now) noexcept;
  bool fits(const submit_options&) noexcept;
  bool fits_reserved(const submit_options&) noexcept;
  bool pool_has_room(std::uint64_t cost, std::size_t reserved) noexcept;
  std::size_t reserved() const noexcept { return spill_ ? spill_->incoming : 0; }
  bool lane_has_room(std::size_t lane) const noexcept;
  bool needs_idle_worker(std::size_t lane) const noexcept;
  bool may_enter(const submit_options&) noexcept;
  bool key_has_room(const submit_options& o) const noexcept {
    return !lanes_ || lanes_->key_has_room(o.lane, o.key);
  }
  door_waiter* next_at_door() noexcept;
  auto able_to_enter() const noexcept;
  void note_room() noexcept;
  job_node& add_usual(time_point arrived) noexcept;
  job_node* new_node();
  void recycle(job_node& node) noexcept { spare_.push(node); }
  void fill(job_node&, const job_source&, const submit_options&, time_point now) noexcept;
  void enqueue(job_node&) noexcept;
  job_node& dequeue() noexcept;
  job_node& dequeue_oldest(std::size_t lane) noexcept;
  job_node& let_out(job_node&) noexcept;
  result<job_id> refuse(guard&, errc reason);
  std::uint64_t& refusal_counter(errc) noexcept;
  result<job_id> evict_oldest_for(guard&, const job_source&, const submit_options&, time_point now);
  result<job_id> evict_lower_for(guard&, const job_source&, const submit_options&, time_point now);
  bool owes_room(const submit_options&, const job_chain& evicted, std::uint64_t freed) noexcept;
  result<job_id> accept_after(guard&, job_chain& evicted, job_node&, const job_source&, const submit_options&,
                              time_point now) noexcept;
  result<job_id> wait_at_door(guard&, const job_source&, const submit_options&, const overflow&,
                              time_point now);
  parker<>::reason sleep_at_door(guard&, door_waiter&, time_point until, time_point now) noexcept;
  bool is_worth_patience() const noexcept;
  bool is_half_free() const noexcept { return queue_.size() + lent_ <= capacity_ / 2; }
  void tell_untold() noexcept;
  result<job_id> leave_door(guard&, door_waiter&, errc reason);
  void decide(door_waiter&, result<job_id>) noexcept;
  void admit() noexcept;
  bool is_stuck() const noexcept;
  void free_stuck_submitters() noexcept;

  // engine_workers.cpp
  std::size_t limit() const noexcept { return target_ + draining_workers_; }
  std::size_t free_workers() const noexcept;
  bool can_grow() const noexcept;
  worker_slot* wanted_worker() noexcept;
  std::size_t waiting_for_idle_worker() const noexcept;
  worker_slot* reserve_slot() noexcept;
  std::error_code start_thread(worker_slot&) noexcept;
  std::error_code grow_to_target(guard&) noexcept;
  void work(worker_slot&) noexcept;
  bool await_job(guard&) noexcept;
  void hold_back(guard&) noexcept;
  bool take_hand(worker_slot&) noexcept;
  void run_hand(worker_slot&, guard&, std::optional<time_point>& reading) noexcept;
  void clear_hand(worker_slot&) noexcept;
  job_note note_of(const job_node& node) const noexcept { return {options_.name, node.id, node.lane}; }
  void tell_finished(const worker_slot&) const noexcept;
  void tell_finished(const job_node&, time_point start, duration took) const noexcept;
  void note_service(worker_slot&, time_point start, duration each, std::uint64_t jobs) noexcept;
  void run_one(worker_slot&, guard&) noexcept;
  result<job_id> run_here(guard&, const job_source&, const submit_options&, time_point now);
  void expire(job_node&, guard&) noexcept;
  void note_wait(worker_slot&, duration) noexcept;
  void end_batch(worker_slot&, time_point now) noexcept;
  bool run(job_node&, job_run&) noexcept;
  void finish(job_node&, const job_run&, bool completed) noexcept;
  void count_end(bool completed) noexcept;
  void count_in_hand(worker_slot&, bool completed) noexcept;

  // engine_scaling.cpp
  bool scales() const noexcept { return min_workers_ < max_workers_; }
  void want_one_more() noexcept;
  bool needs_timekeeper() const noexcept { return resting_ && !nothing_queued(); }
  bool follow_load() noexcept;
  void start_timekeeper() noexcept;
  void keep_time() noexcept;
  void sleep_until_tick(guard&, time_point next) noexcept;
  time_point tick(time_point now) noexcept;
  load_moment measure(time_point now) noexcept;
  void wake_timekeeper() noexcept;
  void end_timekeeper() noexcept;

  job_owner& owner_;
  const pool_options options_;
  const bool exact_times_;
  const std::size_t capacity_;  // jobs that may wait
  histogram queue_wait_;
  histogram run_time_;
  std::stop_source stop_;                                 // of running jobs
  std::optional<std::stop_callback<canceller>> on_stop_;  // of options_.stop

  // What is touched for every job stands together, on as few cache lines as may be.
  alignas(64) mutable short_lock<> lock_;
  bool wake_pending_ = false;
  bool paused_;
  bool closed_ = false;
  bool one_by_one_ = false;     // no hands: every job has its own times, or some come from the store
  std::size_t usual_room_ = 0;  // while fewer jobs wait, a usual one is accepted without further questions
  pointer_ring<job_node> queue_;
  std::size_t lent_ = 0;           // jobs put into hands to wait there: at most so many still do
  std::uint64_t last_id_ = 0;      // ids count up: also how many jobs were accepted
  pointer_stack<job_node> spare_;  // nodes without a job; the last used first: it is in the cache
  shared_stamp arrivals_;
  idle_worker* idle_ = nullptr;              // the one that slept last is woken first: its cache is warm
  sleeper* woken_ = nullptr;                 // decided under the lock, told by act()
  std::size_t target_;                       // workers wanted
  std::size_t live_ = 0;                     // workers, also those being started
  std::size_t draining_workers_ = 0;         // of them, in drain: each may be replaced
  duration job_time_ = duration::max();      // of the jobs that ended last; long until they have proven short
  const std::unique_ptr<lane_queue> lanes_;  // instead of queue_, where there are several
  door_lines<door_waiter> door_;
  fifo_list<door_waiter> untold_;  // accepted, asleep, to be told when the queue is half empty
  pool_stats counts_;              // the law's counters; what follows from others is filled in by stats()

  fifo_list<drainer> drainers_;
  std::vector<std::unique_ptr<worker_slot>> slots_;
  std::size_t nodes_ = 0;         // made so far; queue_ and spare_ have room for all of them
  std::size_t unusual_ = 0;       // of the jobs in queue_
  std::uint64_t extra_cost_ = 0;  // what the waiting jobs cost beyond 1 each; less wraps around
  std::size_t min_workers_;
  std::size_t max_workers_;
  const std::unique_ptr<spilling> spill_;  // of a pool with a spill store
  std::uint64_t uncounted_ids_ = 0;        // up to last_id_, of jobs that were not accepted; may wrap around
  bool resting_ = false;                   // idle with the least workers, of those that follow the load
  std::unique_ptr<scaling> scaling_;       // where workers follow the load, or have once
  sleeper* timekeeper_ = nullptr;          // asleep
  control::expected_wait waits_;
  std::size_t starting_ = 0;         // workers whose thread is being made
  std::size_t busy_ = 0;             // workers with a job or an expired one
  std::size_t blocked_workers_ = 0;  // of them, in a block submit
  std::size_t job_units_ = 0;
  std::size_t loss_units_ = 0;
  std::size_t in_drain_ = 0;   // units whose thread waits in drain
  std::size_t room_owed_ = 0;  // outcomes to come after close for which no room was made yet
  time_point grow_again_{};    // no thread could be created: not before
  bool draining_ = false;
  bool cancelled_ = false;
  bool finished_ = false;        // the last job has ended
  bool results_closed_ = false;  // and readers have been told
};

// Inlined into the caller, where most of the options are known: a quarter of an empty job's way through the
// pool, measured.
template <class Put>
[[gnu::always_inline]] inline std::optional<job_id> engine::try_usual(Put put) noexcept {
  lock_.lock();
  const std::size_t most = queue_.size() + lent_;  // that wait
  if (most >= usual_room_ || spare_.empty()) {
    lock_.unlock();
    return std::nullopt;
  }
  job_node& node = add_usual(arrivals_.next());
  put(node);
  const job_id id{node.id};
  if (most >= counts_.high_water) raise_high_water();
  leave_with_job();
  return id;
}

template <class Put>
std::size_t engine::try_usual_some(std::size_t count, Put put) noexcept {
  const time_point now = clock::now();
  lock_.lock();
  const std::size_t most = queue_.size() + lent_;
  const std::size_t accepted = most < usual_room_ ? std::min(count, usual_room_ - most) : 0;
  if (accepted == 0 || spare_.size() < accepted) {
    lock_.unlock();
    return 0;
  }
  for (std::size_t i = 0; i < accepted; ++i) put(add_usual(now), i);
  if (most + accepted > counts_.high_water) raise_high_water();
  leave_with_job();
  return accepted;
}

/// Accepts a usual job, which its caller then moves into the node. There is room and a spare node.
inline job_node& engine::add_usual(time_point arrived) noexcept {
  job_node& node = spare_.pop();
  if (const job_node* const later = spare_.below_top(prefetch_ahead)) prefetch_to_write(&later->id);
  if (!node.usual) make_usual(node);
  node.id = ++last_id_;
  node.arrived = arrived;
  queue_.push_back(node);
  return node;
}

inline bool engine::run(job_node& node, job_run& here) noexcept {
  const call_frame frame(*this);
  return owner_.run(node, here);
}

/// Whether there is nothing to do when the lock is left. `others_wait`: jobs in this worker's hand.
inline bool engine::is_calm(bool others_wait) const noexcept {
  if (woken_ || live_ < limit() || closed_) return false;
  return !idle_ || wake_pending_ || paused_ || (nothing_queued() && !others_wait);
}

/// Leaves the lock after a usual job came in: then the pool is open, and nothing was decided before.
inline void engine::leave_with_job() noexcept {
  if (live_ >= limit() && (!idle_ || wake_pending_)) {
    lock_.unlock();
  } else {
    guard lock(lock_, std::adopt_lock);
    act(lock);
  }
}

/// Wakes the next submitter that was accepted meanwhile, once half of the queue is free.
inline void engine::tell_untold() noexcept {
  if (untold_.empty() || !is_half_free()) return;
  door_waiter& next = *untold_.front();
  untold_.remove(next);
  next.untold = false;
  wake(next);
}

inline void engine::leave(guard& lock, bool others_wait) noexcept {
  if (is_calm(others_wait)) {
    lock.unlock();
  } else {
    act(lock, others_wait);
  }
}

}  // namespace weir::detail
