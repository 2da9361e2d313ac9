#include <weir/spill/table.hpp>

#include <weir/spill/layout.hpp>
#include <weir/spill/log_file.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <string>

namespace weir::detail {

namespace {

// The exclusive lock comes before the first look at the log: SQLite then needs no shared memory.
constexpr const char* manner =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA secure_delete = OFF;"
    "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
    "PRAGMA journal_size_limit = 33554432;";

// Also at `none` a checkpoint syncs: a power cut may cost what was not written, but not the file. Where each
// commit is synced a short log is the faster one, as it is soon overwritten instead of growing.
constexpr const char* manner_of_each = "PRAGMA synchronous = FULL";
constexpr const char* manner_of_others = "PRAGMA synchronous = NORMAL";
constexpr std::uint64_t log_pages_of_each = 1000;
constexpr std::uint64_t log_pages_of_others = 4000;

// What is given back: most of the file, at least 1 MiB, while what stays is copied in no time.
constexpr std::uint64_t least_given_back = 256;
constexpr std::uint64_t most_copied = 512;
constexpr std::uint64_t free_for_each_used = 7;

/// Files that grow by `bytes` of records grow by at most so many pages: one a record may be shared, none is
/// filled to the last byte, and a split touches its neighbours.
std::uint64_t pages_for(std::span<const row> rows) noexcept {
  std::uint64_t pages = 4;
  for (const row& r : rows) pages += r.record.size() / (page_size / 2) + 1;
  return pages;
}

}  // namespace

job_table::reader::reader(reader&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)), query_(std::move(other.query_)), row_(other.row_) {}

job_table::reader::~reader() {
  if (!table_) return;
  query_.reset();
  table_->readers_.push_back(std::move(query_));
}

io_result<bool> job_table::reader::next() {
  const int code = query_.step();
  if (code == SQLITE_DONE) return false;
  if (code != SQLITE_ROW) return std::unexpected(table_->failure(code, "read"));
  row_ = {query_.number(0), query_.bytes(1)};
  return true;
}

io_result<std::unique_ptr<job_table>> job_table::open(const store_files& files, const spill_options& options,
                                                      bool& found_damage) {
  std::unique_ptr<job_table> table(new job_table(files, options));
  auto db = database::open(files.jobs);
  if (!db) return std::unexpected(db.error());
  table->db_ = std::move(*db);
  auto done = table->configure(options);
  if (done) done = table->prepare();
  table->log_ = table->db_.log();
  found_damage = table->damaged_;
  if (!done) return std::unexpected(done.error());
  return table;
}

io_result<> job_table::configure(const spill_options& options) {
  const char* const level = options.sync == durability::each ? manner_of_each : manner_of_others;
  for (const char* sql : {manner, level}) {
    if (const int code = db_.run(sql); code != SQLITE_OK) return std::unexpected(failure(code, "open"));
  }
  const std::uint64_t log_pages =
      std::min(options.sync == durability::each ? log_pages_of_each : log_pages_of_others,
               reserve_.size() / page_size * 2);
  db_.number(("PRAGMA wal_autocheckpoint = " + std::to_string(log_pages)).c_str());
  constexpr std::uint64_t most_pages = std::numeric_limits<std::int32_t>::max() - 1;
  max_pages_ = std::min({options.max_bytes / page_size, file_size_bound() / page_size, most_pages});
  bounded_by_limit_ = max_pages_ < options.max_bytes / page_size && max_pages_ < most_pages;
  db_.number(("PRAGMA max_page_count = " + std::to_string(max_pages_)).c_str());
  return {};
}

io_result<> job_table::prepare() {
  struct wanted {
    statement* where;
    std::string_view sql;
  };
  const wanted all[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},
      {&insert_, "INSERT INTO jobs(place, record) VALUES (?1, ?2)"},
      {&remove_, "DELETE FROM jobs WHERE place BETWEEN ?1 AND ?2"},
      {&copy_aside_,
       // Places come again once the store was empty; a row whose place is taken gets a negative one.
       "INSERT INTO aside(place, moved, record) "
       "SELECT iif(place IN (SELECT place FROM aside), "
       "(SELECT min(0, min(place)) FROM aside) - 1 - (place - ?1), place), "
       "unixepoch(), record FROM jobs WHERE place BETWEEN ?1 AND ?2"},
      {&mark_, "UPDATE marks SET value = ?1 WHERE name = 'largest id'"},
      {&pages_, "PRAGMA page_count"},
      {&free_pages_, "PRAGMA freelist_count"},
  };
  for (const wanted& w : all) {
    auto made = db_.prepare(w.sql);
    if (!made) {
      // No such table or column: the file had them when it was made.
      const int code = db_.last_failure();
      return std::unexpected(failure(code == SQLITE_ERROR ? SQLITE_CORRUPT : code, "open"));
    }
    *w.where = std::move(*made);
  }
  return {};
}

