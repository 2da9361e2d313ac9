// SQLite as values: a connection and a prepared statement that free themselves, and failures as weir::error.
//
// Thread-safety: a connection and its statements are one thread's at a time; sync() may run beside them.
#pragma once

#include <weir/base/error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_file;
struct sqlite3_stmt;

namespace weir::detail {

/// What SQLite's result code means to the store's callers.
enum class trouble {
  full,     ///< a bound of ours, or the disk's
  damaged,  ///< the file is not what was written
  failing,  ///< everything else
};
trouble trouble_of(int sqlite_code) noexcept;

/// A prepared statement. Parameters and columns count from 1 and 0, as SQLite has it.
class statement {
 public:
  statement() = default;
  explicit statement(sqlite3_stmt* raw) noexcept : raw_(raw) {}

  void bind(int parameter, std::uint64_t number) noexcept;
  /// The bytes are referred to until reset().
  void bind(int parameter, std::span<const std::byte> bytes) noexcept;

  /// SQLITE_ROW, SQLITE_DONE or what failed.
  int step() noexcept;
  /// To the beginning: what the last run held of the file is let go.
  void reset() noexcept;
  /// step() and reset(): for statements that answer no rows that matter.
  int run() noexcept;

  std::uint64_t number(int column) const noexcept;
  /// Good until the next step or reset.
  std::span<const std::byte> bytes(int column) const noexcept;

 private:
  struct finalizer {
    void operator()(sqlite3_stmt*) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, finalizer> raw_;
};

/// A connection to one file.
class database {
 public:
  database() = default;

  /// Opens, or makes, the file, for this process alone. Error: errc::storage.
  static io_result<database> open(const std::filesystem::path& file);

  /// Runs statements that answer nothing that matters. Gives SQLite's result code.
  int run(const char* sql) noexcept;
  /// The number in the first column of the first row; 0 when there is none, and when it fails.
  std::uint64_t number(const char* sql) noexcept;
  io_result<statement> prepare(std::string_view sql);

  /// SQLite's result code of the last call that failed.
  int last_failure() const noexcept;
  /// Whether the last call failed with `code` for want of room: of the disk, of a quota, or below the
  /// process's limit of file sizes.
  bool is_out_of_room(int code) const noexcept;
  bool in_transaction() const noexcept;
  std::uint64_t changes() const noexcept;

  /// The failure that `code` stands for, in a sentence: what was done, which file, what SQLite says.
  error failure(int code, std::string_view doing) const;

  /// Closing will neither copy the log into the file nor remove it: they are evidence.
  void leave_log_at_close() noexcept;

  /// The write-ahead log, once it is in use: an object of SQLite's that lives as long as the connection.
  sqlite3_file* log() noexcept;

  sqlite3* raw() noexcept { return raw_.get(); }
  bool is_open() const noexcept { return raw_ != nullptr; }

 private:
  struct closer {
    void operator()(sqlite3*) const noexcept;
  };
  std::unique_ptr<sqlite3, closer> raw_;
  std::filesystem::path file_;
};

/// Makes what is in the log durable. From any thread, also while the connection is in use: it calls nothing
/// but the file's own sync. Gives SQLite's result code.
int sync(sqlite3_file* log) noexcept;

}  // namespace weir::detail
