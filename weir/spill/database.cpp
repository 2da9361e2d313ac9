#include <weir/spill/database.hpp>

#include <sqlite3.h>

#include <cerrno>
#include <utility>

namespace weir::detail {

trouble trouble_of(int sqlite_code) noexcept {
  if (sqlite_code == SQLITE_IOERR_SHORT_READ || sqlite_code == SQLITE_IOERR_CORRUPTFS)
    return trouble::damaged;
  switch (sqlite_code & 0xFF) {
    case SQLITE_FULL: return trouble::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return trouble::damaged;
    default: return trouble::failing;
  }
}

void statement::finalizer::operator()(sqlite3_stmt* raw) const noexcept { sqlite3_finalize(raw); }

// The failure of a binding (no memory) shows in the step that follows.
void statement::bind(int parameter, std::uint64_t number) noexcept {
  sqlite3_bind_int64(raw_.get(), parameter, static_cast<sqlite3_int64>(number));
}

void statement::bind(int parameter, std::span<const std::byte> bytes) noexcept {
  sqlite3_bind_blob64(raw_.get(), parameter, bytes.data(), bytes.size(), SQLITE_STATIC);
}

int statement::step() noexcept { return sqlite3_step(raw_.get()); }

void statement::reset() noexcept { sqlite3_reset(raw_.get()); }

int statement::run() noexcept {
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = step();
  reset();
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

std::uint64_t statement::number(int column) const noexcept {
  return static_cast<std::uint64_t>(sqlite3_column_int64(raw_.get(), column));
}

std::span<const std::byte> statement::bytes(int column) const noexcept {
  const void* const data = sqlite3_column_blob(raw_.get(), column);
  const int size = sqlite3_column_bytes(raw_.get(), column);
  return {static_cast<const std::byte*>(data), data ? static_cast<std::size_t>(size) : 0};
}

void database::closer::operator()(sqlite3* raw) const noexcept { sqlite3_close(raw); }

io_result<database> database::open(const std::filesystem::path& file) {
  database db;
  db.file_ = file;
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  db.raw_.reset(raw);
  if (code != SQLITE_OK) return std::unexpected(db.failure(code, "open"));
  return db;
}

int database::run(const char* sql) noexcept {
  return sqlite3_exec(raw_.get(), sql, nullptr, nullptr, nullptr);
}

std::uint64_t database::number(const char* sql) noexcept {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(raw_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) return 0;
  statement query(raw);
  return query.step() == SQLITE_ROW ? query.number(0) : 0;
}

io_result<statement> database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(raw_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failure(code, "prepare a statement for"));
  return statement(raw);
}

int database::last_failure() const noexcept { return sqlite3_extended_errcode(raw_.get()); }

bool database::is_out_of_room(int code) const noexcept {
  if (trouble_of(code) == trouble::full) return true;
  const int number = (code & 0xFF) == SQLITE_IOERR ? sqlite3_system_errno(raw_.get()) : 0;
  return number == EFBIG || number == EDQUOT || number == ENOSPC;
}

bool database::in_transaction() const noexcept { return sqlite3_get_autocommit(raw_.get()) == 0; }

std::uint64_t database::changes() const noexcept {
  return static_cast<std::uint64_t>(sqlite3_changes64(raw_.get()));
}

error database::failure(int code, std::string_view doing) const {
  std::string text = "cannot ";
  text.append(doing).append(" ").append(file_.string()).append(": ").append(sqlite3_errstr(code));
  switch (trouble_of(code)) {
    case trouble::full: text += "; make room on its disk, and try again"; break;
    case trouble::damaged: text += "; open the store again to rebuild it from what is whole"; break;
    case trouble::failing: text += "; look at the disk and at the permissions of the directory"; break;
  }
  return {errc::storage, std::move(text)};
}

void database::leave_log_at_close() noexcept {
  sqlite3_db_config(raw_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

sqlite3_file* database::log() noexcept {
  sqlite3_file* file = nullptr;
  const int code =
      sqlite3_file_control(raw_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&file));
  return code == SQLITE_OK && file && file->pMethods ? file : nullptr;
}

int sync(sqlite3_file* log) noexcept { return log->pMethods->xSync(log, SQLITE_SYNC_NORMAL); }

}  // namespace weir::detail