void job_table::note_damage(int code) noexcept {
  if (trouble_of(code) != trouble::damaged) return;
  damaged_ = true;
  db_.leave_log_at_close();
}

error job_table::failure(int code, std::string_view doing) {
  note_damage(code);
  return db_.failure(code, doing);
}

io_result<> job_table::verify() {
  const auto laid_out = is_laid_out(db_);
  if (!laid_out) return std::unexpected(laid_out.error());
  if (!*laid_out) return std::unexpected(failure(SQLITE_CORRUPT, "check"));
  auto query = db_.prepare("PRAGMA quick_check(1)");
  if (!query) return std::unexpected(query.error());
  const int code = query->step();
  if (code != SQLITE_ROW) return std::unexpected(failure(code, "check"));
  constexpr std::string_view sound = "ok";
  if (std::ranges::equal(query->bytes(0), std::as_bytes(std::span(sound)))) return {};
  return std::unexpected(failure(SQLITE_CORRUPT, "check"));
}

job_table::~job_table() {
  if (!damaged_) bury_refused();
}

/// When a write found no room, no commit comes back: what marks it as one is written last. When a sync did,
/// all was written.
void job_table::note_refusal(int code) noexcept {
  out_of_room_ = db_.is_out_of_room(code);
  const bool unwritten = out_of_room_ && code != SQLITE_IOERR_FSYNC;
  if (!unwritten && trouble_of(code) == trouble::failing) refused_in_log_ = true;
  bury_refused();
}

void job_table::bury_refused() noexcept {
  if (!refused_in_log_) return;
  static_assert(file_version == 1);  // the value it has: page 1 is written all the same
  if (db_.run("PRAGMA user_version = 1") == SQLITE_OK && empty_log() == SQLITE_OK) refused_in_log_ = false;
}

template <class F>
io_result<> job_table::in_transaction(std::string_view doing, F&& work) {
  bury_refused();
  int code = begin_.run();
  if (code == SQLITE_OK) code = work();
  if (code == SQLITE_OK) code = commit_.run();
  if (code == SQLITE_OK) return {};
  if (db_.in_transaction()) rollback_.run();
  note_refusal(code);
  return std::unexpected(failure(code, doing));
}

/// A transaction that needs room for a while, and gives some.
template <class F>
io_result<> job_table::removing(std::string_view doing, F&& work) {
  auto done = in_transaction(doing, work);
  if (done || !out_of_room_) return done;
  reserve_.release();
  write_back();
  return in_transaction(doing, work);
}

io_result<> job_table::insert(std::span<const row> rows) {
  if (auto room = secure_room(rows); !room) return room;
  int code = SQLITE_OK;
  const auto insert_each = [&] {
    for (const row& r : rows) {
      insert_.bind(1, r.place);
      insert_.bind(2, r.record);
      code = insert_.run();
      if (code != SQLITE_OK) break;
    }
    return code;
  };
  if (rows.size() == 1) {  // a statement is a transaction
    bury_refused();
    if (insert_each() == SQLITE_OK) return {};
    return std::unexpected(insert_failure(code, rows));
  }
  auto done = in_transaction("write", insert_each);
  if (!done && code != SQLITE_OK) return std::unexpected(insert_failure(code, rows));
  return done;
}

error job_table::insert_failure(int code, std::span<const row> rows) {
  if (db_.in_transaction()) rollback_.run();
  note_refusal(code);
  if (trouble_of(code) == trouble::full && may_be_beyond_bound(rows)) return full();
  return failure(code, "write");
}

/// Whether the rows need more than the file may take, when they fill its pages badly.
bool job_table::may_be_beyond_bound(std::span<const row> rows) noexcept {
  return number(pages_) + pages_for(rows) > max_pages_ + number(free_pages_);
}

error job_table::full() const {
  return {errc::full, "the spill store is full at " + std::to_string(max_pages_ * page_size) +
                          " bytes; raise " +
                          (bounded_by_limit_ ? "the limit of file sizes (ulimit -f)" : "max_bytes") +
                          ", or wait until some of it has run"};
}

