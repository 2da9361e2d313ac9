// Out of the spill store: the thread that brings jobs back before the queue runs dry, and acknowledges those
// that have ended. Invariants: spilling.hpp.
#include <weir/pool/detail/engine.hpp>
#include <weir/pool/detail/thread_name.hpp>

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace weir::detail {

namespace {

/// Acknowledgements wait so long for company, of jobs that are shorter; and for so much of it.
constexpr duration company = std::chrono::milliseconds(1);
constexpr std::size_t enough_acks = 64;
/// Jobs that are fetched in one turn at the most.
constexpr std::size_t most_fetched = 1024;
/// After the store could not be read, or an acknowledgement not written; how often a drain sees that happen,
/// in a row, before it leaves the rest to the next pool.
constexpr duration read_again = std::chrono::milliseconds(50);
constexpr duration write_again = std::chrono::seconds(1);
constexpr int most_failures = 20;

/// What remains of a deadline in system time.
time_point deadline_of(system_time when, system_time today, time_point now) noexcept {
  if (when == no_deadline) return never;
  return when <= today ? now : after(now, when - today);
}

}  // namespace

/// A pool that cannot start it is not started. Throws std::system_error.
void engine::start_keeper() {
  if (spill_) spill_->thread = std::thread([this] { keep_store(); });
}

/// After the drain, or before any worker was there.
void engine::end_keeper() noexcept {
  if (!spill_ || !spill_->thread.joinable()) return;
  {
    guard lock(lock_);
    spill_->ends = true;
    look_at_store();
    act(lock);
  }
  spill_->thread.join();
}

void engine::keep_store() noexcept {
  name_this_thread(options_.name, "/spill");
  spilling& s = *spill_;
  guard lock(lock_);
  for (;;) {
    sleep_until_due(lock);
    acknowledge(lock);
    if (refill_is_due()) refill(lock);
    if (s.ends && s.ended.empty()) return;
  }
}

/// Whoever makes something due for the keeper calls this under the lock.
void engine::look_at_store() noexcept {
  spilling& s = *spill_;
  if (!s.keeper) return;
  if (keeper_is_due() || (!s.ended.empty() && !s.gathering)) wake(*std::exchange(s.keeper, nullptr));
}

bool engine::keeper_is_due() const noexcept { return spill_->ends || acks_are_due() || refill_is_due(); }

/// Acknowledgements of jobs that are as long as the wait for company would be go alone.
bool engine::acks_are_due() const noexcept {
  const spilling& s = *spill_;
  if (s.gathered) return !s.ended.empty() || s.owes_acks;
  return !s.ended.empty() && (closed_ || s.ended.size() >= enough_acks || job_time_ >= company);
}

bool engine::refill_is_due() const noexcept {
  const spilling& s = *spill_;
  if (s.left || s.failing) return false;
  if (!s.back.empty()) return lets_back(*s.back.front());
  if (s.incoming != 0) return queued() + lent_ + s.incoming <= capacity_;
  return places_wanted() != 0;
}

/// Places to reserve for jobs to be fetched: none until a lane that has some in the store is half empty. With
/// several lanes a quarter of the queue is left to those that do not spill, unless a lane has run dry.
std::size_t engine::places_wanted() const noexcept {
  const std::size_t here = queued() + lent_;
  const std::size_t mark = lanes_ ? capacity_ - capacity_ / 4 : capacity_;
  std::size_t wanted = 0;
  bool dry = false;
  for (std::size_t i = 0; i < spill_->lanes.size(); ++i) {
    const std::size_t due = due_of_lane(i);
    wanted += due;
    dry = dry || (due != 0 && lanes_ && lanes_->length(i) == 0);
  }
  if (wanted == 0) return 0;
  const std::size_t room = here < mark ? mark - here : dry ? std::max<std::size_t>(capacity_ / 16, 1) : 0;
  return std::min({wanted, room, most_fetched});
}

/// Jobs that the lane's own bound lets come back now: none while submitters wait at its door, who came before
/// the lane began to spill.
std::size_t engine::due_of_lane(std::size_t lane) const noexcept {
  const std::uint64_t stored = spill_->lanes[lane].stored;
  const std::size_t length = lanes_ ? lanes_->length(lane) : queued() + lent_;
  const std::size_t bound = lanes_ ? lanes_->capacity(lane) : capacity_;
  if (stored == 0 || length > bound / 2 || !door_.line(lane).empty()) return 0;
  return std::min<std::uint64_t>({stored, bound - length, most_fetched});
}

/// A place that the keeper had reserved may have gone to a job that evicts.
bool engine::lets_back(const job_node& node) const noexcept {
  return queued() + lent_ < capacity_ && has_room_for_cost(node);
}

/// Also true for one that costs more than all may, as soon as nothing else waits: an earlier pool took it.
bool engine::has_room_for_cost(const job_node& node) const noexcept {
  if (queued() + lent_ == 0) return true;
  const std::uint64_t most = options_.max_cost;
  return cost() <= most && node.cost <= most - cost();
}

/// Leaves the lock, and returns with it when there is something to do.
void engine::sleep_until_due(guard& lock) noexcept {
  spilling& s = *spill_;
  while (!keeper_is_due()) {
    s.gathering = !s.ended.empty();
    const time_point until = s.gathering ? std::min(s.again, after(clock::now(), company)) : s.again;
    sleeper here;
    s.keeper = &here;
    act(lock);
    here.sleep.doze(until);
    lock.lock();
    if (s.keeper != &here) {
      lock.unlock();
      here.sleep.wait_done();  // whoever woke it is about to say so
      lock.lock();
      continue;
    }
    s.keeper = nullptr;
    s.gathered = true;
    if (clock::now() >= s.again) {
      s.again = never;
      s.failing = false;
    }
  }
}

/// A job of the store has ended, or is lost: the keeper acknowledges and counts it.
void engine::acknowledge_later(job_node& node, store_way way) noexcept {
  node.way = way;
  spill_->ended.push_back(node);
  look_at_store();
}

/// Acknowledges what has ended in one transaction, and counts it.
void engine::acknowledge(guard& lock) noexcept {
  spilling& s = *spill_;
  job_chain done = std::exchange(s.ended, job_chain());
  s.gathering = s.gathered = false;
  if (done.empty() && !s.owes_acks) return;
  act(lock);
  bool acknowledged = false;
  try {
    for (const job_node* node = done.front(); node; node = node->behind)
      s.unacked.push_back(spill_store::position{node->position});
    acknowledged = s.store.ack(s.unacked).has_value();
  } catch (const std::bad_alloc&) {  // what is not acknowledged runs again
  }
  if (acknowledged) s.unacked.clear();
  lock.lock();
  s.owes_acks = !acknowledged;
  if (!acknowledged) s.again = std::min(s.again, after(clock::now(), write_again));
  while (!done.empty()) {
    job_node& node = done.pop_front();
    if (node.way != store_way::lost) {
      count_end(node.way == store_way::completed);
      --job_units_;
    }
    recycle(node);
  }
  notify_drainers();
}

/// Brings jobs back, as far as there is room.
void engine::refill(guard& lock) noexcept {
  spilling& s = *spill_;
  if (s.back.empty()) {
    if (s.incoming == 0) s.incoming = places_wanted();
    if (queued() + lent_ + s.incoming > capacity_) return;
    plan_turns();
    take_fresh_nodes();
    act(lock);
    const bool readable = fetch_turns();
    lock.lock();
    note_fetched(lock, readable);
  }
  put_back();
  note_spilled();
  admit();
}

/// Puts what was fetched into the queue, in order, as far as there is room. Places stay reserved for the
/// rest.
void engine::put_back() noexcept {
  spilling& s = *spill_;
  while (!s.back.empty() && lets_back(*s.back.front())) {
    job_node& node = s.back.pop_front();
    --s.lanes[node.lane].back;
    --s.outside;
    enqueue(node);
  }
  s.incoming = s.back.size();
}

/// Which lane gets how many of the reserved places: as the queue's own schedule has it.
void engine::plan_turns() noexcept {
  spilling& s = *spill_;
  for (std::size_t i = 0; i < s.lanes.size(); ++i) {
    s.turns[i] = {.stored = s.lanes[i].stored};
    s.lengths[i] = due_of_lane(i);
  }
  for (std::size_t i = 0; i < s.incoming; ++i) {
    const auto lane = s.schedule.pick(s.lengths);
    if (!lane) return;
    ++s.turns[*lane].wanted;
    --s.lengths[*lane];
  }
}

/// Without memory for all of them there are fewer.
void engine::take_fresh_nodes() noexcept {
  spilling& s = *spill_;
  try {
    s.fresh.reserve(s.incoming);
    while (s.fresh.size() < s.incoming) s.fresh.push_back(new_node());
  } catch (const std::bad_alloc&) {
  }
}

/// Fetches the turns of all lanes, without the lock; false when the store was not readable.
bool engine::fetch_turns() noexcept {
  spilling& s = *spill_;
  s.arrived = job_chain();
  bool readable = true;
  for (std::size_t lane = 0; lane < s.turns.size(); ++lane) {
    if (s.turns[lane].wanted == 0) continue;
    try {
      readable = fetch_lane(lane) && readable;
    } catch (const std::bad_alloc&) {
      readable = false;
    }
  }
  return readable;
}

bool engine::fetch_lane(std::size_t lane) {
  spilling& s = *spill_;
  spilling::lane_turn& turn = s.turns[lane];
  std::vector<spill_store::position> unusable;
  unusable.reserve(turn.wanted);
  const auto found = s.store.fetch(std::min(turn.wanted, s.fresh.size()), lane);
  if (!found) return false;
  for (const spill_store::fetched& record : found->records) {
    job_node& node = *s.fresh.back();
    if (spill_->codec.decode(node, record.payload)) {
      s.fresh.pop_back();
      fill_from_store(node, record);
      s.arrived.push_back(node);
      ++turn.good;
    } else {
      unusable.push_back(record.at);
      tell_unreadable(record.id, lane);
    }
  }
  turn.lost += unusable.size();
  if (!unusable.empty()) static_cast<void>(s.store.set_aside(unusable));
  for (const auto& one : found->damaged) {  // of whatever lane
    if (one.lane < s.turns.size()) ++s.turns[one.lane].lost;
    tell_unreadable(one.id, one.lane);
  }
  if (turn.good + turn.lost != 0) return true;
  // The file was damaged so that the store itself has fewer than it had.
  const auto left = s.store.stats().unfetched_by_lane;
  turn.gone = !left.contains(lane);
  return turn.gone;
}

void engine::fill_from_store(job_node& node, const spill_store::fetched& record) noexcept {
  const time_point now = clock::now();
  const auto today = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
  node.id = record.id;
  node.arrived = now;
  node.cost = record.cost;
  node.key = record.key;
  node.lane = record.lane;
  node.deadline = deadline_of(record.deadline, today, now);
  node.usual = false;
  node.way = store_way::waits;
  node.position = static_cast<std::uint64_t>(record.at);
}

/// What came back from the store is not a job.
void engine::tell_unreadable(std::uint64_t id, std::size_t lane) const noexcept {
  if (options_.observe) options_.observe->on_lost({options_.name, id, lane}, errc::storage);
}

/// Counts what was fetched, and keeps it for the queue.
void engine::note_fetched(guard& lock, bool readable) noexcept {
  spilling& s = *spill_;
  for (std::size_t i = 0; i < s.turns.size(); ++i) {
    spilling::lane_turn& turn = s.turns[i];
    spilling::lane_count& lane = s.lanes[i];
    lane.stored -= std::min(lane.stored, turn.good);
    turn.lost = std::min(lane.stored, turn.gone ? turn.stored : turn.lost);
    lane.stored -= turn.lost;
    lane.back += turn.good;
    s.outside -= turn.lost;
    counts_.failed += turn.lost;
  }
  for (; !s.fresh.empty(); s.fresh.pop_back()) recycle(*s.fresh.back());
  if (s.left) {
    discard(lock, s.arrived);
  } else {
    while (!s.arrived.empty()) s.back.push_back(s.arrived.pop_front());
  }
  s.failing = !readable;
  s.failures = readable ? 0 : s.failures + 1;
  if (readable) return;
  s.again = std::min(s.again, after(clock::now(), read_again));
  if (draining_ && s.failures >= most_failures) leave_unread(lock);
}

/// A drain ends without what cannot be read. What of the same turn could be stays with it: in the store.
void engine::leave_unread(guard& lock) noexcept {
  spilling& s = *spill_;
  s.left = s.unreadable = true;
  job_chain jobs = std::exchange(s.back, job_chain());
  discard(lock, jobs);
}

/// Destroys jobs that stay in the store, without the lock; returns with it.
void engine::discard(guard& lock, job_chain& jobs) noexcept {
  if (jobs.empty()) return;
  act(lock);
  for (job_node* node = jobs.front(); node; node = node->behind) spill_->codec.discard(*node);
  lock.lock();
  while (!jobs.empty()) recycle(jobs.pop_front());
}

}  // namespace weir::detail
