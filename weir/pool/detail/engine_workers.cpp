// The threads: when there are how many, what each does, and how a job is run and counted. Invariants:
// engine.hpp.
#include <weir/pool/detail/call_frame.hpp>
#include <weir/pool/detail/engine.hpp>
#include <weir/pool/outcome.hpp>

#include <fmt/format.h>

#include <pthread.h>

#include <algorithm>
#include <string>

namespace weir::detail {

namespace {

/// After the system refused a thread: how long until it is asked again.
constexpr duration growth_pause = std::chrono::milliseconds(10);

void name_this_thread(const std::string& pool, std::size_t index) noexcept {
  constexpr std::size_t longest = 15;  // pthread_setname_np refuses more
  try {
    const std::string number = fmt::format("/{}", index);
    const std::string name = pool.substr(0, longest - std::min(number.size(), longest)) + number;
    pthread_setname_np(pthread_self(), name.substr(0, longest).c_str());
  } catch (...) {  // no memory for a name: the thread works without
  }
}

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
  return live_ < limit() && (grow_again_ == time_point{} || clock::now() >= grow_again_);
}

/// A slot to start a thread in, when one is missing: below the minimum, or more is to be done than workers
/// are free.
worker_slot* engine::wanted_worker() noexcept {
  if (live_ >= limit()) return nullptr;
  const std::size_t jobs = queue_.size() + (capacity_ == 0 ? door_.size() : 0);
  const bool below_min = !closed_ && live_ < min_workers_;
  if (!below_min && (paused_ || jobs <= free_workers())) return nullptr;
  if (!can_grow()) return nullptr;
  return reserve_slot();
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

/// Starts threads up to the minimum, or until the system refuses one; returns with the lock held.
std::error_code engine::grow_to_min(guard& lock) noexcept {
  std::error_code failure;
  while (!failure && !closed_ && live_ < std::min(min_workers_, limit())) {
    worker_slot* const slot = reserve_slot();
    if (!slot) return std::make_error_code(std::errc::not_enough_memory);
    lock.unlock();
    failure = start_thread(*slot);
    lock.lock();
  }
  return failure;
}

void engine::work(worker_slot& me) noexcept {
  name_this_thread(options_.name, me.index);
  bind_this_thread(options_.processors, me.index);
  works_for = this;
  guard lock(lock_);
  admit();  // where the queue has no place of its own, a new worker is one
  while (job_node* const node = take(me, lock)) run_taken(me, *node, lock);
  me.live = false;
  --live_;
  free_stuck_submitters();
  act(lock);  // a wake meant for this one goes to the next
}

/// Waits for a job; none when this worker is to end.
job_node* engine::take(worker_slot& me, guard& lock) noexcept {
  while (live_ <= limit()) {
    if (!paused_ && !queue_.empty()) {
      job_node& node = dequeue();
      ++busy_;
      if (node.usual || node.deadline == never || clock::now() < node.deadline) {
        ++counts_.running;
        ++job_units_;
        admit();
        return &node;
      }
      end_batch(me);
      expire(node, lock);
      --busy_;
      admit();  // where the queue has no places, this worker is one again
      continue;
    }
    if (closed_ && queue_.empty()) break;
    end_batch(me);
    arrivals_.renew();
    idle_worker here;
    here.below = idle_;
    idle_ = &here;
    act(lock);
    here.sleep.wait_done();
    lock.lock();
    wake_pending_ = false;
  }
  end_batch(me);
  return nullptr;
}

void engine::expire(job_node& node, guard& lock) noexcept {
  job_chain late;
  late.push_back(node);
  ++counts_.expired;
  admit();  // into its place in the queue, before on_lost takes its time
  report_losses(lock, late, errc::expired);
  lock.lock();
}

void engine::note_wait(worker_slot& me, duration wait) noexcept {
  if (me.waits.add(wait)) return;
  queue_wait_.record(me.waits.wait(), me.waits.jobs());
  me.waits.clear();
  me.waits.add(wait);
}

/// Records what the batch took, if one is open.
void engine::end_batch(worker_slot& me) noexcept {
  if (me.batch.is_open()) end_batch(me, clock::now());
}

void engine::end_batch(worker_slot& me, time_point now) noexcept {
  const auto [each, jobs] = me.batch.close(now);
  run_time_.record(each, jobs);
  queue_wait_.record(me.waits.wait(), me.waits.jobs());
  me.waits.clear();
}

/// After each job: a batch that can take no more is recorded before its last job is counted.
void engine::end_full_batch(worker_slot& me) noexcept {
  if (me.batch.is_open() && me.batch.is_full()) end_batch(me, clock::now());
}

/// The start stamp of a job just taken.
time_point engine::begin(worker_slot& me, const job_node& node, std::uint64_t limit,
                         std::uint64_t last_id) noexcept {
  if (exact_times_) return clock::now();
  if (me.batch.covers(node.id)) {
    me.batch.join();
  } else {
    const time_point now = clock::now();
    if (me.batch.is_open()) end_batch(me, now);
    me.batch.open(now, limit, last_id);
  }
  note_wait(me, me.batch.start() - node.arrived);
  return me.batch.start();
}

/// The next job, when it is one that nothing else is to be done for.
job_node* engine::next_usual() noexcept {
  if (queue_.empty() || paused_ || !door_.empty() || live_ > limit() || !queue_.front().usual) return nullptr;
  job_node& node = queue_.pop_front();
  if (!queue_.empty()) __builtin_prefetch(&queue_.front().id);
  return &node;
}

/// Leaves the lock, runs the job and those behind it that take little thought, and returns with the lock held
/// and all of them counted.
void engine::run_taken(worker_slot& me, job_node& first, guard& lock) noexcept {
  for (job_node* node = &first; node;) {
    const std::uint64_t together = me.batch.limit(queue_.size(), live_);
    const std::uint64_t newest = last_id_;
    leave(lock);
    job_run here(*this, *node, &me, begin(me, *node, together, newest));
    const bool completed = run(*node, here);
    end_full_batch(me);
    lock.lock();
    arrivals_.note(me.batch.jobs_are_short());
    job_node* const next = next_usual();
    if (next) {
      // One unit ends and another begins.
      if (!here.settled_) {
        ++(completed ? counts_.completed : counts_.failed);
      } else {
        ++counts_.running;
      }
      recycle(*node);
    } else {
      --busy_;
      finish(*node, here, completed);
    }
    node = next;
  }
}

bool engine::run(job_node& node, job_run& here) noexcept {
  const call_frame frame(*this);
  return owner_.run(node, here);
}

/// The job's books are closed: under the lock, after its outcome was delivered.
void engine::finish(job_node& node, const job_run& here, bool completed) noexcept {
  if (!here.settled_) count_end(completed);
  --job_units_;
  recycle(node);
  admit();
  notify_drainers();
}

void engine::count_end(bool completed) noexcept {
  --counts_.running;
  ++(completed ? counts_.completed : counts_.failed);
}

std::size_t job_run::worker() const noexcept { return worker_ ? worker_->index : outcome<void>::no_worker; }

std::stop_token job_run::stop_token() const noexcept { return pool_.stop_.get_token(); }

void job_run::failed(const std::exception_ptr& what) noexcept {
  const auto& options = pool_.options_;
  if (options.observe) options.observe->on_failed({options.name, node_.id, node_.lane}, what);
}

void job_run::settle(bool completed) noexcept {
  const bool shares = worker_ && !pool_.exact_times_;
  if (!shares) {
    ran_for_ = clock::now() - start_;
    queued_for_ = std::max(start_ - node_.arrived, duration::zero());
    pool_.queue_wait_.record(queued_for_);
    pool_.run_time_.record(ran_for_);
  }
  const std::lock_guard lock(pool_.lock_);
  // Nobody can join the batch any more: recorded with the count, it is there for whoever has waited for this
  // job.
  if (shares && (worker_->batch.is_full() || pool_.queue_.empty())) pool_.end_batch(*worker_);
  pool_.count_end(completed);
  settled_ = true;
}

}  // namespace weir::detail
