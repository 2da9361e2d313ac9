// Which jobs wait in the spill store when a run begins, by Seq: so that a resumed run does not read them
// again, a new one numbers its own behind them, and none of them is run that the journal knows to be done.
//
// Kept as stretches of numbers, since jobs are spilled in order: a few bytes for millions of them.
// Thread-safe once made: it does not change.
#pragma once

#include <jobs/earlier_jobs.hpp>
#include <jobs/journal_index.hpp>
#include <weir/base/error.hpp>
#include <weir/spill/options.hpp>

#include <cstdint>
#include <functional>
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
  /// Opens the store (which makes it), reads it through and closes it again. Of those in `log` the ones
  /// that succeeded, and without `again_failed` all, are done. O(size of the store).
  static io_result<stored_jobs> read(const spill_options&, const journal_index& log, bool again_failed);

  const number_set& waiting() const noexcept { return waiting_; }
  /// In the store, and done: its run was killed between the journal's line and the store's.
  bool is_done(std::uint64_t seq) const noexcept { return done_.holds(seq); }
  /// Were there and are damaged: the store has moved them aside, so the pool will not meet them.
  std::uint64_t unreadable() const noexcept { return unreadable_; }
  /// The file itself was damaged: what is whole is in a new one, the old one is kept beside it.
  bool is_rebuilt() const noexcept { return rebuilt_; }

 private:
  number_set waiting_;
  number_set done_;
  std::uint64_t unreadable_ = 0;
  bool rebuilt_ = false;
};

/// What the journal has, and what waits in the store.
class earlier_or_stored final : public earlier_jobs {
 public:
  earlier_or_stored(earlier_jobs& before, const stored_jobs& stored) : before_(before), stored_(stored) {}

  io_result<earlier_end> look(const item_batch&) override;
  std::uint64_t left() const noexcept override { return before_.left(); }
  io_result<> check_end(std::uint64_t last) const override { return before_.check_end(last); }

 private:
  earlier_jobs& before_;
  const stored_jobs& stored_;
};

}  // namespace weir::jobs
