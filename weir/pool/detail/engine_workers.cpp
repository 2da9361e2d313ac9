// The threads: when there are how many, what each does, and how a job is run and counted. Invariants:
// engine.hpp.
#include <weir/base/hardware.hpp>
#include <weir/pool/detail/call_frame.hpp>
#include <weir/pool/detail/engine.hpp>
#include <weir/pool/detail/thread_name.hpp>
#include <weir/pool/outcome.hpp>

#include <pthread.h>

#include <algorithm>
#include <string>

namespace weir::detail {

namespace {

/// After the system refused a thread: how long until it is asked again.
/// How long a worker that is not needed looks away; and of which jobs so many are wanted that they run one
/// after the other on one processor: of shorter ones workers cost each other more than they do.
constexpr duration watch = std::chrono::milliseconds(1);
constexpr duration shortest_to_share = std::chrono::nanoseconds(500);

/// A system that refuses lets the thread run anywhere: the processors were there when the pool was made.
void bind_this_thread(const std::vector<std::size_t>& processors, std::size_t index) noexcept {
  if (processors.empty()) return;
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  CPU_SET(processors[index % processors.size()], &chosen);
  pthread_setaffinity_np(pthread_self(), sizeof chosen, &chosen);
}

}  // namespace

/// Workers that could take a job now, also those just being started.
std::size_t engine::free_workers() const noexcept {
  const std::size_t usable = std::min(live_, limit());
  return usable > busy_ ? usable - busy_ : 0;
}

bool engine::can_grow() const noexcept {
  return live_ < max_workers_ + draining_workers_ &&
         (grow_again_ == time_point{} || clock::now() >= grow_again_);
}

/// A slot to start a thread in, when one is missing: fewer than wanted, or more is to be done than workers
/// are free.
worker_slot* engine::wanted_worker() noexcept {
  if (live_ >= limit()) return nullptr;
  const std::size_t jobs = queued() + waiting_for_idle_worker();
  const bool below_target = !closed_ && live_ < target_;
  if (!below_target && (paused_ || jobs <= free_workers())) return nullptr;
  if (!can_grow()) return nullptr;
  return reserve_slot();
}

/// Submitters at the door whose job has no place but with a worker.
std::size_t engine::waiting_for_idle_worker() const noexcept {
  if (door_.empty()) return 0;
  std::size_t count = 0;
  for (std::size_t lane = 0; lane < door_.lanes(); ++lane)
    if (needs_idle_worker(lane)) count += door_.line(lane).size();
  return count;
}

/// Counts the worker at once, so that others do not start one for the same job. None: no memory.
worker_slot* engine::reserve_slot() noexcept {
  worker_slot* slot = nullptr;
  for (const auto& one : slots_) {
    if (one->live || one->starting) continue;
    slot = one.get();
    break;
  }
  if (!slot) {
    try {
      slots_.push_back(std::make_unique<worker_slot>());
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    slot = slots_.back().get();
    slot->index = slots_.size() - 1;
  }
  slot->live = slot->starting = true;
  ++live_;
  ++starting_;
  return slot;
}

/// Without the lock, by whoever reserved the slot. On failure nothing is lost: the jobs are still queued for
/// others.
std::error_code engine::start_thread(worker_slot& slot) noexcept {
  std::error_code failure;
  try {
    if (slot.thread.joinable()) slot.thread.join();  // its last worker has retired
    slot.thread = std::thread([this, &slot] { work(slot); });
  } catch (const std::system_error& e) {
    failure = e.code();
  } catch (const std::bad_alloc&) {
    failure = std::make_error_code(std::errc::not_enough_memory);
  }
  guard lock(lock_);
  --starting_;
  slot.starting = false;
  if (failure) {
    slot.live = false;
    --live_;
    grow_again_ = after(clock::now(), growth_pause);
    free_stuck_submitters();
  } else {
    grow_again_ = time_point{};
  }
  notify_drainers();
  act(lock);
  return failure;
}

/// Starts threads up to the number wanted, or until the system refuses one; returns with the lock held.
std::error_code engine::grow_to_target(guard& lock) noexcept {
  std::error_code failure;
  while (!failure && !closed_ && live_ < target_) {
    worker_slot* const slot = reserve_slot();
    if (!slot) return std::make_error_code(std::errc::not_enough_memory);
    lock.unlock();
    failure = start_thread(*slot);
    lock.lock();
  }
  return failure;
}

void engine::work(worker_slot& me) noexcept {
  name_this_thread(options_.name, "/" + std::to_string(me.index));
  bind_this_thread(options_.processors, me.index);
  works_for = this;
  guard lock(lock_);
  admit();  // where the queue has no place of its own, a new worker is one
  while (await_job(lock)) {
    ++busy_;
    std::optional<time_point> reading;  // of the clock, just made
    while (take_hand(me)) run_hand(me, lock, reading);
    run_one(me, lock);
    --busy_;
    admit();  // where the queue has no places, this worker is one again
    notify_drainers();
  }
  me.live = false;
  --live_;
  free_stuck_submitters();
  act(lock);  // a wake meant for this one goes to the next
}

/// False when this worker is to end.
bool engine::await_job(guard& lock) noexcept {
  // On one processor nobody submits while this thread polls: those who would are let run first.
  int yields = native_atomics::may_poll() ? 0 : 2;
  while (live_ <= limit()) {
    if (queue_.empty()) recall();
    if (!paused_ && !nothing_queued()) return true;
    if (closed_ && nothing_queued() && nothing_spilled()) return false;
    if (yields-- > 0 && !paused_ && is_calm(false)) {
      lock.unlock();
      native_atomics::yield();
      lock.lock();
      continue;
    }
    tell_untold();
    arrivals_.renew();
    if (spill_) look_at_store();
    idle_worker here;
    here.below = idle_;
    idle_ = &here;
    act(lock);
    here.sleep.wait_done();
    lock.lock();
    hold_back(lock);
    wake_pending_ = false;
  }
  return false;
}

/// More workers than processors make short jobs no faster: they only change places. So a woken worker holds
/// the wake back for as long as others get on, and looks again now and then. When nothing has ended meanwhile
/// the jobs are not what they were: then it is needed, and so may be all others.
void engine::hold_back(guard& lock) noexcept {
  const auto ended = [this] { return counts_.completed + counts_.failed; };
  while (capacity_ != 0 && !nothing_queued() && !paused_ && !closed_ && busy_ >= hardware() &&
         job_time_ > shortest_to_share && job_time_ <= batch_clock::longest_share) {
    const std::uint64_t before = ended();
    lock.unlock();
    parker<> nap;
    nap.doze(after(clock::now(), watch));
    lock.lock();
    if (ended() == before) job_time_ = duration::max();
  }
}

/// Fills the hand of this worker with the next usual jobs: several when every worker has enough. False when
/// there is none, or the next job, or who waits at the door, needs a look of its own.
inline bool engine::take_hand(worker_slot& me) noexcept {
  tell_untold();
  if (queue_.empty() || paused_ || one_by_one_ || !door_.empty() || live_ > limit()) return false;
  if (unusual_ != 0 && !queue_.front().usual) return false;
  const bool several = usual_room_ != 0 && live_ >= limit();  // else who is to be recalled must be known
  std::size_t count = several ? me.batch.limit(queue_.size() - 1, live_) : 1;
  if (unusual_ == 0) {
    queue_.pop_front(me.hand.places(), count);
  } else {
    const std::size_t most = count;
    for (count = 0; count < most && queue_.front().usual; ++count)
      me.hand.places()[count] = &queue_.pop_front();
  }
  for (std::size_t i = 0; i < count; ++i) prefetch_to_write(&me.hand.places()[i]->id);
  me.hand.open(count);
  me.holds = true;
  me.failed = 0;
  me.units = count;
  me.lent = me.units - 1;
  lent_ += me.lent;
  job_units_ += me.units;
  return true;
}

/// Leaves the lock, runs the jobs in the hand as far as they are not recalled, and returns with the lock held
/// and all of them counted. `reading`: of the clock, when one was made just now.
void engine::run_hand(worker_slot& me, guard& lock, std::optional<time_point>& reading) noexcept {
  const bool others_wait = me.lent != 0;
  if (!is_calm(others_wait)) reading.reset();  // what is to be done takes its time
  leave(lock, others_wait);
  const time_point start = reading ? *reading : clock::now();
  const call_frame frame(*this);
  me.since.store(start.time_since_epoch().count(), std::memory_order_relaxed);
  me.batch.open(start);
  for (job_node* node = &me.hand.first(); node;) {
    note_wait(me, start - node->arrived);
    me.batch.join();
    job_run here(*this, *node, &me, start);
    const bool completed = owner_.run(*node, here);
    if (!completed && !here.settled_) {
      const std::lock_guard counting(lock_);
      count_in_hand(me, false);
      here.settled_ = true;
    }
    node = me.hand.next(here.settled_);
  }
  reading.reset();
  if (me.batch.is_open()) {  // recorded before its last job is counted
    reading = clock::now();
    end_batch(me, *reading);
  }
  if (options_.observe) tell_finished(me);
  lock.lock();
  arrivals_.note(me.batch.jobs_are_short());
  job_time_ = me.batch.last_share();
  note_service(me, me.batch.start(), job_time_, me.batch.last_jobs());
  clear_hand(me);
}

/// Of the jobs in the hand, all of which have ended.
void engine::tell_finished(const worker_slot& me) const noexcept {
  observer& told = *options_.observe;
  const time_point start = me.batch.start();
  const duration each = me.batch.last_share();
  job_note note{options_.name, 0, 0};  // usual jobs all
  for (const job_node* const node : me.hand.ran()) {
    note.id = node->id;
    told.on_finished(note, std::max(start - node->arrived, duration::zero()), each);
  }
}

/// Of a job that has ended, and is still in its node.
void engine::tell_finished(const job_node& node, time_point start, duration took) const noexcept {
  options_.observe->on_finished(note_of(node), std::max(start - node.arrived, duration::zero()), took);
}

/// The worker has run so many jobs, one after the other.
inline void engine::note_service(worker_slot& me, time_point start, duration each,
                                 std::uint64_t jobs) noexcept {
  me.since.store(0, std::memory_order_relaxed);
  if (me.served.note(start, each, jobs)) me.served.tell(waits_);
}

inline void engine::clear_hand(worker_slot& me) noexcept {
  const std::span<job_node* const> ran = me.hand.clear();
  spare_.push(ran);
  counts_.completed += ran.size() - me.failed;
  job_units_ -= me.units;
  lent_ -= me.lent;
  me.lent = 0;
  me.holds = false;
}

/// Takes, runs and counts one job, whatever it is, if there still is one.
void engine::run_one(worker_slot& me, guard& lock) noexcept {
  if (nothing_queued() || paused_ || live_ > limit()) return;
  job_node& node = dequeue();
  if (!node.usual && node.deadline != never && node.deadline <= clock::now()) {
    expire(node, lock);
    return;
  }
  ++counts_.running;
  ++job_units_;
  admit();
  if (spill_) look_at_store();
  leave(lock);
  job_run here(*this, node, &me, clock::now());
  me.since.store(here.start_.time_since_epoch().count(), std::memory_order_relaxed);
  const bool completed = run(node, here);
  if (!here.settled_) {
    queue_wait_.record(here.start_ - node.arrived);
    me.batch.open(here.start_);
    me.batch.join();
    run_time_.record(me.batch.close(clock::now()).each);
  }
  const duration took = here.settled_ ? here.ran_for_ : me.batch.last_share();
  if (options_.observe) tell_finished(node, here.start_, took);
  lock.lock();
  job_time_ = took;
  note_service(me, here.start_, job_time_, 1);
  finish(node, here, completed);
}

/// caller_runs.
result<job_id> engine::run_here(guard& lock, const job_source& source, const submit_options& o,
                                time_point now) {
  job_node& node = *new_node();
  fill(node, source, o, now);
  const job_id id{node.id};
  ++counts_.running;
  ++job_units_;
  act(lock);
  job_run here(*this, node, nullptr, now);
  const bool completed = run(node, here);
  duration took = here.ran_for_;
  if (!here.settled_) {
    took = clock::now() - now;
    queue_wait_.record(duration::zero());
    run_time_.record(took);
  }
  if (options_.observe) tell_finished(node, now, took);
  lock.lock();
  finish(node, here, completed);
  act(lock);
  return id;
}

void engine::expire(job_node& node, guard& lock) noexcept {
  job_chain late;
  late.push_back(node);
  ++counts_.expired;
  admit();  // into its place in the queue, before on_lost takes its time
  report_losses(lock, late, errc::expired);
  lock.lock();
}

inline void engine::note_wait(worker_slot& me, duration wait) noexcept {
  if (me.waits.add(wait)) return;
  queue_wait_.record(me.waits.wait(), me.waits.jobs());
  me.waits.clear();
  me.waits.add(wait);
}

/// Records what the open batch took.
void engine::end_batch(worker_slot& me, time_point now) noexcept {
  const auto [each, jobs] = me.batch.close(now);
  run_time_.record(each, jobs);
  queue_wait_.record(me.waits.wait(), me.waits.jobs());
  me.waits.clear();
}

/// The job's books are closed: under the lock, after its outcome was delivered.
void engine::finish(job_node& node, const job_run& here, bool completed) noexcept {
  const bool stays = node.way != store_way::none && here.stays_;
  if (stays) ++spill_->unfinished;
  if (node.way != store_way::none && !stays) {
    acknowledge_later(node, completed ? store_way::completed : store_way::failed);
  } else {
    if (!here.settled_) count_end(completed);
    --job_units_;
    recycle(node);
  }
  admit();
  notify_drainers();
}

void engine::count_end(bool completed) noexcept {
  --counts_.running;
  ++(completed ? counts_.completed : counts_.failed);
}

/// A job in a hand, counted before the hand is cleared.
void engine::count_in_hand(worker_slot& me, bool completed) noexcept {
  if (!completed) {
    ++counts_.failed;
    ++me.failed;
  }
  me.hand.end_early();
}

std::size_t job_run::worker() const noexcept { return worker_ ? worker_->index : outcome<void>::no_worker; }

std::stop_token job_run::stop_token() const noexcept { return pool_.stop_.get_token(); }

void job_run::failed(const std::exception_ptr& what) noexcept {
  if (pool_.options_.observe) pool_.options_.observe->on_failed(pool_.note_of(node_), what);
}

void job_run::settle(bool completed) noexcept {
  const bool in_hand = worker_ && worker_->holds;
  if (!in_hand) {
    ran_for_ = clock::now() - start_;
    queued_for_ = std::max(start_ - node_.arrived, duration::zero());
    pool_.queue_wait_.record(queued_for_);
    pool_.run_time_.record(ran_for_);
  }
  const std::lock_guard lock(pool_.lock_);
  if (in_hand) {
    // Nobody can join the batch any more: recorded with the count, it is there for whoever has waited for
    // this job.
    if (worker_->hand.look().left == 0) pool_.end_batch(*worker_, clock::now());
    pool_.count_in_hand(*worker_, completed);
  } else {
    pool_.count_end(completed);
  }
  settled_ = true;
}

}  // namespace weir::detail
