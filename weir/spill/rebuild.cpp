#include <weir/spill/rebuild.hpp>

#include <weir/spill/record.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

namespace weir::detail {

namespace {

/// The newest committed content of each page.
class newest_pages {
 public:
  newest_pages(const byte_source& file, const byte_source& log)
      : file_(file), log_(log), log_contents_(read_log(log)) {
    // The file grows by frames of the log, so a number beyond both is none.
    const std::uint64_t most = (file.size + page_size - 1) / page_size + log.size / page_size;
    count_ =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(most, std::numeric_limits<std::int32_t>::max()));
  }

  std::uint32_t count() const noexcept { return count_; }
  const log_contents& log() const noexcept { return log_contents_; }

  bool read(std::uint32_t number, page_bytes& page) const {
    if (number == 0 || number > count_) return false;
    const auto in_log = log_contents_.committed.find(number);
    if (in_log != log_contents_.committed.end()) return log_.read(in_log->second, page);
    const std::uint64_t start = std::uint64_t{number - 1} * page_size;
    if (start >= file_.size) return false;
    page.fill(std::byte{});  // of a file that was cut, the last page may be there in part
    return file_.read(start, std::span(page).first(std::min<std::uint64_t>(page_size, file_.size - start)));
  }

 private:
  const byte_source& file_;
  const byte_source& log_;
  log_contents log_contents_;
  std::uint32_t count_ = 0;
};

}  // namespace

void rows_of_file(const byte_source& file, const byte_source& log, const row_finder& found) {
  const newest_pages pages(file, log);
  const page_reader read = [&pages](std::uint32_t number, page_bytes& page) {
    return pages.read(number, page);
  };
  const std::uint64_t longest = std::uint64_t{pages.count()} * page_size;
  page_bytes page;
  std::vector<bool> free(std::size_t{pages.count()} + 1);
  if (pages.read(1, page)) free = free_pages(page, pages.count(), read);
  for (std::uint32_t number = 2; number <= pages.count(); ++number) {
    if (!free[number] && pages.read(number, page)) rows_of_page(page, longest, read, found);
  }
  // SQLite would not read these; where commits lie among them, their rows were accepted.
  if (!pages.log().damaged) return;
  for (const auto& frame : pages.log().beyond) {
    if (log.read(frame.offset, page)) rows_of_page(page, longest, read, found);
  }
}

namespace {

/// The new file while it is made: one transaction without a journal, since nobody wants half of it.
class new_file {
 public:
  static io_result<new_file> make(const std::filesystem::path& path) {
    if (auto done = make_private(path); !done) return std::unexpected(done.error());
    new_file made;
    auto db = database::open(path);
    if (!db) return std::unexpected(db.error());
    made.db_ = std::move(*db);
    if (const int code = made.db_.run("PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN");
        code != SQLITE_OK) {
      return std::unexpected(made.db_.failure(code, "make"));
    }
    if (auto done = lay_out(made.db_); !done) return std::unexpected(done.error());
    auto job = made.db_.prepare("INSERT OR IGNORE INTO jobs(place, record) VALUES (?1, ?2)");
    auto aside =
        made.db_.prepare("INSERT OR IGNORE INTO aside(place, moved, record) VALUES (?1, unixepoch(), ?2)");
    auto mark = made.db_.prepare("UPDATE marks SET value = max(value, ?1)");
    if (!job) return std::unexpected(job.error());
    if (!aside) return std::unexpected(aside.error());
    if (!mark) return std::unexpected(mark.error());
    made.job_ = std::move(*job);
    made.aside_ = std::move(*aside);
    made.mark_ = std::move(*mark);
    return made;
  }

  void add(std::uint64_t place, std::span<const std::byte> record) {
    if (code_ != SQLITE_OK) return;
    const auto whole = decode(record, place);
    if (whole) largest_id_ = std::max(largest_id_, whole->id);
    statement& insert = whole ? job_ : aside_;
    insert.bind(1, place);
    insert.bind(2, record);
    code_ = insert.run();
    if (code_ != SQLITE_OK || db_.changes() == 0) return;
    if (whole) {
      ++rows_.whole;
    } else {
      rows_.damaged.push_back({place, apparent_id(record)});
    }
  }

  io_result<rebuilt_rows> finish() {
    mark_.bind(1, largest_id_);
    if (code_ == SQLITE_OK) code_ = mark_.run();
    if (code_ == SQLITE_OK) code_ = db_.run("COMMIT");
    if (code_ != SQLITE_OK) return std::unexpected(db_.failure(code_, "rebuild the store as"));
    return std::move(rows_);
  }

 private:
  database db_;
  statement job_, aside_, mark_;
  std::uint64_t largest_id_ = 0;
  rebuilt_rows rows_;
  int code_ = SQLITE_OK;
};

/// "spill.db.damaged-20260102T030405Z", with a number behind it when that is taken.
std::filesystem::path kept_name(const std::filesystem::path& jobs) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  char date[32] = {};
  std::strftime(date, sizeof date, ".damaged-%Y%m%dT%H%M%SZ", &utc);
  const std::string name = jobs.string() + date;
  std::filesystem::path free = name;
  std::error_code ignored;
  for (int i = 2; std::filesystem::exists(free, ignored); ++i) free = name + "-" + std::to_string(i);
  return free;
}

io_result<> move(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code failed;
  if (!std::filesystem::exists(from, failed)) return {};
  std::filesystem::rename(from, to, failed);
  if (failed) return std::unexpected(file_failure("rename", from, failed.value()));
  return {};
}

}  // namespace

io_result<rebuilt_rows> rebuild(const store_files& files) {
  std::error_code ignored;
  std::filesystem::remove(files.unfinished, ignored);
  rebuilt_rows rows;
  {
    const auto file = bytes_of_file(files.jobs);
    if (!file) return std::unexpected(file.error());
    const auto log = bytes_of_file(files.log);
    if (!log) return std::unexpected(log.error());
    auto made = new_file::make(files.unfinished);
    if (!made) return std::unexpected(made.error());
    rows_of_file(*file, *log,
                 [&](std::uint64_t place, std::span<const std::byte> record) { made->add(place, record); });
    auto done = made->finish();
    if (!done) return std::unexpected(done.error());
    rows = std::move(*done);
  }
  if (auto done = put_in_place(files.unfinished, files.rebuilt); !done) return std::unexpected(done.error());
  if (auto done = finish_rebuild(files); !done) return std::unexpected(done.error());
  return rows;
}

io_result<> finish_rebuild(const store_files& files) {
  std::error_code ignored;
  if (!std::filesystem::exists(files.rebuilt, ignored)) return {};
  const std::filesystem::path kept = kept_name(files.jobs);
  // The log first: it must never be found beside a file that it does not belong to.
  if (auto done = move(files.log, kept.string() + "-wal"); !done) return done;
  if (auto done = move(files.jobs, kept); !done) return done;
  if (auto done = sync_path(files.jobs.parent_path()); !done) return done;
  return put_in_place(files.rebuilt, files.jobs);
}

}  // namespace weir::detail
