// Appends of several threads as one transaction: engine.hpp says how.
#include <weir/base/parker.hpp>
#include <weir/spill/engine.hpp>

#include <algorithm>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace weir::detail {

namespace {

constexpr std::size_t group_bytes = 8U << 20U;  // a transaction ends at about so many

io_result<> check_records(std::span<const spill_store::record> records) {
  for (const spill_store::record& r : records) {
    if (r.lane >= spill_store::max_lanes) {
      return std::unexpected(
          error(std::errc::invalid_argument, "lane " + std::to_string(r.lane) +
                                                 " does not exist in a spill store; use 0 to " +
                                                 std::to_string(spill_store::max_lanes - 1)));
    }
    if (r.payload.size() > spill_store::max_payload) {
      return std::unexpected(error(std::errc::invalid_argument,
                                   "a payload of " + std::to_string(r.payload.size()) + " bytes is above " +
                                       std::to_string(spill_store::max_payload) +
                                       "; keep it elsewhere, and its name here"));
    }
  }
  return {};
}

}  // namespace

/// One call of append(), on its thread's stack.
struct spill_engine::waiting_append : fifo_hook<waiting_append> {
  std::vector<std::byte> bytes;
  std::vector<sealed_record> records;
  std::span<const spill_store::record> given;
  bool leads = false;  // under `door_`, and read again once `told` has ended
  io_result<> outcome{};
  parker<> told;
};

io_result<> spill_engine::append(std::span<const spill_store::record> records) {
  if (records.empty()) return {};
  if (auto good = check_records(records); !good) return good;
  waiting_append mine;
  mine.given = records;
  mine.records.reserve(records.size());
  for (const spill_store::record& r : records) mine.records.push_back(encode(r, mine.bytes));
  bool leads = false;  // what others write to `mine` says that only once they have told
  {
    const std::lock_guard hold(door_);
    waiting_.push_back(mine);
    leads = !std::exchange(led_, true);
  }
  if (!leads) {
    mine.told.wait(never);
    leads = mine.leads;
  }
  if (leads) lead();
  return std::move(mine.outcome);
}

void spill_engine::lead() noexcept {
  call_list group;
  {
    const file_hold hold(*this);
    take_group(group);
    commit(group);
  }
  waiting_append* heir = nullptr;
  {
    const std::lock_guard hold(door_);
    led_ = !waiting_.empty();
    if (led_) {
      heir = waiting_.front();
      heir->leads = true;
    }
  }
  if (heir) heir->told.finish();
  group.remove(*group.front());  // the leader's own call
  while (!group.empty()) {
    waiting_append& call = *group.front();
    group.remove(call);
    call.told.finish();
  }
}

void spill_engine::take_group(call_list& group) noexcept {
  const std::lock_guard hold(door_);
  for (std::size_t bytes = 0; !waiting_.empty() && bytes < group_bytes;) {
    waiting_append& call = *waiting_.front();
    waiting_.remove(call);
    group.push_back(call);
    bytes += call.bytes.size();
  }
}

/// All together; when that fails, each alone, so that one too large for the room left does not take the
/// others with it.
void spill_engine::commit(call_list& group) noexcept {
  waiting_append* const first = group.front();
  first->outcome = insert(first, nullptr);
  if (first->outcome || group.size() == 1) return;
  for (waiting_append* call = first; call; call = call->behind) call->outcome = insert(call, call->behind);
}

/// The calls from `first` to before `end`.
io_result<> spill_engine::insert(waiting_append* first, waiting_append* end) noexcept {
  try {
    if (auto safe = make_safe(); !safe) return safe;
    const std::uint64_t number = seal_rows(first, end);
    if (auto done = insert_rows(); !done) return done;
    last_number_ = number;
  } catch (const std::bad_alloc&) {
    return std::unexpected(error(std::errc::not_enough_memory));
  }
  count_group(first, end);
  wrote();
  return {};
}

/// Gives the records their places, and their lanes a state that stands before all that comes, whichever of
/// it gets into the file. The last number.
std::uint64_t spill_engine::seal_rows(waiting_append* first, waiting_append* end) {
  rows_.clear();
  std::uint64_t number = last_number_;
  for (waiting_append* call = first; call != end; call = call->behind) {
    for (std::size_t i = 0; i < call->records.size(); ++i) {
      const sealed_record& record = call->records[i];
      const std::size_t lane = call->given[i].lane;
      const std::uint64_t place = place_of(lane, ++number);
      seal(call->bytes, record, place);
      if (rows_.empty() || lane_of(rows_.back().place) != lane)
        lanes_.try_emplace(lane, lane_state{.next = place_of(lane, last_number_ + 1)});
      rows_.push_back({place, std::span(call->bytes).subspan(record.offset, record.size)});
    }
  }
  return number;
}

io_result<> spill_engine::insert_rows() {
  if (rows_.size() > options_.max_jobs - std::min(options_.max_jobs, counts_.jobs)) {
    return std::unexpected(error(errc::full, "the spill store is full at " +
                                                 std::to_string(options_.max_jobs) +
                                                 " jobs; raise max_jobs, or wait until some have run"));
  }
  return rebuilding([&] { return table_->insert(rows_); });
}

void spill_engine::count_group(waiting_append* first, waiting_append* end) noexcept {
  counts_.jobs += rows_.size();
  counts_.appended += rows_.size();
  for (waiting_append* call = first; call != end; call = call->behind) {
    for (const spill_store::record& r : call->given) counts_.largest_id = std::max(counts_.largest_id, r.id);
  }
  auto lane = lanes_.end();
  for (const row& r : rows_) {
    if (lane == lanes_.end() || lane->first != lane_of(r.place)) lane = lanes_.find(lane_of(r.place));
    ++lane->second.unfetched;
  }
}

/// After a sync of the log that failed: what was in it is written into the file instead, from memory.
io_result<> spill_engine::make_safe() {
  if (!table_ || !sync_ || !sync_->has_failed()) return {};
  if (auto done = table_->checkpoint(); !done) return done;
  sync_->mended();
  return {};
}

}  // namespace weir::detail
