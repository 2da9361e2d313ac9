// The threads: when there are how many, what each does, and how a job is run and counted. Invariants:
// engine.hpp.
#include <weir/pool/detail/call_frame.hpp>
#include <weir/pool/detail/engine.hpp>

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
engine::worker_slot* engine::wanted_worker() noexcept {
  if (live_ >= limit()) return nullptr;
  const std::size_t jobs = queue_.size() + (capacity_ == 0 ? door_.size() : 0);
  const bool below_min = !closed_ && live_ < min_workers_;
  if (!below_min && (paused_ || jobs <= free_workers())) return nullptr;
  if (!can_grow()) return nullptr;
  return reserve_slot();
}

/// Counts the worker at once, so that others do not start one for the same job. None: no memory.
engine::worker_slot* engine::reserve_slot() noexcept {
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
      if (node.deadline == never || clock::now() < node.deadline) {
        ++counts_.running;
        ++job_units_;
        admit();
        return &node;
      }
      end_batch(me.batch);
      expire(node, lock);
      --busy_;
      admit();  // where the queue has no places, this worker is one again
      continue;
    }
    if (closed_ && queue_.empty()) break;
    end_batch(me.batch);
    idle_worker here;
    here.below = idle_;
    idle_ = &here;
    act(lock);
    here.sleep.wait_done();
    lock.lock();
    wake_pending_ = false;
  }
  end_batch(me.batch);
  return nullptr;
}

void engine::expire(job_node& node, guard& lock) noexcept {
  job_list late;
  late.push_back(node);
  ++counts_.expired;
  admit();  // into its place in the queue, before on_lost takes its time
  report_losses(lock, late, errc::expired);
  lock.lock();
}

/// Records what the batch took, if one is open.
void engine::end_batch(batch_clock& batch) noexcept {
  if (batch.is_open()) end_batch(batch, clock::now());
}

void engine::end_batch(batch_clock& batch, time_point now) noexcept {
  const auto [each, jobs] = batch.close(now);
  run_time_.record(each, jobs);
}

/// After each job: a batch that can take no more is recorded before its last job is counted.
void engine::end_full_batch(batch_clock& batch) noexcept {
  if (batch.is_open() && batch.is_full()) end_batch(batch, clock::now());
}

/// The start stamp of a job just taken.
time_point engine::begin(worker_slot& me, const job_node& node, std::uint64_t limit,
                         std::uint64_t last_id) noexcept {
  if (exact_times_) return clock::now();
  if (me.batch.covers(node.id)) {
    me.batch.join();
    return me.batch.start();
  }
  const time_point now = clock::now();
  if (me.batch.is_open()) end_batch(me.batch, now);
  me.batch.open(now, limit, last_id);
  return now;
}

/// Leaves the lock, runs the job, and returns with the lock held and the job counted.
void engine::run_taken(worker_slot& me, job_node& node, guard& lock) noexcept {
  const std::uint64_t together = me.batch.limit(queue_.size(), live_);
  const std::uint64_t newest = last_id_;
  act(lock);
  job_run here(*this, node, me.index, begin(me, node, together, newest), &me.batch);
  if (!exact_times_) queue_wait_.record(here.start_ - node.arrived);
  const bool completed = run(node, here);
  end_full_batch(me.batch);
  lock.lock();
  --busy_;
  finish(node, here, completed);
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

std::stop_token job_run::stop_token() const noexcept { return pool_.stop_.get_token(); }

void job_run::failed(const std::exception_ptr& what) noexcept {
  const auto& options = pool_.options_;
  if (options.observe) options.observe->on_failed({options.name, node_.id, node_.lane}, what);
}

void job_run::settle(bool completed) noexcept {
  const bool shares = batch_ && !pool_.exact_times_;
  if (!shares) {
    ran_for_ = clock::now() - start_;
    queued_for_ = std::max(start_ - node_.arrived, duration::zero());
    pool_.queue_wait_.record(queued_for_);
    pool_.run_time_.record(ran_for_);
  }
  const std::lock_guard lock(pool_.lock_);
  // Nobody can join the batch any more: recorded with the count, it is there for whoever has waited for this
  // job.
  if (shares && (batch_->is_full() || pool_.queue_.empty())) pool_.end_batch(*batch_);
  pool_.count_end(completed);
  settled_ = true;
}

}  // namespace weir::detail
