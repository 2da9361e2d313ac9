// Reading lanes in the order of their appends: engine.hpp says what is passed, and when.
#include <weir/spill/engine.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace weir::detail {

namespace {

constexpr std::size_t batch_bytes = 16U << 20U;  // a batch ends at about so many

/// A lane's next row, while lanes are merged.
struct lane_head {
  std::size_t lane;
  job_table::reader rows;
  bool has_row = false;

  io_result<> advance() {
    auto more = rows.next();
    if (!more) return std::unexpected(more.error());
    has_row = *more;
    return {};
  }
};

/// The head with the oldest row; null when none has one.
lane_head* oldest(std::span<lane_head> heads) {
  lane_head* first = nullptr;
  for (lane_head& head : heads) {
    if (!head.has_row) continue;
    if (!first || number_of(head.rows.get().place) < number_of(first->rows.get().place)) first = &head;
  }
  return first;
}

}  // namespace

/// What a fetch has seen: places, whole or not.
struct spill_engine::passed_rows {
  std::vector<std::uint64_t> all;
  std::vector<std::uint64_t> damaged;
};

io_result<spill_store::batch> spill_engine::fetch(std::size_t max, std::optional<std::size_t> lane) {
  const file_hold hold(*this);
  return rebuilding([&] { return collect(max, lane); });
}

io_result<spill_store::batch> spill_engine::collect(std::size_t max, std::optional<std::size_t> lane) {
  spill_store::batch found;
  auto passed = read_rows(found, max, lane);
  if (!passed) return std::unexpected(passed.error());
  // From here on nothing may throw: what is passed is not read again.
  found.damaged.insert(found.damaged.end(), unreported_.begin(), unreported_.end());
  unreported_.clear();
  for (const std::uint64_t place : passed->all) {
    lane_state& state = lanes_.find(lane_of(place))->second;
    state.next = place + 1;
    --state.unfetched;
  }
  if (passed->damaged.empty()) return found;
  std::ranges::sort(passed->damaged);
  move_passed(passed->damaged);
  counts_.moved_aside += passed->damaged.size();
  wrote();
  return found;
}

/// They are passed in any case. Where they cannot be moved now, the next opening finds them.
void spill_engine::move_passed(std::span<const std::uint64_t> damaged) noexcept {
  try {
    if (auto moved = table_->move_aside(damaged, counts_.largest_id)) counts_.jobs -= *moved;
  } catch (const std::bad_alloc&) {  // for the text of an error
  }
}

io_result<spill_engine::passed_rows> spill_engine::read_rows(spill_store::batch& found, std::size_t max,
                                                             std::optional<std::size_t> lane) {
  std::vector<lane_head> heads;
  for (const auto& [number, state] : lanes_) {
    if (max == 0 || state.unfetched == 0 || (lane && *lane != number)) continue;
    auto rows = table_->read(state.next, place_of(number, number_mask));
    if (!rows) return std::unexpected(rows.error());
    heads.push_back({number, std::move(*rows)});
    if (auto done = heads.back().advance(); !done) return std::unexpected(done.error());
  }
  passed_rows passed;
  std::vector<std::size_t> starts;
  while (passed.all.size() < max && found.payloads_.size() < batch_bytes) {
    lane_head* const head = oldest(heads);
    if (!head) break;
    const row next = head->rows.get();
    passed.all.push_back(next.place);
    if (const auto whole = decode(next.record, next.place)) {
      starts.push_back(found.payloads_.size());
      found.payloads_.insert(found.payloads_.end(), whole->payload.begin(), whole->payload.end());
      found.records.push_back({*whole, spill_store::position{next.place}});
    } else {
      passed.damaged.push_back(next.place);
      found.damaged.push_back({apparent_id(next.record), head->lane});
    }
    if (auto done = head->advance(); !done) return std::unexpected(done.error());
  }
  for (std::size_t i = 0; i < starts.size(); ++i) {
    auto& payload = found.records[i].payload;
    payload = std::span(found.payloads_).subspan(starts[i], payload.size());
  }
  return passed;
}

}  // namespace weir::detail
