// Which jobs wait in the spill store when a run begins, by Seq: so that a resumed run does not read them
// again, a new one numbers its own behind them, and none of them is run that the journal knows to be done.
//
// Kept as stretches of numbers, since jobs are spilled in order: a few bytes for millions of them.
// Thread-safe once made: it does not change.
#pragma once

#include <jobs/earlier_jobs.hpp>
#include <jobs/item_sums.hpp>
#include <jobs/journal_index.hpp>
#include <weir/base/error.hpp>
#include <weir/spill/options.hpp>
#include <weir/spill/store.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::jobs {

/// A set of numbers that come mostly in order.
class number_set {
 public:
  void add(std::uint64_t n);
  /// After the last add and before the first question.
  void finish();
  /// O(log stretches).
  bool holds(std::uint64_t n) const noexcept;
  bool empty() const noexcept { return stretches_.empty(); }
  /// 0 for none.
  std::uint64_t largest() const noexcept { return stretches_.empty() ? 0 : stretches_.back().second; }
  /// The numbers above `from` and below the largest that are not in it, in order.
  void for_each_gap(std::uint64_t from, const std::function<void(std::uint64_t)>& tell) const;

 private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> stretches_;  // first and last, when finished in order
};

class stored_jobs {
 public:
  /// Opens the store (which makes it), and looks at what it reads. Of those in `log` the ones that succeeded,
  /// and without `again_failed` all, are done. `most_sums`: see item_sums; with 0 none are kept. O(size of
  /// the store).
  static io_result<stored_jobs> read(const spill_options&, const journal_index& log, bool again_failed,
                                     std::size_t most_sums = item_sums::enough);

  /// The store, open, with nothing fetched: for the pool. Once.
  std::optional<spill_store> take_store() noexcept { return std::exchange(store_, std::nullopt); }

  const number_set& waiting() const noexcept { return waiting_; }
  /// What the items were of those that wait.
  const item_sums& items() const noexcept { return items_; }
  /// In the store, and done: its run was killed between the journal's line and the store's.
  bool is_done(std::uint64_t seq) const noexcept { return done_.holds(seq); }
  /// Were there and are damaged: the store has moved them aside.
  std::uint64_t unreadable() const noexcept { return unreadable_; }
  /// Those of them that the pool does not hear of.
  std::uint64_t lost() const noexcept { return lost_; }
  /// The file itself was damaged: what is whole is in a new one, the old one is kept beside it.
  bool is_rebuilt() const noexcept { return rebuilt_; }

 private:
  static io_result<stored_jobs> read_once(const spill_options&, const journal_index& log, bool again_failed,
                                          std::size_t most_sums);
  void see(const spill_store::record&, const journal_index& log, bool again_failed);
  void finish();

  std::optional<spill_store> store_;
  number_set waiting_;
  item_sums items_;
  number_set done_;
  std::uint64_t unreadable_ = 0;
  std::uint64_t lost_ = 0;
  bool rebuilt_ = false;
};

/// What the journal has, and what waits in the store. A job that waits has to be the one it was, and the
/// input to hold all that wait; it is found out block by block of item_sums.hpp.
class earlier_or_stored final : public earlier_jobs {
 public:
  /// `directory`: the store's.
  earlier_or_stored(earlier_jobs& before, const stored_jobs& stored, std::string directory)
      : before_(before), stored_(stored), directory_(std::move(directory)) {}

  io_result<earlier_end> look(const item_batch&) override;
  std::uint64_t left() const noexcept override;
  io_result<> check_end(std::uint64_t last) const override;

 private:
  bool is_same(const item_batch&);
  error differs(const item_batch&) const;

  earlier_jobs& before_;
  const stored_jobs& stored_;
  const std::string directory_;
  std::uint64_t last_ = 0;  // looked at
  std::uint64_t sum_ = 0;   // of those that wait of the block that was looked at last, as far as it was
};

}  // namespace weir::jobs
