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

  static item_batch job(std::uint64_t seq, const std::string& item) {
    item_batch batch;
    batch.seq = seq;
    batch.push(item);
    return batch;
  }

  void add(const numbers& seqs) const {
    auto store = spill_store::open(options);
    ASSERT_TRUE(store) << store.error().detail;
    for (const std::uint64_t seq : seqs) {
      const item_batch batch = job(seq, std::to_string(seq));
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
  auto found = stored_jobs::read(options, log, false);
  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_TRUE(found->is_done(4));
  EXPECT_TRUE(found->is_done(5));
  EXPECT_FALSE(found->is_done(6)) << "it is not there";
  EXPECT_FALSE(found->is_done(8));
  found->take_store().reset();
  const auto again = stored_jobs::read(options, log, true);
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_FALSE(again->is_done(5)) << "what failed runs again";
}

TEST_F(a_store, is_handed_on_open_with_nothing_fetched) {
  add({4, 5});
  auto found = stored_jobs::read(options, {}, false);
  ASSERT_TRUE(found);
  auto store = found->take_store();
  ASSERT_TRUE(store);
  EXPECT_EQ(store->fetch(10)->records.size(), 2U);
  EXPECT_FALSE(found->take_store()) << "once";
}

/// What earlier runs left beside the store: nothing, or a job that has ended.
class one_ended final : public earlier_jobs {
 public:
  explicit one_ended(std::uint64_t seq = 0, earlier_end end = earlier_end::none) : seq_(seq), end_(end) {}
  io_result<earlier_end> look(const item_batch& batch) override {
    return batch.seq == seq_ ? end_ : earlier_end::none;
  }
  std::uint64_t left() const noexcept override { return 1; }
  io_result<> check_end(std::uint64_t) const override { return {}; }

 private:
  std::uint64_t seq_;
  earlier_end end_;
};

class an_input : public a_store {
 protected:
  void SetUp() override {
    add({2, 3, 5});
    auto found = stored_jobs::read(options, {}, false);
    ASSERT_TRUE(found) << found.error().detail;
    stored = std::move(*found);
  }
  earlier_or_stored both(earlier_jobs& before) const { return {before, stored, "the-store"}; }

  stored_jobs stored;
};

TEST_F(an_input, that_is_the_same_leaves_to_the_store_what_waits_there) {
  one_ended before(3, earlier_end::succeeded);
  auto jobs = both(before);
  std::vector<earlier_end> ends;
  for (std::uint64_t seq = 1; seq <= 6; ++seq) {
    EXPECT_EQ(jobs.left(), 1 + (seq <= 5 ? 6 - seq : 0)) << "the journal's, and up to the last that waits";
    const auto end = jobs.look(job(seq, std::to_string(seq)));
    ASSERT_TRUE(end) << end.error().detail;
    ends.push_back(*end);
  }
  using enum earlier_end;
  EXPECT_EQ(ends, (std::vector{none, stored, succeeded, none, stored, none}));
  EXPECT_TRUE(jobs.check_end(6));
}

TEST_F(an_input, that_has_another_item_where_one_waits_is_refused) {
  one_ended before;
  auto jobs = both(before);
  EXPECT_TRUE(jobs.look(job(1, "another, but it does not wait")));
  const auto end = jobs.look(job(2, "two"));
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, std::errc::invalid_argument);
  for (const char* part : {"job 2 ", "the-store", "`two`", "< /dev/null", "--spill-dir"})
    EXPECT_TRUE(end.error().detail.contains(part)) << part << " in: " << end.error().detail;
}

TEST_F(an_input, that_is_refused_names_one_that_has_ended_too) {
  one_ended before(3, earlier_end::failed);
  auto jobs = both(before);
  ASSERT_TRUE(jobs.look(job(2, "2")));
  EXPECT_FALSE(jobs.look(job(3, "4")));
}

TEST_F(an_input, that_ends_before_the_last_that_waits_is_refused) {
  one_ended before;
  EXPECT_TRUE(both(before).check_end(5));
  const auto end = both(before).check_end(4);
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().code, std::errc::invalid_argument);
  EXPECT_TRUE(end.error().detail.contains("up to 5")) << end.error().detail;
}

TEST_F(a_store, of_so_many_that_they_are_no_blocks_of_their_own_still_knows_them) {
  numbers all;
  for (std::uint64_t seq = 2; seq <= 40; ++seq) all.push_back(seq);
  add(all);
  constexpr std::size_t few_sums = 8;
  const auto found = stored_jobs::read(options, {}, false, few_sums);
  ASSERT_TRUE(found) << found.error().detail;
  one_ended before;
  const auto first_refused = [&](std::uint64_t changed) {
    earlier_or_stored jobs(before, *found, "the-store");
    for (std::uint64_t seq = 1; seq <= 50; ++seq)
      if (!jobs.look(job(seq, seq == changed ? "x" : std::to_string(seq)))) return seq;
    return std::uint64_t{0};
  };
  EXPECT_EQ(first_refused(0), 0U);
  EXPECT_EQ(first_refused(1), 0U) << "it does not wait";
  for (const std::uint64_t changed : {2U, 7U, 20U, 39U, 40U}) {
    EXPECT_GE(first_refused(changed), changed);
    EXPECT_LE(first_refused(changed), std::min<std::uint64_t>(40, changed + 15));
  }
  EXPECT_EQ(first_refused(41), 0U);
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
