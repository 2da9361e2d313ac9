// What a spill_store is made of: the file, the order of its users, and where each lane's readers are.
//
// Appends share a commit. A call puts its records into a list; the first to find no leader becomes the
// leader: it takes the file, then all that is in the list by then, commits it as one transaction, tells each
// caller, and hands the lead to the first of those who came meanwhile. So one thread alone pays one commit
// each, and eight pay one between them.
//
// Invariants: `door_` guards the list and who leads; `file_` guards all else. The order is `file_` before
// `door_`. The leader's own call is the first of the list. A lane's `next` passes every place that was
// fetched, so that none is handed out twice; numbers only grow, so no append lands behind it.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/parker.hpp>
#include <weir/spill/lock_file.hpp>
#include <weir/spill/record.hpp>
#include <weir/spill/store.hpp>
#include <weir/spill/table.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace weir::detail {

class spill_engine {
 public:
  static io_result<std::unique_ptr<spill_engine>> open(const spill_options& options);

  io_result<> append(std::span<const spill_store::record> records);
  io_result<spill_store::batch> fetch(std::size_t max, std::optional<std::size_t> lane);
  io_result<> ack(std::span<const spill_store::position> done);
  io_result<> set_aside(std::span<const spill_store::position> unusable);
  spill_store::statistics stats() const;
  const spill_options& options() const noexcept { return options_; }

 private:
  struct waiting_append;
  struct lane_state {
    std::uint64_t next = 0;       ///< the first place that was not fetched
    std::uint64_t unfetched = 0;  ///< records from there on
  };

  spill_engine(spill_options options, lock_file lock, std::unique_ptr<job_table> table);
  io_result<> look_through();

  void lead();
  std::vector<waiting_append*> take_group();
  void commit(std::span<waiting_append* const> group);
  io_result<> insert(std::span<waiting_append* const> group);
  io_result<> collect(spill_store::batch& found, std::size_t max, std::span<const std::size_t> lanes);

  spill_options options_;
  lock_file lock_;
  std::unique_ptr<job_table> table_;

  mutable std::mutex file_;
  std::map<std::size_t, lane_state> lanes_;
  std::uint64_t last_number_ = 0;
  mutable spill_store::statistics counts_;
  std::vector<row> rows_;  // of the group being committed

  std::mutex door_;
  std::deque<waiting_append*> waiting_;
  bool led_ = false;
};

}  // namespace weir::detail
