// Into the spill store: what a submit does whose job has no room, or whose lane spills. Invariants:
// spilling.hpp.
#include <weir/pool/detail/engine.hpp>

#include <chrono>
#include <functional>
#include <utility>
#include <vector>

namespace weir::detail {

namespace {

/// Without id and payload. `now` is when the deadline was looked at.
spill_store::record record_of(const submit_options& o, time_point now) noexcept {
  spill_store::record record{.lane = o.lane, .key = o.key, .cost = o.cost};
  if (o.deadline == never) return record;
  const system_time today = std::chrono::time_point_cast<duration>(std::chrono::system_clock::now());
  const duration left = o.deadline - now;
  if (left < no_deadline - today) record.deadline = today + left;
  return record;
}

}  // namespace

/// Whether jobs of the lane go through the store.
bool engine::is_spilling(std::size_t lane) const noexcept {
  if (!spill_) return false;
  const spilling::lane_count& jobs = spill_->lanes[lane];
  return jobs.coming + jobs.stored + jobs.back != 0;
}

/// Whether nothing more comes from the store, or is on its way into it.
bool engine::nothing_spilled() const noexcept {
  return !spill_ || (spill_->entering == 0 && (spill_->left || spill_->outside == 0));
}

/// Of the lane and more important ones, in the line and in the store.
std::size_t engine::spilled_up_to(std::size_t lane) const noexcept {
  std::uint64_t jobs = 0;
  for (std::size_t i = 0; spill_ && i <= lane; ++i)
    jobs += spill_->lanes[i].coming + spill_->lanes[i].stored + spill_->lanes[i].back;
  return jobs;
}

/// Called when less is spilled.
void engine::note_spilled() noexcept {
  note_room();
  if (closed_ && nothing_spilled()) wake_idle();
  notify_drainers();
}

/// The job goes to the store. Called with the lock held, returns without it.
result<job_id> engine::spill(guard& lock, const job_source& source, const submit_options& o, time_point now) {
  act(lock);  // the codec is the user's, and may throw
  std::vector<std::byte> payload;
  spill_->codec.encode(source.job, payload);
  spill_store::record record = record_of(o, now);
  record.payload = payload;
  appender me;
  me.records = {&record, 1};
  lock.lock();
  if (closed_) return refuse(lock, errc::closed);
  enter_line(lock, me);
  if (me.accepted == 0) {
    if (options_.observe) options_.observe->on_refused(options_.name, me.reason);
    return std::unexpected(me.reason);
  }
  spill_->codec.consume(source.job);
  if (options_.observe) options_.observe->on_spilled({options_.name, record.id, record.lane});
  return job_id{record.id};
}

/// The same for what is left of a submit_some: how many of them went.
std::size_t engine::spill_some(guard& lock, const job_source& first, std::size_t count, std::size_t stride,
                               const submit_options& o, time_point now) {
  act(lock);  // tells of those that came into the queue: the codec is the user's, and may throw
  const auto job = [&](std::size_t i) { return static_cast<std::byte*>(first.job) + i * stride; };
  std::vector<std::byte> payloads;
  std::vector<std::size_t> ends(count);
  for (std::size_t i = 0; i < count; ++i) {
    spill_->codec.encode(job(i), payloads);
    ends[i] = payloads.size();
  }
  std::vector<spill_store::record> records(count, record_of(o, now));
  for (std::size_t i = 0, begin = 0; i < count; begin = ends[i++])
    records[i].payload = std::span(payloads).subspan(begin, ends[i] - begin);
  appender me;
  me.records = records;
  me.counts = false;
  lock.lock();
  if (closed_) {
    act(lock);
    return 0;
  }
  enter_line(lock, me);
  for (std::size_t i = 0; i < me.accepted; ++i) {
    spill_->codec.consume(job(i));
    if (options_.observe) options_.observe->on_spilled({options_.name, records[i].id, o.lane});
  }
  return me.accepted;
}

/// Puts it at the end of the line, and waits until it is decided. Called with the lock held, returns without.
void engine::enter_line(guard& lock, appender& me) noexcept {
  spilling& s = *spill_;
  s.line.push_back(me);
  s.lanes[me.records.front().lane].coming += me.records.size();
  s.entering += me.records.size();
  note_room();
  if (std::exchange(s.led, true)) {
    act(lock);
    me.sleep.wait_done();
    if (me.decided) return;
    lock.lock();
  }
  lead(lock, me);
}

/// One turn of the leader, whose own submit is the first of the line.
void engine::lead(guard& lock, const appender& me) noexcept {
  spilling& s = *spill_;
  s.take_group();
  for (appender* one : s.group) {
    for (spill_store::record& record : one->records) record.id = ++last_id_;
    uncounted_ids_ += one->records.size();
  }
  act(lock);
  s.write_group();
  lock.lock();
  for (appender* one : s.group) {
    settle(*one);
    if (one != &me) wake(*one);
  }
  s.led = !s.line.empty();
  if (s.led) wake(*s.line.front());
  note_spilled();
  look_at_store();
  act(lock);
}

/// What was appended is accepted, the rest refused.
void engine::settle(appender& one) noexcept {
  spilling& s = *spill_;
  spilling::lane_count& lane = s.lanes[one.records.front().lane];
  lane.coming -= one.records.size();
  lane.stored += one.accepted;
  s.entering -= one.records.size();
  s.outside += one.accepted;
  s.total += one.accepted;
  uncounted_ids_ -= one.accepted;
  if (one.accepted == 0 && one.counts) ++refusal_counter(one.reason);
  one.decided = true;
}

}  // namespace weir::detail
