// What the store's file is called, and what a new one holds.
//
//   jobs(place, record)           the records; place is the row's number, so they lie in its order
//   aside(place, moved, record)   what was moved aside: when (seconds since 1970), and as it was found; place
//                                 is negative where an earlier one has it
//   marks(name, value)            'largest id': of all records, also those that have left
//
// Invariant: a file called spill.db is always whole when it appears, because a new one is made under another
// name and then renamed. Thread-safety: pure functions and values.
#pragma once

#include <weir/base/error.hpp>
#include <weir/spill/database.hpp>

#include <cstdint>
#include <filesystem>

namespace weir::detail {

inline constexpr std::uint32_t file_kind = 0x77656972;  // "weir", SQLite's application_id
inline constexpr std::uint32_t file_version = 1;        // SQLite's user_version

/// The files of the store in `directory`.
struct store_files {
  explicit store_files(const std::filesystem::path& directory)
      : lock(directory / "lock"),
        jobs(directory / "spill.db"),
        log(directory / "spill.db-wal"),
        unfinished(directory / "spill.db.new"),
        rebuilt(directory / "spill.db.rebuilt"),
        reserve(directory / "spill.db.reserve") {}

  std::filesystem::path lock;
  std::filesystem::path jobs;        ///< the store
  std::filesystem::path log;         ///< its write-ahead log
  std::filesystem::path unfinished;  ///< being made; worthless
  std::filesystem::path rebuilt;     ///< complete, and about to take the place of `jobs`
  std::filesystem::path reserve;     ///< room for acknowledging on a full disk
};

/// Fills an empty file, whose journal is off. Error: errc::storage.
io_result<> lay_out(database& file);

/// Whether its tables are those of lay_out(), word for word: one letter that flipped there can make a table
/// look empty. Error: errc::storage.
io_result<bool> is_laid_out(database& file);

/// Makes an empty file that only its owner may read; there is none of that name. SQLite gives the log the
/// mode of its file. Error: errc::storage.
io_result<> make_private(const std::filesystem::path& file);

/// Makes a new file under the name `jobs`. Error: errc::storage.
io_result<> make_file(const store_files& files);

/// Makes durable what a file holds, or which files a directory holds. Error: errc::storage.
io_result<> sync_path(const std::filesystem::path& path);

/// Makes a directory, which only its owner may enter, and what of its path is missing, durably. Error:
/// errc::storage.
io_result<> make_directory(const std::filesystem::path& path);

/// Renames durably. Error: errc::storage.
io_result<> put_in_place(const std::filesystem::path& from, const std::filesystem::path& to);

/// "cannot DOING PATH: why; what to do".
error file_failure(std::string_view doing, const std::filesystem::path& path, int number);

}  // namespace weir::detail
