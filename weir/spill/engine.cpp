#include <weir/spill/engine.hpp>

#include <algorithm>
#include <new>
#include <string>
#include <system_error>
#include <utility>

namespace weir::detail {

namespace {

constexpr std::uint64_t last_place = place_of(spill_store::max_lanes - 1, number_mask);

/// Each once, in order.
std::vector<std::uint64_t> places_of(std::span<const spill_store::position> positions) {
  std::vector<std::uint64_t> places;
  places.reserve(positions.size());
  for (const auto at : positions) places.push_back(std::to_underlying(at));
  std::ranges::sort(places);
  const auto rest = std::ranges::unique(places);
  places.erase(rest.begin(), rest.end());
  return places;
}

}  // namespace

spill_engine::spill_engine(spill_options options, lock_file lock)
    : options_(std::move(options)), files_(options_.directory), lock_(std::move(lock)) {}

io_result<std::unique_ptr<spill_engine>> spill_engine::open(const spill_options& options,
                                                            const spill_store::look& shown) {
  if (const auto bad = check(options)) {
    return std::unexpected(error(std::errc::invalid_argument, bad->message));
  }
  if (auto made = make_directory(options.directory); !made) return std::unexpected(made.error());
  auto lock = lock_file::take(store_files(options.directory).lock);
  if (!lock) return std::unexpected(lock.error());
  std::unique_ptr<spill_engine> engine(new spill_engine(options, std::move(*lock)));
  if (auto done = engine->adopt(open_table(engine->files_, options), shown); !done)
    return std::unexpected(done.error());
  if (auto done = sync_path(options.directory); !done) return std::unexpected(done.error());
  engine->counts_.resumed = engine->counts_.jobs;
  engine->tell_level();
  return engine;
}

io_result<> spill_engine::adopt(io_result<opened_table> opened, const spill_store::look& shown) {
  auto done = adopt_sound(std::move(opened), shown);
  if (!done && table_ && table_->has_damage()) return rebuild(shown);
  if (!done) close();
  return done;
}

/// Leaves a table behind also when it fails: to be looked at, and closed.
io_result<> spill_engine::adopt_sound(io_result<opened_table> opened, const spill_store::look& shown) {
  if (!opened) return std::unexpected(opened.error());
  table_ = std::move(opened->table);
  counts_.rebuilds += opened->rebuilds;
  counts_.moved_aside += opened->damaged_rows.size();
  counts_.unfinished_commits += opened->unfinished_commits;
  try {
    for (const damaged_row& one : opened->damaged_rows) note_damaged(one.place, one.id);
    if (auto done = look_through(shown); !done) return done;
  } catch (const std::bad_alloc&) {
    return std::unexpected(error(std::errc::not_enough_memory));
  }
  return options_.sync == durability::batch ? start_syncing() : io_result<>();
}

io_result<> spill_engine::start_syncing() {
  try {
    sync_.emplace([table = table_.get()] { return table->sync_log(); });
    return {};
  } catch (const std::system_error& failed) {
    return std::unexpected(error(failed.code(), "cannot start the thread that syncs the spill store"));
  } catch (const std::bad_alloc&) {
    return std::unexpected(error(std::errc::not_enough_memory));
  }
}

void spill_engine::close() noexcept {
  sync_.reset();
  table_.reset();
}

io_result<> spill_engine::rebuild(const spill_store::look& shown) {
  close();
  auto done = adopt_sound(reopen_damaged(files_, options_), shown);
  if (!done) close();
  return done;
}

/// Reads all there is: how much each lane has, and what is not whole.
io_result<> spill_engine::look_through(const spill_store::look& shown) {
  counts_.jobs = 0;
  counts_.largest_id = std::max(counts_.largest_id, table_->largest_id());
  for (auto& [lane, state] : lanes_) state.unfetched = 0;
  std::vector<std::uint64_t> damaged;
  {
    auto rows = table_->read(0, last_place);
    if (!rows) return std::unexpected(rows.error());
    for (;;) {
      auto more = rows->next();
      if (!more) return std::unexpected(more.error());
      if (!*more) break;
      const row found = rows->get();
      if (const auto whole = decode(found.record, found.place)) {
        count_row(found.place, whole->id);
        if (shown) shown(*whole);
      } else {
        damaged.push_back(found.place);
        note_damaged(found.place, apparent_id(found.record));
      }
    }
  }
  if (damaged.empty()) return {};
  auto moved = table_->move_aside(damaged, counts_.largest_id);
  if (!moved) return std::unexpected(moved.error());
  counts_.moved_aside += *moved;
  return {};
}

/// For the next fetch to tell, unless the record has been handed out: then whoever has it need not know.
void spill_engine::note_damaged(std::uint64_t place, std::uint64_t id) {
  const auto lane = lanes_.find(lane_of(place));
  if (lane == lanes_.end() || place >= lane->second.next) unreported_.push_back({id, lane_of(place)});
}

void spill_engine::count_row(std::uint64_t place, std::uint64_t id) {
  ++counts_.jobs;
  counts_.largest_id = std::max(counts_.largest_id, id);
  last_number_ = std::max(last_number_, number_of(place));
  lane_state& lane = lanes_.try_emplace(lane_of(place), lane_state{.next = place}).first->second;
  if (place >= lane.next) ++lane.unfetched;
}

void spill_engine::wrote() noexcept {
  if (sync_) sync_->note();
}

io_result<> spill_engine::ack(std::span<const spill_store::position> done) {
  if (done.empty()) return {};
  const auto places = places_of(done);
  const file_hold hold(*this);
  const auto removed = rebuilding([&] { return table_->remove(places, counts_.largest_id); });
  if (!removed) return std::unexpected(removed.error());
  counts_.jobs -= *removed;
  counts_.acknowledged += *removed;
  table_->give_back();
  wrote();
  return {};
}

io_result<> spill_engine::set_aside(std::span<const spill_store::position> unusable) {
  if (unusable.empty()) return {};
  const auto places = places_of(unusable);
  const file_hold hold(*this);
  const auto moved = rebuilding([&] { return table_->move_aside(places, counts_.largest_id); });
  if (!moved) return std::unexpected(moved.error());
  counts_.jobs -= *moved;
  counts_.moved_aside += *moved;
  wrote();
  return {};
}

void spill_engine::tell_level() const noexcept {
  jobs_told_.store(counts_.jobs, std::memory_order_relaxed);
  if (table_) bytes_told_.store(table_->bytes(), std::memory_order_relaxed);
}

/// Bytes are two questions to SQLite, and an append may be hardly more: they are not asked at each.
spill_engine::file_hold::~file_hold() {
  constexpr std::uint64_t seldom = 64;
  engine_.jobs_told_.store(engine_.counts_.jobs, std::memory_order_relaxed);
  if (++engine_.holds_ % seldom == 0) engine_.tell_level();
}

spill_store::filling spill_engine::level() const noexcept {
  if (const std::unique_lock idle(file_, std::try_to_lock); idle) tell_level();
  return {.jobs = jobs_told_.load(std::memory_order_relaxed),
          .bytes = bytes_told_.load(std::memory_order_relaxed),
          .max_bytes = options_.max_bytes};
}

spill_store::statistics spill_engine::stats() const {
  const std::lock_guard hold(file_);
  spill_store::statistics now = counts_;
  now.max_bytes = options_.max_bytes;
  if (table_) now.bytes = table_->bytes();
  for (const auto& [lane, state] : lanes_) {
    if (state.unfetched == 0) continue;
    now.unfetched += state.unfetched;
    now.unfetched_by_lane.emplace(lane, state.unfetched);
  }
  return now;
}

}  // namespace weir::detail
