#include <weir/spill/engine.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

namespace weir::detail {

namespace {

constexpr std::size_t group_bytes = 8U << 20U;   // a transaction ends at about so many
constexpr std::size_t fetch_bytes = 16U << 20U;  // a batch ends at about so many
constexpr std::uint64_t last_place = place_of(spill_store::max_lanes - 1, number_mask);

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
                                       std::to_string(spill_store::max_payload)));
    }
  }
  return {};
}

std::vector<std::uint64_t> sorted(std::span<const spill_store::position> positions) {
  std::vector<std::uint64_t> places;
  places.reserve(positions.size());
  for (const auto at : positions) places.push_back(std::to_underlying(at));
  std::ranges::sort(places);
  const auto rest = std::ranges::unique(places);
  places.erase(rest.begin(), rest.end());
  return places;
}

}  // namespace

/// One call of append(), on its thread's stack.
struct spill_engine::waiting_append {
  std::vector<std::byte> bytes;
  std::vector<sealed_record> records;
  std::vector<std::size_t> lanes;
  std::uint64_t largest_id = 0;
  bool leads = false;  // set before `told` ends, by the leader before
  io_result<> outcome{};
  parker<> told;
};

spill_engine::spill_engine(spill_options options, lock_file lock, std::unique_ptr<job_table> table)
    : options_(std::move(options)), lock_(std::move(lock)), table_(std::move(table)) {}

io_result<std::unique_ptr<spill_engine>> spill_engine::open(const spill_options& options) {
  if (const auto bad = check(options)) {
    return std::unexpected(error(std::errc::invalid_argument, bad->message));
  }
  std::error_code failed;
  std::filesystem::create_directories(options.directory, failed);
  if (failed) {
    return std::unexpected(error(
        errc::storage, "cannot make the directory " + options.directory.string() + ": " + failed.message()));
  }
  auto lock = lock_file::take(options.directory / "lock");
  if (!lock) return std::unexpected(lock.error());
  auto table = job_table::open(options.directory / "spill.db", options);
  if (!table) return std::unexpected(table.error());
  std::unique_ptr<spill_engine> engine(new spill_engine(options, std::move(*lock), std::move(*table)));
  if (auto looked = engine->look_through(); !looked) return std::unexpected(looked.error());
  return engine;
}

io_result<> spill_engine::look_through() {
  auto largest = table_->largest_id();
  if (!largest) return std::unexpected(largest.error());
  counts_.largest_id = *largest;
  std::vector<std::uint64_t> damaged;
  {
    auto rows = table_->read(0, last_place);
    if (!rows) return std::unexpected(rows.error());
    for (;;) {
      auto more = rows->next();
      if (!more) return std::unexpected(more.error());
      if (!*more) break;
      const row found = rows->get();
      last_number_ = std::max(last_number_, number_of(found.place));
      const auto whole = decode(found.record, found.place);
      if (!whole) {
        damaged.push_back(found.place);
        continue;
      }
      counts_.largest_id = std::max(counts_.largest_id, whole->id);
      const auto [lane, fresh] = lanes_.try_emplace(whole->lane, lane_state{.next = found.place});
      ++lane->second.unfetched;
      ++counts_.resumed;
    }
  }
  counts_.jobs = counts_.resumed;
  if (damaged.empty()) return {};
  counts_.moved_aside = damaged.size();
  auto moved = table_->move_aside(damaged, counts_.largest_id);
  return moved ? io_result<>() : std::unexpected(moved.error());
}

