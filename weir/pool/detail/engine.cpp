// A pool's life: from start to the last join, and what can be asked of it meanwhile. Invariants: engine.hpp.
#include <weir/pool/detail/call_frame.hpp>
#include <weir/pool/detail/engine.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

namespace weir::detail {

namespace {

/// How often a drain tries again what the system had refused: a worker, or room for outcomes.
constexpr duration look_again = std::chrono::milliseconds(10);

/// Options are checked before a member is made of them.
pool_options checked(pool_options options) {
  check(options);
  return options;
}

}  // namespace

engine::engine(job_owner& owner, pool_options options, bool exact_times, std::optional<spill_store> store)
    : owner_(owner),
      options_(checked(std::move(options))),
      exact_times_(exact_times),
      capacity_(waiting_capacity(options_)),
      paused_(options_.paused),
      target_(resolve_workers(options_.min_workers, options_.max_workers).min),
      lanes_(options_.lanes > 1 || options_.fair_by_key ? std::make_unique<lane_queue>(options_) : nullptr),
      door_(schedule_of(options_), options_.fair_by_key),
      min_workers_(target_),
      max_workers_(resolve_workers(options_.min_workers, options_.max_workers).max),
      spill_(spilling::open(owner.codec(), options_, std::move(store))),
      resting_(scales()),
      scaling_(scales() ? new_scaling({min_workers_, max_workers_}) : nullptr) {}

/// What the store holds is accepted here and now. What its opening found damaged has failed.
void engine::resume_from_store() {
  const auto opening = spill_->store.fetch(0);
  const auto damaged = opening ? opening->damaged : std::vector<spill_store::damaged>();
  const spill_store::statistics found = spill_->store.stats();
  for (const auto& [lane, jobs] : found.unfetched_by_lane) spill_->lanes[lane].stored = jobs;
  spill_->outside = found.unfetched;
  counts_.failed = damaged.size();
  counts_.resumed = found.unfetched + damaged.size();
  last_id_ = found.largest_id;
  uncounted_ids_ = last_id_ - counts_.resumed;
  for (const auto& one : damaged) tell_unreadable(one.id, one.lane);
}

std::unique_ptr<scaling> engine::new_scaling(worker_bounds bounds) const {
  return std::make_unique<scaling>(scaler_of(options_, bounds), clock::now());
}

engine::~engine() {
  while (!spare_.empty()) owner_.free_node(&spare_.pop());
}

void engine::start() {
  if (spill_) resume_from_store();
  note_room();
  start_keeper();
  guard lock(lock_);
  const std::error_code failure = grow_to_target(lock);
  const bool started = live_ != 0;
  lock.unlock();
  if (!started) {
    end_keeper();
    throw std::system_error(failure, "cannot start a worker of pool " + options_.name);
  }
  if (options_.stop.stop_possible()) on_stop_.emplace(options_.stop, canceller{this});
}

void engine::shutdown() noexcept {
  if (call_frame::inside(*this)) {
    std::fprintf(stderr, "weir: pool %s was destroyed from inside one of its own jobs\n",
                 options_.name.c_str());
    std::terminate();
  }
  static_cast<void>(drain(never));
  on_stop_.reset();
  end_timekeeper();
  end_keeper();
  for (const auto& slot : slots_)
    if (slot->thread.joinable()) slot->thread.join();
}

/// Leaves the lock, and does what was decided under it: wakes, starts a worker, closes the results.
/// `others_wait`: besides those in the queue, jobs in a hand.
void engine::act(guard& lock, bool others_wait) noexcept {
  if (idle_ && !wake_pending_ && !paused_ && (!nothing_queued() || others_wait)) {
    idle_worker& next = *idle_;
    idle_ = next.below;
    wake_pending_ = true;
    wake(next);
  }
  const bool starts_timekeeper = needs_timekeeper() && follow_load();
  worker_slot* const fresh = wanted_worker();
  const bool finishes = closed_ && !finished_ && nothing_queued() && job_units_ == 0 && nothing_spilled();
  finished_ = finished_ || finishes;
  sleeper* woken = std::exchange(woken_, nullptr);
  lock.unlock();
  while (woken) {
    sleeper* const next = woken->next_woken;  // gone once it is told
    woken->sleep.finish();
    woken = next;
  }
  if (fresh) start_thread(*fresh);
  if (starts_timekeeper) start_timekeeper();
  if (finishes) {
    owner_.close_results();
    lock.lock();
    results_closed_ = true;
    notify_drainers();
    act(lock);
  }
}

/// Notes that the sleeper is to be woken.
void engine::wake(sleeper& one) noexcept {
  one.next_woken = woken_;
  woken_ = &one;
}

void engine::wake_idle() noexcept {
  for (; idle_; idle_ = idle_->below) wake(*idle_);
}

bool engine::is_done(const drainer& who) const noexcept {
  if (!nothing_queued() || !nothing_spilled()) return false;
  if (who.inside) return job_units_ + loss_units_ == in_drain_;
  return job_units_ + loss_units_ + starting_ == 0 && results_closed_;
}

/// Called whenever a unit ends.
void engine::notify_drainers() noexcept {
  for (drainer* one = drainers_.front(); one;) {
    drainer* const next = one->behind;
    if (is_done(*one)) {
      drainers_.remove(*one);
      wake(*one);
    }
    one = next;
  }
}

/// The first call shuts the door, and notes how many outcomes are still to come.
void engine::close_door() noexcept {
  if (std::exchange(closed_, true)) return;
  recall();
  for (std::size_t lane = 0; lane < door_.lanes(); ++lane)
    while (!door_.line(lane).empty()) decide(*door_.line(lane).front(), std::unexpected(errc::closed));
  note_room();
  wake_idle();
  if (spill_) look_at_store();
  room_owed_ = queued() + job_units_;
}

/// Makes room for the outcomes still to come, without the lock. Without memory for it the debt stays:
/// workers wait for readers, and every drain tries again. Two calls at once make more room than needed.
void engine::make_room() noexcept {
  guard lock(lock_);
  const std::size_t owed = room_owed_;
  lock.unlock();
  if (owed == 0) return;
  try {
    owner_.extend_results(owed);
  } catch (const std::exception&) {  // bad_alloc or length_error
    return;
  }
  lock.lock();
  room_owed_ = 0;
}

void engine::close() {
  guard lock(lock_);
  close_door();
  act(lock);
  make_room();
}

void engine::cancel() {
  guard lock(lock_);
  if (std::exchange(cancelled_, true)) return;
  close_door();
  recall();
  paused_ = false;
  wake_idle();
  job_chain lost;
  while (!nothing_queued()) lost.push_back(dequeue());
  counts_.cancelled += lost.size();
  if (spill_) leave_to_store(lost);
  loss_units_ += !lost.empty();
  act(lock);
  make_room();
  stop_.request_stop();
  if (!lost.empty()) report(lock, lost, errc::cancelled);
}

/// What came from the store and was not begun is there for the next pool; so is what was about to come.
void engine::leave_to_store(job_chain& lost) noexcept {
  for (const job_node* node = lost.front(); node; node = node->behind) {
    if (node->way == store_way::none) continue;
    --counts_.cancelled;
    ++spill_->outside;
    ++spill_->lanes[node->lane].back;
  }
  while (!spill_->back.empty()) lost.push_back(spill_->back.pop_front());
  spill_->incoming = 0;
  spill_->left = true;
  note_spilled();
}

/// Counts a unit of losses, leaves the lock, and reports them.
void engine::report_losses(guard& lock, job_chain& lost, errc reason) noexcept {
  ++loss_units_;
  act(lock);
  report(lock, lost, reason);
}

/// Tells on_lost and the observer of jobs that are counted already, without the lock. Ends their unit.
void engine::report(guard& lock, job_chain& lost, errc reason) noexcept {
  {
    const call_frame frame(*this);
    for (job_node* node = lost.front(); node; node = node->behind) {
      if (reason == errc::cancelled && node->way != store_way::none) {
        spill_->codec.discard(*node);
        continue;
      }
      if (options_.observe) options_.observe->on_lost(note_of(*node), reason);
      owner_.lose(*node, reason);
    }
  }
  lock.lock();
  while (!lost.empty()) {
    job_node& node = lost.pop_front();
    if (reason == errc::cancelled || node.way == store_way::none) {
      recycle(node);
    } else {
      acknowledge_later(node, store_way::lost);
    }
  }
  --loss_units_;
  notify_drainers();
  act(lock);
}

/// A pause ends, unless the deadline has passed: no job is to slip in between here and the cancelling.
void engine::begin_drain(time_point deadline) {
  const bool late = deadline <= clock::now();
  guard lock(lock_);
  close_door();
  draining_ = true;
  if (!late) {
    paused_ = false;
    wake_idle();
  }
  act(lock);
  make_room();
}

result<> engine::drain(time_point deadline) {
  begin_drain(deadline);
  const std::size_t frames = call_frame::enter_drain(*this);
  const bool holds_worker = frames != 0 && works_for == this;
  guard lock(lock_);
  recall();  // what this thread's own hand holds may be among what the drain waits for
  in_drain_ += frames;
  draining_workers_ += holds_worker;
  notify_drainers();  // those inside jobs do not wait for this one any more
  const bool inside = call_frame::inside(*this);
  const bool in_time = wait_drained(lock, inside, deadline);
  if (!in_time) {
    lock.unlock();
    cancel();
    lock.lock();
    wait_drained(lock, inside, never);
  }
  in_drain_ -= frames;
  draining_workers_ -= holds_worker;
  const bool left_unread = spill_ && spill_->unreadable;
  act(lock);
  call_frame::leave_drain(*this, frames);
  if (!in_time) return std::unexpected(errc::timed_out);
  if (left_unread) return std::unexpected(errc::storage);
  return {};
}

/// Waits until nothing is left to wait for; false at the deadline. Called and returns with the lock held.
bool engine::wait_drained(guard& lock, bool inside, time_point deadline) noexcept {
  for (;;) {
    drainer me;
    me.inside = inside;
    if (is_done(me)) return true;
    // A worker may be missing because the system had no thread for it: then nobody else will try again.
    const bool starved = !nothing_queued() && free_workers() == 0 && live_ < limit();
    const bool refused = starved || room_owed_ != 0;
    const time_point until = refused ? std::min(deadline, after(clock::now(), look_again)) : deadline;
    drainers_.push_back(me);
    act(lock);
    const auto why = me.sleep.wait(until);
    lock.lock();
    if (me.linked) {
      drainers_.remove(me);
      if (until == deadline) return false;
      lock.unlock();
      make_room();
      lock.lock();
      continue;
    }
    if (why == parker<>::reason::done) return true;
    lock.unlock();
    me.sleep.wait_done();  // whoever took it off the list is about to say so
    lock.lock();
    return true;
  }
}

void engine::pause() {
  const guard lock(lock_);
  if (draining_ || cancelled_) return;
  recall();
  paused_ = true;
  note_room();
}

void engine::resume() {
  guard lock(lock_);
  paused_ = false;
  note_room();
  admit();
  act(lock);
}

void engine::resize(std::size_t min_workers, std::size_t max_workers) {
  const worker_bounds bounds = resolve_workers(min_workers, max_workers);
  auto fresh = bounds.min < bounds.max ? new_scaling(bounds) : nullptr;
  guard lock(lock_);
  recall();
  min_workers_ = bounds.min;
  max_workers_ = bounds.max;
  target_ = std::clamp(target_, bounds.min, bounds.max);
  bool starts_timekeeper = false;
  if (!scales()) {
    resting_ = false;
  } else if (scaling_) {
    scaling_->restart(scaler_of(options_, bounds), clock::now());
  } else {
    scaling_ = std::move(fresh);
  }
  if (scales() && !finished_) starts_timekeeper = follow_load();  // there may be too many workers
  note_room();
  if (live_ > limit()) wake_idle();
  free_stuck_submitters();
  grow_to_target(lock);
  admit();
  act(lock);
  if (starts_timekeeper) start_timekeeper();
}

pool_stats engine::stats() const {
  const guard lock(lock_);
  return count_all();
}

pool_snapshot engine::snapshot() const {
  pool_snapshot shot{.name = options_.name,
                     .capacity = capacity_,
                     .max_cost = options_.max_cost,
                     .lanes = std::vector<lane_snapshot>(options_.lanes),
                     .expected = expected_losses(options_)};
  for (std::size_t i = 0; i < shot.lanes.size(); ++i) shot.lanes[i].capacity = waiting_capacity(options_, i);
  {
    const guard lock(lock_);
    shot.stats = count_all();
    shot.utilization = utilization();
    shot.min_workers = min_workers_;
    shot.max_workers = max_workers_;
    shot.lanes[0].queued = shot.stats.queued;  // without lanes of their own, also what is in hands
    if (lanes_)
      for (std::size_t i = 0; i < shot.lanes.size(); ++i) shot.lanes[i].queued = lanes_->length(i);
    if (spill_) {
      shot.spill.emplace().spilled_total = spill_->total;
      shot.spill->unfinished = spill_->unfinished;
    }
  }
  if (spill_) {
    const spill_store::filling found = spill_->store.level();
    shot.spill->jobs = found.jobs;
    shot.spill->bytes = found.bytes;
    shot.spill->max_bytes = found.max_bytes;
  }
  shot.queue_wait = queue_wait();
  shot.run_time = run_time();
  return shot;
}

pool_stats engine::count_all() const noexcept {
  pool_stats s = counts_;
  s.submitted = last_id_ - uncounted_ids_ + s.rejected + s.dropped + s.timed_out + s.withdrawn;
  s.queued = queued();
  for (const auto& slot : slots_) {
    if (!slot->holds) continue;
    const auto hand = slot->hand.look();  // once: a job that begins meanwhile is in one place
    s.queued += hand.left;
    s.running += hand.begun - hand.ended;
    s.completed += hand.ended - slot->failed;
  }
  s.spilled = spill_ ? spill_->outside : 0;
  s.cost = s.queued + extra_cost_;
  s.workers = live_;
  s.busy = busy_;
  s.waiting = door_.size();
  return s;
}

std::size_t engine::queue_depth() const {
  const guard lock(lock_);
  return waiting();
}

double engine::queue_utilization() const {
  const guard lock(lock_);
  return utilization();
}

double engine::utilization() const noexcept {
  if (capacity_ == 0) return 0;
  const auto bound = static_cast<double>(std::max<std::uint64_t>(options_.max_cost, 1));  // 0: the cost is 0
  const double jobs = static_cast<double>(waiting()) / static_cast<double>(capacity_);
  return std::max(jobs, static_cast<double>(cost()) / bound);
}

}  // namespace weir::detail
