#include <weir/spill/layout.hpp>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace weir::detail {

namespace {

constexpr const char* settings =
    "PRAGMA page_size = 4096; PRAGMA encoding = 'UTF-8';"
    "PRAGMA application_id = 0x77656972; PRAGMA user_version = 1;";
// As SQLite keeps them: word for word.
constexpr const char* tables =
    "CREATE TABLE jobs(place INTEGER PRIMARY KEY, record BLOB NOT NULL);"
    "CREATE TABLE aside(place INTEGER PRIMARY KEY, moved INTEGER NOT NULL, record BLOB NOT NULL);"
    "CREATE TABLE marks(name TEXT PRIMARY KEY, value INTEGER NOT NULL);";
constexpr const char* first_mark = "INSERT INTO marks VALUES ('largest id', 0);";

}  // namespace

error file_failure(std::string_view doing, const std::filesystem::path& path, int number) {
  return {errc::storage, "cannot " + std::string(doing) + " " + path.string() + ": " +
                             std::generic_category().message(number) +
                             "; look at the disk and at the permissions of the directory"};
}

io_result<> lay_out(database& file) {
  for (const char* sql : {settings, tables, first_mark}) {
    if (const int code = file.run(sql); code != SQLITE_OK) return std::unexpected(file.failure(code, "make"));
  }
  return {};
}

io_result<bool> is_laid_out(database& file) {
  auto query = file.prepare(
      "SELECT group_concat(sql || ';', '') FROM (SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY "
      "rowid)");
  if (!query) return std::unexpected(query.error());
  if (const int code = query->step(); code != SQLITE_ROW) return std::unexpected(file.failure(code, "read"));
  return std::ranges::equal(query->bytes(0), std::as_bytes(std::span(std::string_view(tables))));
}

io_result<> make_private(const std::filesystem::path& file) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return std::unexpected(file_failure("make", file, errno));
  close(descriptor);
  return {};
}

io_result<> make_file(const store_files& files) {
  if (auto made = make_private(files.unfinished); !made) return made;
  {
    auto file = database::open(files.unfinished);
    if (!file) return std::unexpected(file.error());
    if (const int code = file->run("PRAGMA journal_mode = OFF"); code != SQLITE_OK) {
      return std::unexpected(file->failure(code, "make"));
    }
    if (auto done = lay_out(*file); !done) return done;
  }
  return put_in_place(files.unfinished, files.jobs);
}

io_result<> sync_path(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::unexpected(file_failure("open", path, errno));
  const bool synced = fsync(descriptor) == 0;
  const int number = errno;
  close(descriptor);
  if (!synced) return std::unexpected(file_failure("sync", path, number));
  return {};
}

io_result<> make_directory(const std::filesystem::path& path) {
  std::error_code failed;
  std::vector<std::filesystem::path> fresh;
  for (auto at = (std::filesystem::absolute(path, failed) / "").parent_path();
       !failed && at.has_relative_path() && !std::filesystem::exists(at, failed); at = at.parent_path()) {
    fresh.push_back(at);
  }
  if (fresh.empty() && !std::filesystem::is_directory(path, failed)) {
    return std::unexpected(file_failure("make the directory", path, ENOTDIR));
  }
  for (const auto& made : fresh | std::views::reverse) {
    const mode_t mode = made == fresh.front() ? 0700 : 0777;
    if (mkdir(made.c_str(), mode) != 0 && errno != EEXIST)
      return std::unexpected(file_failure("make the directory", made, errno));
    if (auto done = sync_path(made.parent_path()); !done) return done;
  }
  return {};
}

io_result<> put_in_place(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (auto done = sync_path(from); !done) return done;
  std::error_code failed;
  std::filesystem::rename(from, to, failed);
  if (failed) return std::unexpected(file_failure("rename", from, failed.value()));
  return sync_path(to.parent_path());
}

}  // namespace weir::detail
