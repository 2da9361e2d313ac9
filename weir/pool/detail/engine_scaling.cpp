// Workers that follow the load: when the timekeeper looks at it, and what it then decides. Invariants:
// engine.hpp.
#include <weir/pool/detail/engine.hpp>
#include <weir/pool/detail/thread_name.hpp>

#include <algorithm>
#include <utility>

namespace weir::detail {

/// Beyond what the scaler says, since without it the pool would not get on. The scaler takes it back.
void engine::want_one_more() noexcept { target_ = std::max(target_, std::min(live_ + 1, max_workers_)); }

/// The load is measured from now on. True when the caller is to start the timekeeper, without the lock.
bool engine::follow_load() noexcept {
  const time_point now = clock::now();
  if (!scaling_->started && grow_again_ != time_point{} && now < grow_again_) {
    resting_ = true;  // the next submit tries again
    note_room();
    return false;
  }
  if (std::exchange(resting_, false)) {
    load_moment first = measure(now);
    first.arrived -= std::min<std::uint64_t>(first.arrived, first.queued);  // what a rest was ended by
    ++first.arrived;
    scaling_->meter.restart(now, first);
  } else {
    scaling_->meter.restart(now, measure(now));
  }
  note_room();
  wake_timekeeper();
  if (std::exchange(scaling_->started, true)) return false;
  ++starting_;
  return true;
}

/// Whatever fails: the pool works with the workers it has, and the next submit tries again.
void engine::start_timekeeper() noexcept {
  bool started = true;
  try {
    scaling_->thread = std::thread([this] { keep_time(); });
  } catch (const std::system_error&) {
    started = false;
  } catch (const std::bad_alloc&) {
    started = false;
  }
  guard lock(lock_);
  --starting_;
  if (!started) {
    scaling_->started = false;
    resting_ = scales();
    note_room();
    grow_again_ = after(clock::now(), growth_pause);
  }
  notify_drainers();
  act(lock);
}

void engine::keep_time() noexcept {
  name_this_thread(options_.name, "/scale");
  guard lock(lock_);
  time_point next = clock::now() + scaling_->step();
  while (!scaling_->ended) {
    sleep_until_tick(lock, next);
    const time_point now = clock::now();
    if (now >= next || next == never) next = tick(now);
  }
}

/// Leaves the lock, and returns with it held at the time, or when told.
void engine::sleep_until_tick(guard& lock, time_point next) noexcept {
  sleeper here;
  timekeeper_ = &here;
  act(lock);
  here.sleep.wait(next);
  lock.lock();
  if (timekeeper_ == &here) {
    timekeeper_ = nullptr;
  } else {
    lock.unlock();
    here.sleep.wait_done();  // whoever woke it is about to say so
    lock.lock();
  }
}

void engine::wake_timekeeper() noexcept {
  if (timekeeper_) wake(*std::exchange(timekeeper_, nullptr));
}

/// Looks at the load once; when to look again.
time_point engine::tick(time_point now) noexcept {
  if (!scales() || finished_) return never;
  if (resting_) return never;
  const load_moment at = measure(now);
  control::load_sample load = scaling_->meter.look(now, at);
  load.workers = static_cast<std::int64_t>(target_);
  load.depth = static_cast<std::int64_t>(at.queued);
  load.capacity = static_cast<std::int64_t>(std::min<std::size_t>(capacity_, INT64_MAX));
  const std::int64_t change = scaling_->scaler.decide(now, load);
  target_ = std::clamp(target_ + static_cast<std::size_t>(change), min_workers_, max_workers_);
  if (live_ > limit() && idle_) {
    idle_worker& surplus = *idle_;
    idle_ = surplus.below;
    wake(surplus);
  }
  resting_ = target_ == min_workers_ && at.queued == 0 && busy_ == 0 && scaling_->meter.is_idle();
  if (!resting_) return now + scaling_->step();
  note_room();
  return never;
}

/// Submitters who wait for an idle worker are part of the queue here: there is no other place for them. So
/// are jobs in the spill store: a backlog on disk wants workers, too.
load_moment engine::measure(time_point now) noexcept {
  load_moment at;
  at.arrived = last_id_;
  at.queued = waiting() + waiting_for_idle_worker();
  if (spill_ && !spill_->left) at.queued += spill_->outside;
  for (const auto& slot : slots_) {
    at.ended += slot->served.jobs();
    at.service += slot->served.time();
    const duration::rep since = slot->since.load(std::memory_order_relaxed);
    if (since == 0) continue;
    ++at.running;
    at.age += std::max(now - time_point(duration(since)), duration::zero());
  }
  return at;
}

/// After the drain.
void engine::end_timekeeper() noexcept {
  guard lock(lock_);
  if (!scaling_) return;
  scaling_->ended = true;
  wake_timekeeper();
  act(lock);
  if (scaling_->thread.joinable()) scaling_->thread.join();
}

}  // namespace weir::detail