io_result<> spill_engine::append(std::span<const spill_store::record> records) {
  if (records.empty()) return {};
  if (auto good = check_records(records); !good) return good;
  waiting_append mine;
  mine.records.reserve(records.size());
  mine.lanes.reserve(records.size());
  for (const spill_store::record& r : records) {
    mine.records.push_back(encode(r, mine.bytes));
    mine.lanes.push_back(r.lane);
    mine.largest_id = std::max(mine.largest_id, r.id);
  }
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
    if (waiting_.empty()) {
      led_ = false;
    } else {
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
  rows_.clear();
  std::uint64_t number = last_number_;
  for (waiting_append* call : group) {
    for (std::size_t i = 0; i < call->records.size(); ++i) {
      const sealed_record& record = call->records[i];
      const std::uint64_t place = place_of(call->lanes[i], ++number);
      seal(call->bytes, record, place);
      rows_.push_back({place, std::span(call->bytes).subspan(record.offset, record.size)});
    }
  }
  if (counts_.jobs + rows_.size() > options_.max_jobs) {
    return std::unexpected(error(errc::full, "the spill store is full at " +
                                                 std::to_string(options_.max_jobs) +
                                                 " jobs; raise max_jobs, or wait until some have run"));
  }
  if (auto done = table_->insert(rows_); !done) return done;
  last_number_ = number;
  for (const row& r : rows_) {
    const auto [lane, fresh] = lanes_.try_emplace(lane_of(r.place), lane_state{.next = r.place});
    ++lane->second.unfetched;
  }
  counts_.jobs += rows_.size();
  counts_.appended += rows_.size();
  for (const waiting_append* call : group)
    counts_.largest_id = std::max(counts_.largest_id, call->largest_id);
  return {};
}

io_result<spill_store::batch> spill_engine::fetch(std::size_t max, std::optional<std::size_t> lane) {
  const std::lock_guard hold(file_);
  std::vector<std::size_t> wanted;
  for (const auto& [number, state] : lanes_) {
    if (state.unfetched > 0 && (!lane || *lane == number)) wanted.push_back(number);
  }
  spill_store::batch found;
  if (max == 0 || wanted.empty()) return found;
  if (auto done = collect(found, max, wanted); !done) return std::unexpected(done.error());
  return found;
}

/// A lane's next row, while lanes are merged.
struct lane_head {
  std::size_t lane;
  job_table::reader rows;
  bool more = true;
};

io_result<> spill_engine::collect(spill_store::batch& found, std::size_t max,
                                  std::span<const std::size_t> lanes) {
  std::vector<lane_head> heads;
  heads.reserve(lanes.size());
  for (const std::size_t lane : lanes) {
    auto rows = table_->read(lanes_[lane].next, place_of(lane, number_mask));
    if (!rows) return std::unexpected(rows.error());
    heads.push_back({lane, std::move(*rows)});
    auto more = heads.back().rows.next();
    if (!more) return std::unexpected(more.error());
    heads.back().more = *more;
  }
  std::vector<std::uint64_t> damaged;
  std::vector<std::size_t> offsets;
  std::vector<std::pair<std::size_t, std::uint64_t>> passed;  // lane, place
  while (passed.size() < max && found.payloads_.size() < fetch_bytes) {
    lane_head* first = nullptr;
    for (lane_head& head : heads) {
      if (!head.more) continue;
      if (!first || number_of(head.rows.get().place) < number_of(first->rows.get().place)) first = &head;
    }
    if (!first) break;
    const row next = first->rows.get();
    passed.emplace_back(first->lane, next.place);
    if (const auto whole = decode(next.record, next.place)) {
      offsets.push_back(found.payloads_.size());
      found.payloads_.insert(found.payloads_.end(), whole->payload.begin(), whole->payload.end());
      found.records.push_back({*whole, spill_store::position{next.place}});
    } else {
      damaged.push_back(next.place);
      found.damaged.push_back({apparent_id(next.record), first->lane});
    }
    auto more = first->rows.next();
    if (!more) return std::unexpected(more.error());
    first->more = *more;
  }
  for (std::size_t i = 0; i < found.records.size(); ++i) {
    auto& payload = found.records[i].payload;
    payload = std::span(found.payloads_).subspan(offsets[i], payload.size());
  }
  heads.clear();
  for (const auto& [lane, place] : passed) {
    lanes_[lane].next = place + 1;
    --lanes_[lane].unfetched;
  }
  if (damaged.empty()) return {};
  std::ranges::sort(damaged);
  counts_.moved_aside += damaged.size();
  if (auto moved = table_->move_aside(damaged, counts_.largest_id)) counts_.jobs -= *moved;
  return {};
}

io_result<> spill_engine::ack(std::span<const spill_store::position> done) {
  if (done.empty()) return {};
  const auto places = sorted(done);
  const std::lock_guard hold(file_);
  auto removed = table_->remove(places, counts_.largest_id);
  if (!removed) return std::unexpected(removed.error());
  counts_.jobs -= *removed;
  counts_.acknowledged += *removed;
  return {};
}

io_result<> spill_engine::set_aside(std::span<const spill_store::position> unusable) {
  if (unusable.empty()) return {};
  const auto places = sorted(unusable);
  const std::lock_guard hold(file_);
  auto moved = table_->move_aside(places, counts_.largest_id);
  if (!moved) return std::unexpected(moved.error());
  counts_.jobs -= *moved;
  counts_.moved_aside += *moved;
  return {};
}

spill_store::statistics spill_engine::stats() const {
  const std::lock_guard hold(file_);
  spill_store::statistics now = counts_;
  now.max_bytes = options_.max_bytes;
  now.bytes = table_->bytes();
  for (const auto& [lane, state] : lanes_) {
    if (state.unfetched == 0) continue;
    now.unfetched += state.unfetched;
    now.unfetched_by_lane.emplace(lane, state.unfetched);
  }
  return now;
}

}  // namespace weir::detail
