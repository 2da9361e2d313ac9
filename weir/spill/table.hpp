// The store's file: its layout in SQLite, and what is done with it, one transaction a call.
//
//   jobs(place, record)   the records; place is the row's number, so they lie in the file in its order
//   aside(place, record)  what was moved aside, as it was found
//   marks(name, value)    "largest id": of records that have left
//
// Invariants: a call that fails leaves the file as it was. The write-ahead log is checkpointed every 1,000
// pages, so it stays near 4 MiB. The connection holds SQLite's own lock exclusively, so there is no shared
// memory file, and no lock is taken again for each transaction.
//
// Thread-safety: one thread at a time, but for sync_log().
#pragma once

#include <weir/base/error.hpp>
#include <weir/spill/database.hpp>
#include <weir/spill/options.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::detail {

/// A record as it lies in the file.
struct row {
  std::uint64_t place = 0;
  std::span<const std::byte> record;
};

class job_table {
 public:
  /// Rows of a range of places, in their order. Gives its statement back when it ends; one that has not ended
  /// keeps the table from being written.
  class reader {
   public:
    reader(reader&&) noexcept;
    reader& operator=(reader&&) = delete;
    ~reader();

    /// Whether there is one more row. Error: errc::storage.
    io_result<bool> next();
    /// Good until the next call.
    row get() const noexcept { return row_; }

   private:
    friend class job_table;
    reader(job_table* table, statement query) noexcept : table_(table), query_(std::move(query)) {}
    job_table* table_;
    statement query_;
    row row_;
  };

  /// Opens the file, or makes it. Errors: errc::storage; a file of another format, or of a later one, is left
  /// as it is.
  static io_result<std::unique_ptr<job_table>> open(const std::filesystem::path& file,
                                                    const spill_options& options);

  /// Errors: errc::full when the file's bound is reached; errc::storage.
  io_result<> insert(std::span<const row> rows);
  /// The rows from `first` to `last`, both included.
  io_result<reader> read(std::uint64_t first, std::uint64_t last);
  /// Removes the rows at these places, which are sorted, and keeps the mark of the largest id. How many there
  /// were. Error: errc::storage.
  io_result<std::uint64_t> remove(std::span<const std::uint64_t> places, std::uint64_t largest_id);
  /// Moves them to `aside`. As remove() else.
  io_result<std::uint64_t> move_aside(std::span<const std::uint64_t> places, std::uint64_t largest_id);

  /// The mark of the largest id. Error: errc::storage.
  io_result<std::uint64_t> largest_id();
  /// Of the file, in use.
  std::uint64_t bytes() noexcept;

 private:
  job_table() = default;
  io_result<> configure(const spill_options& options);
  io_result<> prepare();
  io_result<> insert_all(std::span<const row> rows);
  io_result<> run(statement& what, std::string_view doing);
  template <class F>
  io_result<> in_transaction(std::string_view doing, F&& work);
  error insert_failure(int code, std::span<const row> rows);

  database db_;
  statement begin_, commit_, rollback_, insert_, remove_, copy_aside_, mark_, pages_, free_pages_, vacuum_;
  std::vector<statement> readers_;
  std::uint64_t marked_id_ = 0;
  std::uint64_t max_pages_ = 0;
};

}  // namespace weir::detail
