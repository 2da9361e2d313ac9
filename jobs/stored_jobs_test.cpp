#include <jobs/item_codec.hpp>
#include <jobs/journal_record.hpp>
#include <jobs/stored_jobs.hpp>
#include <weir/spill/store.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace weir::jobs {
namespace {

using numbers = std::vector<std::uint64_t>;

numbers gaps(const number_set& set, std::uint64_t from) {
  numbers all;
  set.for_each_gap(from, [&](std::uint64_t n) { all.push_back(n); });
  return all;
}

TEST(number_set, knows_its_gaps_and_its_end) {
  number_set set;
  for (const std::uint64_t n : {3U, 4U, 5U, 9U}) set.add(n);
  set.finish();
  EXPECT_EQ(gaps(set, 0), (numbers{1, 2, 6, 7, 8}));
  EXPECT_EQ(gaps(set, 6), (numbers{7, 8}));
  EXPECT_EQ(gaps(set, 20), numbers{});
  EXPECT_EQ(set.largest(), 9U);
  EXPECT_EQ(number_set().largest(), 0U);
  EXPECT_FALSE(number_set().holds(0));
}

RC_GTEST_PROP(number_set, holds_what_was_added_in_whatever_order, (const std::vector<std::uint8_t>& added)) {
  number_set set;
  std::set<std::uint64_t> model;
  for (const std::uint8_t n : added) {
    set.add(n + 1U);
    model.insert(n + 1U);
  }
  set.finish();
  for (std::uint64_t n = 0; n < 260; ++n) RC_ASSERT(set.holds(n) == model.contains(n));
  RC_ASSERT(set.largest() == (model.empty() ? 0 : *model.rbegin()));
  for (const std::uint64_t n : gaps(set, 0)) RC_ASSERT(!model.contains(n));
}

class a_store : public testing::Test {
 protected:
  ~a_store() override { std::filesystem::remove_all(options.directory); }

  void add(const numbers& seqs) const {
    auto store = spill_store::open(options);
    ASSERT_TRUE(store) << store.error().detail;
    for (const std::uint64_t seq : seqs) {
      item_batch batch;
      batch.seq = seq;
      batch.push("x");
      std::vector<std::byte> bytes;
      codec<item_batch>::encode(batch, bytes);
      spill_store::record record{.id = seq};
      record.payload = bytes;
      ASSERT_TRUE(store->append({&record, 1}));
    }
  }

  static journal_index log_of(const std::vector<std::pair<std::uint64_t, int>>& jobs) {
    std::string text;
    for (const auto& [seq, exit_value] : jobs) {
      journal_record record;
      record.seq = seq;
      record.exit_value = exit_value;
      record.command = "x";
      append_line(text, record);
    }
    journal_index log;
    log.feed(text);
    log.finish();
    return log;
  }

  spill_options options{.directory = "/tmp/weir-stored-jobs-test-" + std::to_string(::getpid())};
};

TEST_F(a_store, that_is_new_holds_nothing) {
  const auto found = stored_jobs::read(options, {}, false);
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_TRUE(found->waiting().empty());
}

TEST_F(a_store, is_read_and_left_as_it_was) {
  add({4, 5, 8});
  for (int again = 0; again < 2; ++again) {
    const auto found = stored_jobs::read(options, {}, false);
    ASSERT_TRUE(found);
    EXPECT_EQ(gaps(found->waiting(), 3), (numbers{6, 7}));
    EXPECT_EQ(found->waiting().largest(), 8U);
    EXPECT_FALSE(found->is_done(4));
  }
}

TEST_F(a_store, has_jobs_that_the_journal_knows_to_be_done) {
  add({4, 5, 8});
  const auto log = log_of({{4, 0}, {5, 1}, {6, 0}});
  const auto found = stored_jobs::read(options, log, false);
  EXPECT_TRUE(found->is_done(4));
  EXPECT_TRUE(found->is_done(5));
  EXPECT_FALSE(found->is_done(6)) << "it is not there";
  EXPECT_FALSE(found->is_done(8));
  EXPECT_FALSE(stored_jobs::read(options, log, true)->is_done(5)) << "what failed runs again";
}

TEST_F(a_store, that_another_has_is_refused) {
  const auto mine = spill_store::open(options);
  ASSERT_TRUE(mine);
  const auto found = stored_jobs::read(options, {}, false);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, std::errc::device_or_resource_busy);
}

}  // namespace
}  // namespace weir::jobs
