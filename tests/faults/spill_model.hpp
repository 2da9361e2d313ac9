// What a store must hold, told by what it has answered: the judge of every fault test.
//
// Invariant: a record is in exactly one of `held` (accepted, so it must be there), `unsure` (the answer never
// came, or a removal failed: there or not) and neither (it must not be there).
#pragma once

#include <weir/spill/store.hpp>
#include <weir/spill/testing.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <system_error>
#include <vector>

namespace weir::testing {

class spill_model {
 public:
  /// One append of so many; the next ids.
  bool append(spill_store& store, std::size_t count) {
    const std::uint64_t first = next_;
    next_ += count;
    const auto done = append_run(store, first, count);
    if (!done) {
      refusal_ = done.error().code;
      for (std::uint64_t id = first; id < next_; ++id) refused_.insert(id);
      return false;
    }
    refused_.clear();
    for (std::uint64_t id = first; id < next_; ++id) held_.insert(id);
    return true;
  }

  /// Fetches at most `max`, checks them, acknowledges the first half.
  bool fetch_and_ack(spill_store& store, std::size_t max) {
    const auto batch = store.fetch(max);
    if (!batch) return false;
    std::vector<spill_store::position> done;
    for (const auto& r : batch->records) {
      check(r);
      if (done.size() < (batch->records.size() + 1) / 2) done.push_back(r.at);
    }
    const bool removed = store.ack(done).has_value();
    for (std::size_t i = 0; i < done.size(); ++i) {
      held_.erase(batch->records[i].id);
      if (!removed) unsure_.insert(batch->records[i].id);
    }
    return removed;
  }

  /// A new opening of the store: all that is held, in order, and nothing else.
  void check_all(spill_store& store) {
    std::set<std::uint64_t> seen;
    std::uint64_t last = 0;
    for (;;) {
      const auto batch = store.fetch(64);
      ASSERT_TRUE(batch) << batch.error().detail;
      if (batch->records.empty() && batch->damaged.empty()) break;
      EXPECT_TRUE(batch->damaged.empty());
      for (const auto& r : batch->records) {
        check(r);
        EXPECT_GT(r.id, last) << "the order is broken";
        last = r.id;
        seen.insert(r.id);
      }
    }
    std::vector<std::uint64_t> lost;
    std::ranges::set_difference(held_, seen, std::back_inserter(lost));
    EXPECT_TRUE(lost.empty()) << lost.size() << " accepted jobs are lost, " << lost.front() << " to "
                              << lost.back();
    for (const std::uint64_t id : seen) {
      EXPECT_TRUE(held_.contains(id) || unsure_.contains(id)) << "job " << id << " should not be there";
    }
  }

  /// A power cut may have taken those.
  void doubt(const std::set<std::uint64_t>& ids) {
    for (const std::uint64_t id : ids) {
      if (held_.erase(id) > 0) unsure_.insert(id);
    }
  }
  /// The disk has failed from the last refusals to the end of the store: they could not be taken back.
  void doubt_refused() { unsure_.merge(refused_); }
  const std::set<std::uint64_t>& held() const noexcept { return held_; }
  /// Why the last append that failed did.
  std::error_code refusal() const noexcept { return refusal_; }
  std::uint64_t next() const noexcept { return next_; }

 private:
  static void check(const spill_store::fetched& r) {
    EXPECT_EQ(text(r.payload), payload_of(r.id)) << "wrong content was handed out";
  }

  std::uint64_t next_ = 1;
  std::error_code refusal_;
  std::set<std::uint64_t> held_;
  std::set<std::uint64_t> unsure_;
  std::set<std::uint64_t> refused_;  // since the last append that succeeded
};

}  // namespace weir::testing
