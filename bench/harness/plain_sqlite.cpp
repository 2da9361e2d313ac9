#include <bench/harness/plain_sqlite.hpp>

#include <stdexcept>

namespace weir::bench {

plain_sqlite::plain_sqlite(const std::filesystem::path& directory, const std::string& synchronous) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open((directory / "plain.db").c_str(), &db);
  db_.reset(db);
  check(code);
  const std::string setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = " + synchronous +
                            "; CREATE TABLE IF NOT EXISTS queue(id INTEGER PRIMARY KEY, body BLOB);";
  check(sqlite3_exec(db, setup.c_str(), nullptr, nullptr, nullptr));
  begin_ = prepare("BEGIN");
  commit_ = prepare("COMMIT");
  insert_ = prepare("INSERT INTO queue(body) VALUES (?1)");
  select_ = prepare("SELECT id, body FROM queue WHERE id > ?1 ORDER BY id LIMIT ?2");
  remove_ = prepare("DELETE FROM queue WHERE id <= ?1");
}

void plain_sqlite::check(int code) const {
  if (code != SQLITE_OK) throw std::runtime_error(std::string("plain SQLite: ") + sqlite3_errmsg(db_.get()));
}

plain_sqlite::query plain_sqlite::prepare(const char* sql) const {
  sqlite3_stmt* raw = nullptr;
  check(sqlite3_prepare_v2(db_.get(), sql, -1, &raw, nullptr));
  return query(raw);
}

void plain_sqlite::run(const query& what) const {
  sqlite3_step(what.get());
  check(sqlite3_reset(what.get()));
}

void plain_sqlite::append(std::span<const std::span<const std::byte>> payloads) {
  if (payloads.size() > 1) run(begin_);
  for (const auto payload : payloads) {
    check(sqlite3_bind_blob64(insert_.get(), 1, payload.data(), payload.size(), SQLITE_STATIC));
    run(insert_);
  }
  if (payloads.size() > 1) run(commit_);
}

std::size_t plain_sqlite::drain(std::size_t max) {
  check(sqlite3_bind_int64(select_.get(), 1, last_));
  check(sqlite3_bind_int64(select_.get(), 2, static_cast<sqlite3_int64>(max)));
  std::size_t found = 0;
  std::string kept;  // a drained record is copied out, as weir does
  while (sqlite3_step(select_.get()) == SQLITE_ROW) {
    last_ = sqlite3_column_int64(select_.get(), 0);
    kept.append(static_cast<const char*>(sqlite3_column_blob(select_.get(), 1)),
                static_cast<std::size_t>(sqlite3_column_bytes(select_.get(), 1)));
    ++found;
  }
  check(sqlite3_reset(select_.get()));
  if (found == 0) return 0;
  check(sqlite3_bind_int64(remove_.get(), 1, last_));
  run(remove_);
  return found;
}

}  // namespace weir::bench
