// Appends of several threads as one transaction: engine.hpp says how.
#include <weir/base/parker.hpp>
#include <weir/spill/engine.hpp>

#include <algorithm>
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
struct spill_engine::waiting_append {
  std::vector<std::byte> bytes;
  std::vector<sealed_record> records;
  std::span<const spill_store::record> given;
  bool leads = false;  // written before `told` ends
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
  {
    const std::lock_guard hold(door_);
    waiting_.push_back(&mine);
    mine.leads = !std::exchange(led_, true);
  }
  if (!mine.leads) mine.told.wait(never);
  if (mine.leads) lead();
  return std::move(mine.outcome);
}

void spill_engine::lead() {
  std::vector<waiting_append*> group;
  {
    const std::lock_guard hold(file_);
    group = take_group();
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
  for (waiting_append* call : std::span(group).subspan(1))
    call->told.finish();  // the first is the leader's own
}

std::vector<spill_engine::waiting_append*> spill_engine::take_group() {
  const std::lock_guard hold(door_);
  std::vector<waiting_append*> group;
  for (std::size_t bytes = 0; !waiting_.empty() && bytes < group_bytes; waiting_.pop_front()) {
    bytes += waiting_.front()->bytes.size();
    group.push_back(waiting_.front());
  }
  return group;
}

/// All together; when that fails, each alone, so that one too large for the room left does not take the
/// others with it.
void spill_engine::commit(std::span<waiting_append* const> group) {
  const auto whole = insert(group);
  if (whole) return;
  if (group.size() == 1) {
    group.front()->outcome = whole;
    return;
  }
  for (waiting_append* const& call : group) call->outcome = insert({&call, 1});
}

io_result<> spill_engine::insert(std::span<waiting_append* const> group) {
  if (auto safe = make_safe(); !safe) return safe;
  rows_.clear();
  std::uint64_t number = last_number_;
  for (waiting_append* call : group) {
    for (std::size_t i = 0; i < call->records.size(); ++i) {
      const sealed_record& record = call->records[i];
      const std::uint64_t place = place_of(call->given[i].lane, ++number);
      seal(call->bytes, record, place);
      rows_.push_back({place, std::span(call->bytes).subspan(record.offset, record.size)});
    }
  }
  if (counts_.jobs + rows_.size() > options_.max_jobs) {
    return std::unexpected(error(errc::full, "the spill store is full at " +
                                                 std::to_string(options_.max_jobs) +
                                                 " jobs; raise max_jobs, or wait until some have run"));
  }
  auto done = rebuilding([&] { return table_->insert(rows_); });
  if (!done) return done;
  last_number_ = number;
  count_group(group);
  wrote();
  return {};
}

void spill_engine::count_group(std::span<waiting_append* const> group) {
  counts_.jobs += rows_.size();
  counts_.appended += rows_.size();
  for (const waiting_append* call : group) {
    for (const spill_store::record& r : call->given) counts_.largest_id = std::max(counts_.largest_id, r.id);
  }
  lane_state* lane = nullptr;
  std::size_t number = 0;
  for (const row& r : rows_) {
    if (!lane || lane_of(r.place) != number) {
      number = lane_of(r.place);
      lane = &lanes_.try_emplace(number, lane_state{.next = r.place}).first->second;
    }
    ++lane->unfetched;
  }
}

/// After a sync of the log that failed: what was in it is written into the file instead, from memory.
io_result<> spill_engine::make_safe() {
  if (!sync_ || !sync_->has_failed()) return {};
  if (auto done = table_->checkpoint(); !done) return done;
  sync_->mended();
  return {};
}

}  // namespace weir::detail
