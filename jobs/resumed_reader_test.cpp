#include <jobs/journal_record.hpp>
#include <jobs/journaled_jobs.hpp>
#include <jobs/kept_results.hpp>
#include <jobs/resumed_reader.hpp>

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace weir::jobs {
namespace {

using strings = std::vector<std::string>;
using again = resumed_reader::again;

// Earlier jobs as a test has them: by Seq, its item and how it ended.
class told_jobs final : public earlier_jobs {
 public:
  explicit told_jobs(std::map<std::uint64_t, std::pair<std::string, earlier_end>> jobs)
      : jobs_(std::move(jobs)) {}

  io_result<earlier_end> look(const item_batch& batch) override {
    const auto found = jobs_.find(batch.seq);
    if (found == jobs_.end()) return earlier_end::none;
    ++looked_;
    if (found->second.first != batch.joined())
      return std::unexpected(error(std::errc::invalid_argument, "another job"));
    return found->second.second;
  }
  std::uint64_t left() const noexcept override { return jobs_.size() - looked_; }
  io_result<> check_end(std::uint64_t last) const override {
    if (jobs_.empty() || jobs_.rbegin()->first <= last) return {};
    return std::unexpected(error(std::errc::invalid_argument, "too short"));
  }

 private:
  std::map<std::uint64_t, std::pair<std::string, earlier_end>> jobs_;
  std::size_t looked_ = 0;
};

struct outcome_of_reading {
  strings run;
  std::vector<std::uint64_t> skipped;
  std::string error;
};

outcome_of_reading read_all(strings items, earlier_jobs& before, again what, hold_limits most = {}) {
  outcome_of_reading all;
  word_source words(std::move(items));
  batch_reader reader(words, 1, 100'000);
  resumed_reader rest(reader, before, what, [&](std::uint64_t seq) { all.skipped.push_back(seq); }, most);
  item_batch batch;
  for (;;) {
    const auto got = rest.next(batch);
    if (!got) all.error = got.error().detail;
    if (!got || *got != reading::got) return all;
    all.run.push_back(batch.joined());
  }
}

constexpr auto ok = earlier_end::succeeded;
constexpr auto failed = earlier_end::failed;
using numbers = std::vector<std::uint64_t>;

TEST(resumed_reader, passes_over_what_has_ended) {
  told_jobs before({{1, {"a", ok}}, {3, {"c", failed}}});
  const auto all = read_all({"a", "b", "c", "d"}, before, again::nothing);
  EXPECT_EQ(all.run, (strings{"b", "d"}));
  EXPECT_EQ(all.skipped, (numbers{1, 3}));
  EXPECT_EQ(all.error, "");
}

TEST(resumed_reader, runs_again_what_failed_when_asked_to) {
  told_jobs before({{1, {"a", ok}}, {3, {"c", failed}}});
  EXPECT_EQ(read_all({"a", "b", "c", "d"}, before, again::failed).run, (strings{"b", "c", "d"}));
}

TEST(resumed_reader, gives_nothing_out_before_all_that_ended_is_the_same) {
  told_jobs before({{2, {"b", ok}}, {4, {"x", ok}}});
  const auto all = read_all({"a", "b", "c", "d"}, before, again::nothing);
  EXPECT_EQ(all.run, strings{});
  EXPECT_EQ(all.error, "another job");
}

TEST(resumed_reader, holds_no_more_than_it_may_and_gives_out_the_first_of_them) {
  told_jobs before({{4, {"x", ok}}});
  EXPECT_EQ(read_all({"a", "b", "c", "d"}, before, again::nothing, {.jobs = 2}).run, (strings{"a", "b"}));
  told_jobs again_before({{4, {"x", ok}}});
  EXPECT_EQ(read_all({"aaa", "b", "c", "d"}, again_before, again::nothing, {.bytes = 3}).run,
            (strings{"aaa", "b"}));
  told_jobs once_more({{4, {"x", ok}}});
  EXPECT_EQ(read_all({"a", "b", "c", "d"}, once_more, again::nothing, {.time = duration(0)}).run,
            (strings{"a", "b", "c"}));
}

TEST(resumed_reader, an_input_that_ends_too_soon_has_changed_but_none_at_all_has_not) {
  told_jobs before({{1, {"a", ok}}, {5, {"e", ok}}});
  const auto all = read_all({"a", "b"}, before, again::nothing);
  EXPECT_EQ(all.run, strings{});
  EXPECT_EQ(all.error, "too short");
  told_jobs same({{1, {"a", ok}}, {5, {"e", ok}}});
  EXPECT_EQ(read_all({}, same, again::nothing).error, "");
}

TEST(resumed_reader, keeps_the_order_and_the_numbers_of_what_it_held) {
  told_jobs before({{3, {"c", ok}}});
  word_source words({"a", "b", "c", "d"});
  batch_reader reader(words, 1, 100'000);
  resumed_reader rest(reader, before, again::nothing, [](std::uint64_t) {});
  item_batch batch;
  for (const std::uint64_t seq : {1U, 2U, 4U}) {
    ASSERT_EQ(rest.next(batch), reading::got);
    EXPECT_EQ(batch.seq, seq);
  }
  EXPECT_EQ(rest.next(batch), reading::end);
  EXPECT_EQ(rest.next(batch), reading::end);
}

// A journal in memory, and the command that made it.
class journaled : public testing::Test {
 protected:
  ~journaled() override { ::close(file); }

  void begin(const strings& words) { command.emplace(*command_template::parse(words)); }
  void add(std::uint64_t seq, std::string_view text, int exit_value = 0) {
    std::string line;
    append_line(line, {.seq = seq,
                       .start = {},
                       .run_time = {},
                       .received = 0,
                       .exit_value = exit_value,
                       .signal = 0,
                       .command = text});
    EXPECT_EQ(::write(file, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
  io_result<earlier_end> look(std::uint64_t seq, std::string_view item) {
    if (!jobs) jobs.emplace(file, "'log'", *journal_text(file, "'log'").read_index(), *command);
    item_batch batch;
    batch.seq = seq;
    batch.push(item);
    return jobs->look(batch);
  }

  int file = ::memfd_create("journal", MFD_CLOEXEC);
  std::optional<command_template> command;
  std::optional<journaled_jobs> jobs;
};

TEST_F(journaled, jobs_are_known_by_number_and_must_be_the_same) {
  begin({"echo", "{}"});
  add(2, "echo b");
  add(4, "echo d", 1);
  EXPECT_EQ(look(1, "a"), earlier_end::none);
  EXPECT_EQ(jobs->left(), 2U);
  EXPECT_EQ(look(2, "b"), ok);
  EXPECT_EQ(look(3, "c"), earlier_end::none);
  EXPECT_EQ(look(4, "d"), failed);
  EXPECT_EQ(jobs->left(), 0U);
  EXPECT_TRUE(jobs->check_end(4));
  EXPECT_FALSE(jobs->check_end(3));
}

TEST_F(journaled, another_command_is_refused_with_both_named) {
  begin({"echo", "{}"});
  add(1, "cat a");
  const auto refused = look(1, "a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::invalid_argument);
  for (const char* part : {"job 1", "`cat a`", "`echo a`", "'log'", "line 1", "has changed"})
    EXPECT_NE(refused.error().detail.find(part), std::string::npos) << refused.error().detail;
}

TEST_F(journaled, a_long_command_is_shown_where_it_differs) {
  begin({"echo", std::string(500, 'x') + "{}"});
  add(1, "echo " + std::string(500, 'x') + "before");
  const auto refused = look(1, "after");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("xxxbefore`"), std::string::npos) << refused.error().detail;
  EXPECT_NE(refused.error().detail.find("xxxafter`"), std::string::npos);
}

TEST_F(journaled, the_slot_is_whatever_it_was_but_the_same_everywhere) {
  begin({"echo", "{%}", "{}", "{%}"});
  add(1, "echo 12 a 12");
  add(2, "echo 12 b 13");
  add(3, "echo x c x");
  EXPECT_EQ(look(1, "a"), ok);
  EXPECT_FALSE(look(2, "b"));
  EXPECT_FALSE(look(3, "c"));
}

TEST_F(journaled, what_was_quoted_by_another_program_is_the_same) {
  begin({"echo", "{}"});
  add(1, R"(echo 'it'"'"'s')");
  EXPECT_EQ(look(1, "it's"), ok);
}

TEST_F(journaled, a_file_that_changes_meanwhile_is_no_wrong_answer) {
  begin({"echo", "{}"});
  add(1, "echo a");
  add(2, "echo b");
  EXPECT_EQ(look(1, "a"), ok);
  jobs.reset();
  jobs.emplace(file, "'log'", *journal_text(file, "'log'").read_index(), *command);
  ASSERT_EQ(::ftruncate(file, 10), 0);
  const auto refused = look(1, "a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::io_error);
}

class results_of_an_earlier_run : public testing::Test {
 protected:
  ~results_of_an_earlier_run() override { std::filesystem::remove_all(root); }

  void add(std::uint64_t seq, std::string_view name, std::string_view text) const {
    std::filesystem::create_directories(root / std::to_string(seq));
    std::ofstream(root / std::to_string(seq) / name) << text;
  }
  io_result<earlier_end> look(std::uint64_t seq, std::string_view item) const {
    item_batch batch;
    batch.seq = seq;
    batch.push(item);
    return kept_results(root).look(batch);
  }

  std::filesystem::path root = "/tmp/weir-kept-results-test-" + std::to_string(::getpid());
};

TEST_F(results_of_an_earlier_run, are_whole_when_there_is_an_exit) {
  add(1, "item", "a");
  add(1, "exit", "0\n");
  add(2, "item", "b");
  add(3, "item", "c");
  add(3, "exit", "signal 9\n");
  EXPECT_EQ(look(1, "a"), ok);
  EXPECT_EQ(look(2, "b"), earlier_end::none);
  EXPECT_EQ(look(3, "c"), failed);
  EXPECT_EQ(look(4, "d"), earlier_end::none);
}

TEST_F(results_of_an_earlier_run, of_another_item_are_refused) {
  add(1, "item", "a");
  add(1, "exit", "0\n");
  const auto refused = look(1, "b");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::invalid_argument);
  EXPECT_NE(refused.error().detail.find("was of item `a`, and would now be of `b`"), std::string::npos);
}

}  // namespace
}  // namespace weir::jobs
