// How jobs come in: acceptance, the overflow policies, and the door where submitters wait. Invariants:
// engine.hpp.
#include <weir/base/hardware.hpp>
#include <weir/pool/detail/call_frame.hpp>
#include <weir/pool/detail/engine.hpp>
#include <weir/pool/outcome.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <functional>
#include <stdexcept>
#include <utility>

namespace weir::detail {

namespace {

/// On one processor nobody makes room while this thread waits for it, and a sleep and a wake for each job
/// would cost many times the job: so whoever can make room is let run first, a few times.
constexpr int yields = 4;

/// How late an accepted submitter may learn it; how long half a queue must last to be worth a sleep; and how
/// many places it must have.
constexpr duration longest_patience = std::chrono::milliseconds(1);
constexpr duration worth_a_sleep = std::chrono::microseconds(50);
constexpr std::size_t least_for_patience = 64;

}  // namespace

overflow engine::policy_of(const submit_options& o) const {
  if (o.lane >= options_.lanes) {
    throw std::invalid_argument(fmt::format("lane {} is not below lanes {}; use {} or less", o.lane,
                                            options_.lanes, options_.lanes - 1));
  }
  if (o.on_full) {
    check_policy(*o.on_full, waiting_capacity(options_, o.lane), has_store());
    return *o.on_full;
  }
  if (o.lane < options_.lane.size() && options_.lane[o.lane].on_full) return *options_.lane[o.lane].on_full;
  return options_.on_full;
}

std::optional<errc> engine::refusal(const submit_options& o, time_point now) const noexcept {
  if (closed_) return errc::closed;
  if (o.cost > options_.max_cost) return errc::full;
  if (o.deadline <= now) return errc::expired;
  return std::nullopt;
}

/// Of this moment: it falls without the lock while workers begin what they hold.
std::size_t engine::waiting() const noexcept {
  std::size_t jobs = queued();
  if (lent_ == 0) return jobs;
  for (const auto& slot : slots_)
    if (slot->lent != 0) jobs += slot->hand.look().left;
  return jobs;
}

/// Puts what waits in hands back to the front of the queue. All hands at once, so what is taken next comes
/// behind what no hand holds any more, and the hand with the latest first job has the latest jobs.
void engine::recall() noexcept {
  while (lent_ != 0) {
    worker_slot* latest = nullptr;
    for (const auto& slot : slots_) {
      if (slot->lent == 0) continue;
      if (!latest || slot->hand.first().id > latest->hand.first().id) latest = slot.get();
    }
    assert(latest && "lent_ is what the hands have been lent");
    latest->hand.take_back([this](job_node& node) { queue_.push_front(node); });
    lent_ -= std::exchange(latest->lent, 0);
    job_units_ -= std::exchange(latest->units, 1) - 1;  // the job that runs, or ran last
  }
}

void engine::raise_high_water() noexcept {
  counts_.high_water = std::max<std::uint64_t>(counts_.high_water, waiting());
}

/// Whether the pool's own bounds allow one more job, when so many places are others'.
bool engine::pool_has_room(std::uint64_t cost, std::size_t reserved) noexcept {
  if (this->cost() > options_.max_cost || cost > options_.max_cost - this->cost()) return false;
  if (capacity_ == 0) return !paused_ && queued() < free_workers();
  if (queued() + lent_ + reserved >= capacity_) recall();
  return queued() + lent_ + reserved < capacity_;
}

/// Whether the lane's own bound does. The only lane of a pool has none: it is the pool's.
bool engine::lane_has_room(std::size_t lane) const noexcept {
  if (!lanes_) return true;
  if (needs_idle_worker(lane)) return !paused_ && queued() < free_workers();
  return lanes_->length(lane) < lanes_->capacity(lane);
}

bool engine::needs_idle_worker(std::size_t lane) const noexcept {
  return capacity_ == 0 || (lanes_ && lanes_->capacity(lane) == 0);
}

bool engine::fits(const submit_options& o) noexcept {
  return pool_has_room(o.cost, reserved()) && lane_has_room(o.lane);
}

/// The same with the places that the keeper has reserved: for a job that makes its own room. What it evicts
/// leaves it a place, and where nothing is left to evict all of them may be reserved.
bool engine::fits_reserved(const submit_options& o) noexcept {
  return pool_has_room(o.cost, 0) && lane_has_room(o.lane);
}

/// Whether a waiter waits for the pool, and not behind a bound of its own lane or key.
auto engine::able_to_enter() const noexcept {
  return [this](const door_waiter& waiter) {
    return lane_has_room(waiter.lane()) && key_has_room(*waiter.options);
  };
}

/// Whether the job can come in now, with nobody at the door who would have to be served before.
bool engine::may_enter(const submit_options& o) noexcept {
  return !is_spilling(o.lane) && fits(o) && key_has_room(o) && door_.lets_pass(o.lane, able_to_enter());
}

engine::door_waiter* engine::next_at_door() noexcept { return door_.next(able_to_enter()); }

/// Called with whatever may change what a usual submit need not ask. With results every job has a time of its
/// own; while the pool is paused nobody ends the sharing of arrival times; while it rests, somebody has to
/// wake the timekeeper.
void engine::note_room() noexcept {
  const bool asks = closed_ || paused_ || resting_ || exact_times_ || lanes_ || !door_.empty() ||
                    options_.max_cost != unlimited || is_spilling(0);
  usual_room_ = asks ? 0 : capacity_;
  one_by_one_ = exact_times_ || is_spilling(0);
}

/// Admission: whether the jobs ahead, those of its own and more important lanes, are known to take longer
/// than the deadline allows.
bool engine::is_hopeless(const submit_options& o, time_point now) noexcept {
  if (o.deadline == never) return false;
  for (const auto& slot : slots_) slot->served.tell(waits_);
  std::size_t ahead = lanes_ ? 0 : waiting();
  for (std::size_t lane = 0; lanes_ && lane <= o.lane; ++lane) ahead += lanes_->length(lane);
  ahead += spilled_up_to(o.lane);
  return !waits_.admit(now, static_cast<std::int64_t>(ahead), static_cast<std::int64_t>(live_), o.deadline);
}

job_node* engine::new_node() {
  if (spare_.empty()) {
    queue_.reserve(nodes_ + 1);
    spare_.reserve(nodes_ + 1);
    if (lanes_) lanes_->reserve(nodes_ + 1);
    job_node* const node = owner_.make_node();
    ++nodes_;
    if (lanes_) lanes_->adopt(*node);
    return node;
  }
  return &spare_.pop();
}

/// Moves the job in: it is accepted from here on.
void engine::fill(job_node& node, const job_source& source, const submit_options& o,
                  time_point now) noexcept {
  node.id = ++last_id_;
  node.arrived = now;
  node.cost = o.cost;
  node.key = o.key;
  node.lane = o.lane;
  node.deadline = o.deadline;
  node.usual = is_usual(o);
  node.way = store_way::none;
  source.move_into(node, source.job);
}

void engine::enqueue(job_node& node) noexcept {
  if (lanes_) {
    lanes_->push(node);
  } else {
    queue_.push_back(node);
  }
  if (!node.usual) {
    ++unusual_;
    extra_cost_ += node.cost - 1;
  }
  // Without places nothing waits: what is here for a moment is on its way to an idle worker.
  if (capacity_ != 0 && queued() + lent_ > counts_.high_water) raise_high_water();
}

job_node& engine::dequeue() noexcept { return let_out(lanes_ ? lanes_->pop() : queue_.pop_front()); }

job_node& engine::let_out(job_node& node) noexcept {
  if (!node.usual) {
    --unusual_;
    extra_cost_ -= node.cost - 1;
  }
  return node;
}

/// The oldest job of the lane; when it has none, of the least important one. None is in a hand.
job_node& engine::dequeue_oldest(std::size_t lane) noexcept {
  if (!lanes_) return dequeue();
  if (lanes_->length(lane) == 0) lane = lanes_->least_important();
  return let_out(lanes_->pop_oldest(lane));
}

std::uint64_t& engine::refusal_counter(errc reason) noexcept {
  switch (reason) {
    case errc::dropped: return counts_.dropped;
    case errc::timed_out: return counts_.timed_out;
    case errc::cancelled: return counts_.withdrawn;
    default: return counts_.rejected;
  }
}

result<job_id> engine::refuse(guard& lock, errc reason) {
  ++refusal_counter(reason);
  act(lock);
  if (options_.observe) options_.observe->on_refused(options_.name, reason);
  return std::unexpected(reason);
}

result<job_id> engine::submit(job_source source, const submit_options& o) {
  const overflow policy = policy_of(o);
  const time_point now = clock::now();
  guard lock(lock_);
  if (!native_atomics::may_poll() && capacity_ != 0 && policy.kind() == overflow_kind::block &&
      works_for != this) {
    for (int i = 0; i < yields && !closed_ && !paused_ && door_.empty() && !fits(o); ++i) {
      lock.unlock();
      native_atomics::yield();
      lock.lock();
    }
  }
  if (const auto reason = refusal(o, now)) return refuse(lock, *reason);
  if (lanes_) lanes_->note_key(o.key);
  if (needs_idle_worker(o.lane) && !paused_ && queued() >= free_workers() && can_grow()) {
    // A new worker is an idle one: worth starting before the policy is asked.
    want_one_more();
    if (worker_slot* const fresh = reserve_slot()) {
      lock.unlock();
      start_thread(*fresh);
      lock.lock();
      if (closed_) return refuse(lock, errc::closed);
    }
  }
  // The job of caller_runs does not wait when the pool is full.
  const bool waits = policy.kind() != overflow_kind::caller_runs || fits(o);
  if (waits && is_hopeless(o, now)) return refuse(lock, errc::overloaded);
  if (may_enter(o)) {
    job_node& node = *new_node();
    fill(node, source, o, now);
    enqueue(node);
    const job_id id{node.id};
    act(lock);
    return id;
  }
  if (is_spilling(o.lane)) return spill(lock, source, o, now);
  switch (policy.kind()) {
    case overflow_kind::drop_newest: return refuse(lock, errc::dropped);
    case overflow_kind::drop_oldest: return evict_oldest_for(lock, source, o, now);
    case overflow_kind::evict_lower: return evict_lower_for(lock, source, o, now);
    case overflow_kind::caller_runs: return run_here(lock, source, o, now);
    case overflow_kind::block:
    case overflow_kind::timeout: return wait_at_door(lock, source, o, policy, now);
    case overflow_kind::spill: return spill(lock, source, o, now);
    default: return refuse(lock, errc::full);
  }
}

std::size_t engine::submit_some(job_source first, std::size_t count, std::size_t stride,
                                const submit_options& o) {
  const overflow policy = policy_of(o);  // only spilling makes room: what else does not fit is not submitted
  const time_point now = clock::now();
  std::byte* const jobs = static_cast<std::byte*>(first.job);
  std::size_t accepted = 0;
  guard lock(lock_);
  if (refusal(o, now)) return 0;
  if (lanes_) lanes_->note_key(o.key);
  for (; accepted < count && !is_hopeless(o, now) && may_enter(o); ++accepted) {
    job_node* node = nullptr;
    try {
      node = new_node();
    } catch (const std::bad_alloc&) {
      if (accepted == 0) throw;
      break;  // those before it are in, and the caller must learn how many
    }
    fill(*node, {jobs + accepted * stride, first.move_into}, o, now);
    enqueue(*node);
  }
  const bool spills = policy.kind() == overflow_kind::spill || is_spilling(o.lane);
  if (spills && accepted < count && !is_hopeless(o, now)) {
    const job_source rest{jobs + accepted * stride, first.move_into};
    try {
      return accepted + spill_some(lock, rest, count - accepted, stride, o, now);
    } catch (...) {
      if (accepted == 0) throw;
      return accepted;  // as above; of what its codec throws, the caller learns with the next call
    }
  }
  act(lock);
  return accepted;
}

/// Whether a job that makes its own room must still evict: as long as it does not fit, and, since it passes
/// those who wait at the door, as much as it brings, as far as there is that much.
bool engine::owes_room(const submit_options& o, const job_chain& evicted, std::uint64_t freed) noexcept {
  return !fits_reserved(o) || (evicted.empty() && !(fits(o) && key_has_room(o))) ||
         (!door_.empty() && (evicted.empty() || freed < o.cost));
}

/// drop_oldest.
result<job_id> engine::evict_oldest_for(guard& lock, const job_source& source, const submit_options& o,
                                        time_point now) {
  job_node& node = *new_node();
  recall();
  job_chain evicted;
  for (std::uint64_t freed = 0; !nothing_queued() && owes_room(o, evicted, freed);) {
    job_node& oldest = dequeue_oldest(o.lane);
    freed += oldest.cost;
    evicted.push_back(oldest);
  }
  return accept_after(lock, evicted, node, source, o, now);
}

/// evict_lower. Nobody is evicted unless the job gets in.
result<job_id> engine::evict_lower_for(guard& lock, const job_source& source, const submit_options& o,
                                       time_point now) {
  if (!lanes_ || !lane_has_room(o.lane) || !key_has_room(o)) return refuse(lock, errc::full);
  std::size_t lowest = lanes_->lanes() - 1;
  std::uint64_t lower_cost = 0;
  for (std::size_t lane = lowest; lane > o.lane; --lane) {
    lower_cost += lanes_->cost(lane);
    if (lanes_->length(lowest) == 0) lowest = lane - 1;
  }
  if (lowest <= o.lane || o.cost > options_.max_cost - (cost() - lower_cost)) {
    return refuse(lock, errc::full);
  }
  job_node& node = *new_node();
  job_chain evicted;
  for (std::uint64_t freed = 0; lowest > o.lane && owes_room(o, evicted, freed);) {
    job_node& newest = let_out(lanes_->pop_newest(lowest));
    freed += newest.cost;
    evicted.push_back(newest);
    while (lowest > o.lane && lanes_->length(lowest) == 0) --lowest;
  }
  return accept_after(lock, evicted, node, source, o, now);
}

/// Takes the job into what these have left, and reports them.
result<job_id> engine::accept_after(guard& lock, job_chain& evicted, job_node& node, const job_source& source,
                                    const submit_options& o, time_point now) noexcept {
  assert(fits_reserved(o));
  counts_.evicted += evicted.size();
  fill(node, source, o, now);
  enqueue(node);
  const job_id id{node.id};
  admit();  // what left may have cost more than what came
  if (evicted.empty()) {
    act(lock);
  } else {
    report_losses(lock, evicted, errc::dropped);
  }
  return id;
}

/// True when this thread is a worker of the pool, every other one waits in a block submit too, and none can
/// be added.
bool engine::is_stuck() const noexcept { return blocked_workers_ + 1 >= live_ && !can_grow(); }

result<job_id> engine::wait_at_door(guard& lock, const job_source& source, const submit_options& o,
                                    const overflow& policy, time_point now) {
  const bool waits_for_ever = policy.kind() == overflow_kind::block;
  const bool holds_worker = waits_for_ever && works_for == this;
  if (o.stop.stop_requested()) return refuse(lock, errc::cancelled);
  if (!waits_for_ever && policy.wait() == duration::zero()) return refuse(lock, errc::timed_out);
  if (holds_worker && is_stuck()) return refuse(lock, errc::full);

  const time_point until = waits_for_ever ? never : after(now, policy.wait());
  door_waiter me{{}, {}, source, &o, new_node(), holds_worker};
  me.patient = !holds_worker && is_worth_patience();
  door_.push_back(me);
  note_room();
  blocked_workers_ += holds_worker;
  if (holds_worker && blocked_workers_ >= live_) want_one_more();  // nobody else is left to make room
  act(lock);

  const auto why = sleep_at_door(lock, me, std::min(until, o.deadline), now);
  if (why != parker<>::reason::done) {
    lock.lock();
    if (!me.decided) {
      if (why == parker<>::reason::interrupted) return leave_door(lock, me, errc::cancelled);
      return leave_door(lock, me, until < o.deadline ? errc::timed_out : errc::expired);
    }
    if (me.untold) {
      untold_.remove(me);
      lock.unlock();
    } else {
      lock.unlock();
      me.sleep.wait_done();  // whoever decided is about to say so
    }
  } else if (me.patient) {
    lock.lock();
    tell_untold();  // the next one
    act(lock);
  }
  if (!me.answer && options_.observe) options_.observe->on_refused(options_.name, me.answer.error());
  return me.answer;
}

/// Waits, without the lock, until the waiter is told, its stop is requested, or `until`.
parker<>::reason engine::sleep_at_door(guard& lock, door_waiter& me, time_point until,
                                       time_point now) noexcept {
  const auto interrupt = [&me] { me.sleep.interrupt(); };
  std::optional<std::stop_callback<decltype(interrupt)>> watch;
  if (me.options->stop.stop_possible()) watch.emplace(me.options->stop, interrupt);
  if (!me.patient) return me.sleep.wait(until);
  const auto why = me.sleep.doze(std::min(until, after(now, longest_patience)));
  if (why != parker<>::reason::timed_out) return why;
  lock.lock();
  const bool accepted = me.decided;
  me.patient = false;
  lock.unlock();
  return accepted ? why : me.sleep.wait(until);
}

/// A submitter that is woken for each place that becomes free costs a short job several times what it takes.
/// So while jobs are short and the queue lasts, a submitter is woken when half of the queue is free: it was
/// accepted as soon as there was a place, and learns it later, `longest_patience` at the most.
bool engine::is_worth_patience() const noexcept {
  if (lanes_ || capacity_ < least_for_patience || job_time_ > batch_clock::longest_share) return false;
  const auto at_once = static_cast<duration::rep>(std::min(live_, hardware()));
  return job_time_ * static_cast<duration::rep>(capacity_ / 2) >= worth_a_sleep * at_once;
}

/// The waiter gives up by itself.
result<job_id> engine::leave_door(guard& lock, door_waiter& me, errc reason) {
  door_.remove(me);
  note_room();
  if (spill_) look_at_store();
  blocked_workers_ -= me.holds_worker;
  recycle(*me.node);
  admit();  // the next one may be cheaper
  return refuse(lock, reason);
}

/// Answers a waiter; act() tells it.
void engine::decide(door_waiter& waiter, result<job_id> answer) noexcept {
  door_.remove(waiter);
  if (door_.empty()) note_room();
  if (spill_) look_at_store();
  blocked_workers_ -= waiter.holds_worker;
  if (!answer) {
    ++refusal_counter(answer.error());
    recycle(*waiter.node);
  }
  waiter.decided = true;
  waiter.answer = answer;
  if (waiter.patient && answer && !is_half_free()) {
    waiter.untold = true;
    untold_.push_back(waiter);
  } else {
    wake(waiter);
  }
}

/// Serves the door in order, as far as there is room. Called after whatever makes room.
void engine::admit() noexcept {
  while (!door_.empty()) {
    door_waiter* const next = next_at_door();
    if (!next || !pool_has_room(next->options->cost, reserved())) return;
    door_waiter& waiter = *next;
    const time_point now = clock::now();
    if (waiter.options->deadline <= now) {
      decide(waiter, std::unexpected(errc::expired));
      continue;
    }
    if (is_hopeless(*waiter.options, now)) {
      decide(waiter, std::unexpected(errc::overloaded));
      continue;
    }
    fill(*waiter.node, waiter.source, *waiter.options, now);
    enqueue(*waiter.node);
    decide(waiter, job_id{waiter.node->id});
  }
}

/// Called when workers have become fewer, or cannot become more: the last block submit inside a job is
/// refused when without it nobody would be left to make room.
void engine::free_stuck_submitters() noexcept {
  if (blocked_workers_ == 0 || blocked_workers_ < live_ || can_grow()) return;
  door_waiter* last = nullptr;
  for (std::size_t lane = 0; lane < door_.lanes(); ++lane)
    for (door_waiter* waiter = door_.line(lane).front(); waiter; waiter = waiter->behind)
      if (waiter->holds_worker) last = waiter;
  assert(last && "blocked_workers_ counts those at the door who hold one");
  decide(*last, std::unexpected(errc::full));
}

}  // namespace weir::detail