io_result<job_table::reader> job_table::read(std::uint64_t first, std::uint64_t last) {
  if (readers_.empty()) {
    readers_.reserve(++most_readers_);  // a reader's end gives its statement back, and must not need memory
    auto made = db_.prepare("SELECT place, record FROM jobs WHERE place BETWEEN ?1 AND ?2 ORDER BY place");
    if (!made) return std::unexpected(made.error());
    readers_.push_back(std::move(*made));
  }
  reader rows(this, std::move(readers_.back()));
  readers_.pop_back();
  rows.query_.bind(1, first);
  rows.query_.bind(2, last);
  return rows;
}

namespace {

/// Calls `what(first, last)` for each run of consecutive places, until it fails.
template <class F>
int for_each_run(std::span<const std::uint64_t> places, F&& what) {
  int code = SQLITE_OK;
  for (std::size_t i = 0; i < places.size() && code == SQLITE_OK;) {
    std::size_t last = i;
    while (last + 1 < places.size() && places[last + 1] <= places[last] + 1) ++last;
    code = what(places[i], places[last]);
    i = last + 1;
  }
  return code;
}

}  // namespace

io_result<std::uint64_t> job_table::remove(std::span<const std::uint64_t> places, std::uint64_t largest_id) {
  std::uint64_t removed = 0;
  auto done = removing("remove records from", [&] {
    removed = 0;
    const int code = for_each_run(places, [&](std::uint64_t first, std::uint64_t last) {
      remove_.bind(1, first);
      remove_.bind(2, last);
      const int result = remove_.run();
      removed += db_.changes();
      return result;
    });
    return code == SQLITE_OK ? mark(largest_id) : code;
  });
  if (!done) return std::unexpected(done.error());
  marked_id_ = std::max(marked_id_, largest_id);
  return removed;
}

io_result<std::uint64_t> job_table::move_aside(std::span<const std::uint64_t> places,
                                               std::uint64_t largest_id) {
  std::uint64_t moved = 0;
  estimated_growth_ = unknown_growth;
  auto done = removing("move records aside in", [&] {
    moved = 0;
    const int code = for_each_run(places, [&](std::uint64_t first, std::uint64_t last) {
      for (statement* step : {&copy_aside_, &remove_}) {
        step->bind(1, first);
        step->bind(2, last);
        if (const int result = step->run(); result != SQLITE_OK) return result;
      }
      moved += db_.changes();
      return SQLITE_OK;
    });
    return code == SQLITE_OK ? mark(largest_id) : code;
  });
  if (!done) return std::unexpected(done.error());
  marked_id_ = std::max(marked_id_, largest_id);
  return moved;
}

int job_table::mark(std::uint64_t largest_id) noexcept {
  if (largest_id <= marked_id_) return SQLITE_OK;
  mark_.bind(1, largest_id);
  return mark_.run();
}

std::uint64_t job_table::largest_id() noexcept {
  marked_id_ = db_.number("SELECT value FROM marks WHERE name = 'largest id'");
  return marked_id_;
}

std::uint64_t job_table::number(statement& query) noexcept {
  const std::uint64_t found = query.step() == SQLITE_ROW ? query.number(0) : 0;
  query.reset();
  return found;
}

std::uint64_t job_table::bytes() noexcept {
  const std::uint64_t pages = number(pages_);
  return (pages - std::min(pages, number(free_pages_))) * page_size;
}

void job_table::give_back() noexcept {
  const std::uint64_t free = number(free_pages_);
  if (free < least_given_back) return;
  const std::uint64_t used = number(pages_) - free;
  if (used > most_copied || used * free_for_each_used > free) return;
  if (db_.run("VACUUM") != SQLITE_OK) return;
  static_cast<void>(empty_log());
  db_.number(("PRAGMA max_page_count = " + std::to_string(max_pages_)).c_str());
}

bool job_table::sync_log() const noexcept { return !log_ || sync(log_) == SQLITE_OK; }

int job_table::empty_log() noexcept {
  const int code =
      sqlite3_wal_checkpoint_v2(db_.raw(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  note_damage(code);
  return code;
}

io_result<> job_table::checkpoint() {
  const int code = empty_log();
  if (code != SQLITE_OK) return std::unexpected(failure(code, "write the log into"));
  return {};
}

}  // namespace weir::detail
