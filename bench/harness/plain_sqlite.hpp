// What people write by hand: a table with a growing key in SQLite's WAL mode, filled and drained in batches
// by prepared statements, at SQLite's own settings.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace weir::bench {

class plain_sqlite {
 public:
  /// `synchronous`: "OFF", "NORMAL" or "FULL". Throws std::runtime_error with what SQLite says, as all
  /// members.
  plain_sqlite(const std::filesystem::path& directory, const std::string& synchronous);

  /// One transaction.
  void append(std::span<const std::span<const std::byte>> payloads);
  /// Reads the next `max`, and removes them in one transaction. How many there were.
  std::size_t drain(std::size_t max);

 private:
  struct closer {
    void operator()(sqlite3* db) const noexcept { sqlite3_close(db); }
    void operator()(sqlite3_stmt* query) const noexcept { sqlite3_finalize(query); }
  };
  using query = std::unique_ptr<sqlite3_stmt, closer>;

  void check(int code) const;
  query prepare(const char* sql) const;
  void run(const query& what) const;

  std::unique_ptr<sqlite3, closer> db_;
  query begin_, commit_, insert_, select_, remove_;
  std::int64_t last_ = 0;
};

}  // namespace weir::bench
