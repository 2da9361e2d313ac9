#include <weir/spill/table.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <limits>
#include <string>

namespace weir::detail {

namespace {

constexpr std::uint64_t page_size = 4096;
constexpr std::uint64_t format_version = 1;
constexpr const char* kind_of_file = "PRAGMA application_id";  // "weir"
constexpr std::uint64_t weir_file = 0x77656972;

constexpr const char* layout =
    "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL;"
    "BEGIN;"
    "CREATE TABLE jobs(place INTEGER PRIMARY KEY, record BLOB NOT NULL);"
    "CREATE TABLE aside(place INTEGER PRIMARY KEY, record BLOB NOT NULL);"
    "CREATE TABLE marks(name TEXT PRIMARY KEY, value INTEGER NOT NULL);"
    "INSERT INTO marks VALUES ('largest id', 0);"
    "PRAGMA application_id = 0x77656972; PRAGMA user_version = 1;"
    "COMMIT;";

// An exclusive lock before the first look at the log: SQLite then needs no shared memory.
constexpr const char* manner =
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA secure_delete = OFF;"
    "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
    "PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 16777216;";

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
  if (code != SQLITE_ROW) return std::unexpected(table_->db_.failure(code, "read"));
  row_ = {query_.number(0), query_.bytes(1)};
  return true;
}

io_result<std::unique_ptr<job_table>> job_table::open(const std::filesystem::path& file,
                                                      const spill_options& options) {
  std::unique_ptr<job_table> table(new job_table);
  auto db = database::open(file);
  if (!db) return std::unexpected(db.error());
  table->db_ = std::move(*db);
  if (auto done = table->configure(options); !done) return std::unexpected(done.error());
  if (auto done = table->prepare(); !done) return std::unexpected(done.error());
  return table;
}

io_result<> job_table::configure(const spill_options& options) {
  if (db_.number("PRAGMA page_count") == 0) {
    if (const int code = db_.run(layout); code != SQLITE_OK)
      return std::unexpected(db_.failure(code, "make"));
  }
  const std::uint64_t version = db_.number("PRAGMA user_version");
  if (db_.number(kind_of_file) != weir_file || version != format_version) {
    return std::unexpected(
        error(errc::storage, "the store is of format " + std::to_string(version) +
                                 ", this weir knows format 1; use the weir that wrote it"));
  }
  if (const int code = db_.run(manner); code != SQLITE_OK)
    return std::unexpected(db_.failure(code, "set up"));
  // Also at `none` a checkpoint syncs: a power cut may cost what was not written, but not the file.
  const char* const sync =
      options.sync == durability::each ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL";
  if (const int code = db_.run(sync); code != SQLITE_OK) return std::unexpected(db_.failure(code, "set up"));
  constexpr std::uint64_t most_pages = std::numeric_limits<std::int32_t>::max() - 1;
  max_pages_ = std::min(options.max_bytes / page_size, most_pages);
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
       "INSERT OR REPLACE INTO aside SELECT place, record FROM jobs WHERE place BETWEEN ?1 AND ?2"},
      {&mark_, "UPDATE marks SET value = ?1 WHERE name = 'largest id'"},
      {&pages_, "PRAGMA page_count"},
      {&free_pages_, "PRAGMA freelist_count"},
  };
  for (const wanted& w : all) {
    auto made = db_.prepare(w.sql);
    if (!made) return std::unexpected(made.error());
    *w.where = std::move(*made);
  }
  return {};
}

template <class F>
io_result<> job_table::in_transaction(std::string_view doing, F&& work) {
  int code = begin_.run();
  if (code == SQLITE_OK) code = work();
  if (code == SQLITE_OK) code = commit_.run();
  if (code == SQLITE_OK) return {};
  error failed = db_.failure(code, doing);
  if (db_.in_transaction()) rollback_.run();
  return std::unexpected(std::move(failed));
}

io_result<> job_table::insert(std::span<const row> rows) {
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
    if (insert_each() == SQLITE_OK) return {};
    return std::unexpected(insert_failure(code, rows));
  }
  auto done = in_transaction("write", insert_each);
  if (!done && code != SQLITE_OK) return std::unexpected(insert_failure(code, rows));
  return done;
}

error job_table::insert_failure(int code, std::span<const row> rows) {
  if (db_.in_transaction()) rollback_.run();
  const std::uint64_t room = max_pages_ + db_.number("PRAGMA freelist_count");
  if (trouble_of(code) == trouble::full && db_.number("PRAGMA page_count") + pages_for(rows) > room) {
    return {errc::full, "the spill store is full at " + std::to_string(max_pages_ * page_size) +
                            " bytes; raise max_bytes, or wait until some of it has run"};
  }
  return db_.failure(code, "write");
}

io_result<job_table::reader> job_table::read(std::uint64_t first, std::uint64_t last) {
  if (readers_.empty()) {
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
  auto done = in_transaction("remove records from", [&] {
    const int code = for_each_run(places, [&](std::uint64_t first, std::uint64_t last) {
      remove_.bind(1, first);
      remove_.bind(2, last);
      const int result = remove_.run();
      removed += db_.changes();
      return result;
    });
    if (code != SQLITE_OK || largest_id <= marked_id_) return code;
    mark_.bind(1, largest_id);
    return mark_.run();
  });
  if (!done) return std::unexpected(done.error());
  marked_id_ = std::max(marked_id_, largest_id);
  return removed;
}

io_result<std::uint64_t> job_table::move_aside(std::span<const std::uint64_t> places,
                                               std::uint64_t largest_id) {
  std::uint64_t moved = 0;
  auto done = in_transaction("move records aside in", [&] {
    const int code = for_each_run(places, [&](std::uint64_t first, std::uint64_t last) {
      for (statement* step : {&copy_aside_, &remove_}) {
        step->bind(1, first);
        step->bind(2, last);
        if (const int result = step->run(); result != SQLITE_OK) return result;
      }
      moved += db_.changes();
      return SQLITE_OK;
    });
    if (code != SQLITE_OK || largest_id <= marked_id_) return code;
    mark_.bind(1, largest_id);
    return mark_.run();
  });
  if (!done) return std::unexpected(done.error());
  marked_id_ = std::max(marked_id_, largest_id);
  return moved;
}

io_result<std::uint64_t> job_table::largest_id() {
  marked_id_ = db_.number("SELECT value FROM marks WHERE name = 'largest id'");
  return marked_id_;
}

std::uint64_t job_table::bytes() noexcept {
  std::uint64_t pages = 0;
  if (pages_.step() == SQLITE_ROW) pages = pages_.number(0);
  if (free_pages_.step() == SQLITE_ROW) pages -= std::min(pages, free_pages_.number(0));
  pages_.reset();
  free_pages_.reset();
  return pages * page_size;
}

}  // namespace weir::detail
