// The store's file in use: what is done with it, one transaction a call. layout.hpp says what is in it.
//
// Invariants: a call that fails leaves the file as it was. When the disk failed it, the commit may lie in the
// log all the same, whole but for a sync, and a crash would bring it back: a commit without content is
// written over its beginning, and the log is emptied, at once, or by the first call for which the disk works
// again, at the latest before the file is closed. A sync that fails may drop what it could not write, so none
// is merely repeated: the file is written from the log's earlier commits, whose syncs had succeeded. The
// write-ahead log is copied into the file every few thousand pages, so it stays small. The connection holds
// SQLite's own lock exclusively, so there is no shared memory file, and no lock is taken again for each
// transaction. has_damage() stays true from the first time SQLite finds that the file is not what was
// written: it is rebuilt then.
//
// On a full disk records can still be removed. Every insert first makes sure that the reserve file is there,
// and that it has room for all pages by which the log would make the file grow; else the log is written into
// the file, or the insert is refused. A removal that finds no room takes the reserve's: with it the log goes
// into the file, and is then written from its beginning, over blocks that it has already. (estimated_growth_
// is never below the growth; only an insert, and a record moved aside, makes the file grow.)
//
// Thread-safety: one thread at a time, and sync_log() beside it.
#pragma once

#include <weir/base/error.hpp>
#include <weir/spill/database.hpp>
#include <weir/spill/layout.hpp>
#include <weir/spill/options.hpp>
#include <weir/spill/reserve.hpp>

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

  /// Opens the file, which has this version's layout. `found_damage` says that an error is due to the
  /// content. Error: errc::storage.
  static io_result<std::unique_ptr<job_table>> open(const store_files& files, const spill_options& options,
                                                    bool& found_damage);

  /// Whether the file's structure is sound, read from end to end: has_damage() says no. Error: errc::storage.
  io_result<> verify();
  bool has_damage() const noexcept { return damaged_; }
  ~job_table();

  /// Errors: errc::full when the file's bound is reached; errc::storage.
  io_result<> insert(std::span<const row> rows);
  /// The rows from `first` to `last`, both included.
  io_result<reader> read(std::uint64_t first, std::uint64_t last);
  /// Removes the rows at these places, which are sorted, and keeps the mark of the largest id. How many there
  /// were. Error: errc::storage.
  io_result<std::uint64_t> remove(std::span<const std::uint64_t> places, std::uint64_t largest_id);
  /// Moves them to `aside`. As remove() else.
  io_result<std::uint64_t> move_aside(std::span<const std::uint64_t> places, std::uint64_t largest_id);

  /// The mark of the largest id.
  std::uint64_t largest_id() noexcept;
  /// Of the file, in use.
  std::uint64_t bytes() noexcept;

  /// Gives the room of what has left back to the disk, when that is most of the file. What fails is tried
  /// again.
  void give_back() noexcept;
  /// Writes all that is in the log into the file, durably. Error: errc::storage.
  io_result<> checkpoint();
  /// Makes durable what is in the log; false when it cannot. From any thread, also beside the other calls.
  bool sync_log() const noexcept;

 private:
  explicit job_table(const store_files& files, const spill_options& options);
  job_table(const job_table&) = delete;
  job_table& operator=(const job_table&) = delete;
  io_result<> configure(const spill_options& options);
  io_result<> prepare();
  template <class F>
  io_result<> in_transaction(std::string_view doing, F&& work);
  int mark(std::uint64_t largest_id) noexcept;
  error failure(int code, std::string_view doing);
  template <class F>
  io_result<> removing(std::string_view doing, F&& work);
  io_result<> secure_room(std::span<const row> rows);
  std::uint64_t growth() noexcept;
  void write_back() noexcept;
  void note_refusal(int code) noexcept;
  void bury_refused() noexcept;
  error insert_failure(int code, std::span<const row> rows);
  bool is_beyond_bound(std::span<const row> rows) noexcept;
  bool may_be_beyond_bound(std::span<const row> rows) noexcept;
  error full() const;
  error no_reserve(std::error_code why, std::uint64_t bytes) const;
  int empty_log() noexcept;
  void note_damage(int code) noexcept;
  static std::uint64_t number(statement& query) noexcept;

  const std::filesystem::path file_;
  reserve_file reserve_;
  static constexpr std::uint64_t unknown_growth = 1ULL << 40U;
  std::uint64_t estimated_growth_ = unknown_growth;  // pages
  bool out_of_room_ = false;                         // why the last transaction failed
  database db_;
  statement begin_, commit_, rollback_, insert_, remove_, copy_aside_, mark_, pages_, free_pages_;
  std::vector<statement> readers_;  // idle ones
  std::size_t most_readers_ = 0;
  sqlite3_file* log_ = nullptr;  // SQLite's, as long as the connection
  std::uint64_t marked_id_ = 0;
  std::uint64_t max_pages_ = 0;
  bool bounded_by_limit_ = false;  // by the process's limit of file sizes, not by max_bytes
  bool damaged_ = false;
  bool refused_in_log_ = false;  // a commit that was answered with an error may lie there
};

}  // namespace weir::detail
