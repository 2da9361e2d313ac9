// What a spill_store is made of: the file, the order of its users, and how far each lane was read.
//
// Appends share a commit. A call puts its records into a list; the first to find no leader becomes the
// leader: it takes the file, then all that is in the list by then, commits it as one transaction, hands the
// lead to the first of those who came meanwhile, and tells each caller. So one thread alone pays one commit
// each, and eight pay one between them.
//
// Invariants: `door_` guards the list and who leads; `file_` guards all else but what is told of it. The
// order is `file_` before `door_`; no caller is told under either. The leader's own call is the first of the
// list. A lane's `next` passes every place that was fetched, so that none is handed out twice; numbers only
// grow, so no append lands behind it. When SQLite finds the file damaged, it is rebuilt under `file_` and the
// call is tried once more: places stay what they were.
//
// Thread-safety: all members.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/fifo_list.hpp>
#include <weir/spill/lock_file.hpp>
#include <weir/spill/log_sync.hpp>
#include <weir/spill/opening.hpp>
#include <weir/spill/record.hpp>
#include <weir/spill/store.hpp>
#include <weir/spill/table.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace weir::detail {

class spill_engine {
 public:
  /// `shown`: may be empty.
  static io_result<std::unique_ptr<spill_engine>> open(const spill_options& options,
                                                       const spill_store::look& shown);

  io_result<> append(std::span<const spill_store::record> records);
  io_result<spill_store::batch> fetch(std::size_t max, std::optional<std::size_t> lane);
  io_result<> ack(std::span<const spill_store::position> done);
  io_result<> set_aside(std::span<const spill_store::position> unusable);
  spill_store::statistics stats() const;
  spill_store::filling level() const noexcept;
  const spill_options& options() const noexcept { return options_; }

 private:
  struct waiting_append;
  struct lane_state {
    std::uint64_t next = 0;       // the first place that was not fetched
    std::uint64_t unfetched = 0;  // records from there on
  };
  struct passed_rows;
  /// Has the file; at its end tells how many jobs are in it, and now and then how full it is.
  class file_hold;

  spill_engine(spill_options options, lock_file lock);

  // Under `file_`, but for open().
  io_result<> adopt(io_result<opened_table> opened, const spill_store::look& shown = {});
  io_result<> start_syncing();
  io_result<> adopt_sound(io_result<opened_table> opened, const spill_store::look& shown);
  io_result<> look_through(const spill_store::look& shown);
  void note_damaged(std::uint64_t place, std::uint64_t id);
  void count_row(std::uint64_t place, std::uint64_t id);
  io_result<> rebuild(const spill_store::look& shown = {});
  void close() noexcept;
  template <class F>
  auto rebuilding(F&& work) -> decltype(work());
  void wrote() noexcept;
  void tell_level() const noexcept;

  using call_list = fifo_list<waiting_append>;
  void lead() noexcept;
  void take_group(call_list& group) noexcept;
  void commit(call_list& group) noexcept;
  io_result<> insert(waiting_append* first, waiting_append* end) noexcept;
  io_result<> insert_rows();
  std::uint64_t seal_rows(waiting_append* first, waiting_append* end);
  void count_group(waiting_append* first, waiting_append* end) noexcept;
  io_result<> make_safe();

  io_result<spill_store::batch> collect(std::size_t max, std::optional<std::size_t> lane);
  void move_passed(std::span<const std::uint64_t> damaged) noexcept;
  io_result<passed_rows> read_rows(spill_store::batch& found, std::size_t max,
                                   std::optional<std::size_t> lane);

  const spill_options options_;
  const store_files files_;
  lock_file lock_;

  // What was last told of the file, for level(), each for itself: relaxed. Written under `file_`.
  mutable std::atomic<std::uint64_t> jobs_told_{0};
  mutable std::atomic<std::uint64_t> bytes_told_{0};
  std::uint64_t holds_ = 0;  // of the file, so far

  mutable std::mutex file_;
  std::unique_ptr<job_table> table_;  // null: a rebuild failed
  std::optional<log_sync> sync_;      // at durability::batch; ends before the table
  std::map<std::size_t, lane_state> lanes_;
  std::uint64_t last_number_ = 0;
  spill_store::statistics counts_;
  std::vector<spill_store::damaged> unreported_;  // found by an opening: the next fetch tells
  std::vector<row> rows_;                         // of the group being committed; kept for its memory

  std::mutex door_;
  call_list waiting_;
  bool led_ = false;
};

class spill_engine::file_hold {
 public:
  explicit file_hold(spill_engine& engine) : engine_(engine), hold_(engine.file_) {}
  file_hold(const file_hold&) = delete;
  file_hold& operator=(const file_hold&) = delete;
  ~file_hold();

 private:
  spill_engine& engine_;
  const std::lock_guard<std::mutex> hold_;
};

/// Runs `work`; when it finds the file damaged, rebuilds it and runs it again. A rebuild that failed is begun
/// again by the next call.
template <class F>
auto spill_engine::rebuilding(F&& work) -> decltype(work()) {
  if (!table_) {
    if (auto reopened = adopt(open_table(files_, options_)); !reopened)
      return std::unexpected(reopened.error());
  }
  auto done = work();
  if (done || !table_->has_damage()) return done;
  if (auto rebuilt = rebuild(); !rebuilt) return std::unexpected(rebuilt.error());
  return work();
}

}  // namespace weir::detail
