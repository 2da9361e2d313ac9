#include <jobs/journal_index.hpp>
#include <jobs/journal_record.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace weir::jobs {
namespace {

const std::string header = std::string(journal_header) + "\n";

std::string line(std::uint64_t seq, int exit_value = 0, std::string_view command = "x") {
  journal_record r;
  r.seq = seq;
  r.exit_value = exit_value;
  r.command = command;
  std::string text;
  append_line(text, r);
  return text;
}

journal_index index_of(std::string_view text) {
  journal_index index;
  index.feed(text);
  index.finish();
  return index;
}

std::vector<std::uint64_t> numbers(const journal_index& index) {
  std::vector<std::uint64_t> seqs;
  for (const auto& e : index.entries()) seqs.push_back(e.seq());
  return seqs;
}

using list = std::vector<std::uint64_t>;

TEST(journal_index, sorts_what_ended_in_any_order_and_knows_what_succeeded) {
  const auto index = index_of(header + line(3, 1) + line(1) + line(2));
  EXPECT_EQ(numbers(index), (list{1, 2, 3}));
  EXPECT_TRUE(index.entries()[0].succeeded());
  EXPECT_FALSE(index.entries()[2].succeeded());
  EXPECT_EQ(index.entries()[2].offset(), header.size());
  EXPECT_EQ(index.damaged(), 0U);
  EXPECT_EQ(index.torn_bytes(), 0U);
  EXPECT_TRUE(index.has_header());
}

TEST(journal_index, of_a_job_that_was_run_again_the_last_record_counts) {
  const auto index = index_of(header + line(1, 1) + line(2) + line(1, 0));
  EXPECT_EQ(numbers(index), (list{1, 2}));
  EXPECT_TRUE(index.entries()[0].succeeded());
  EXPECT_FALSE(index_of(header + line(1, 0) + line(1, 1)).entries()[0].succeeded());
}

TEST(journal_index, bytes_behind_the_last_newline_are_torn_off) {
  const std::string whole = header + line(1);
  const std::string last = line(2);
  for (std::size_t n = 1; n < last.size(); ++n) {
    const auto index = index_of(whole + last.substr(0, n));
    EXPECT_EQ(numbers(index), list{1});
    EXPECT_EQ(index.whole_bytes(), whole.size());
    EXPECT_EQ(index.torn_bytes(), n);
    EXPECT_EQ(index.damaged(), 0U);
  }
}

TEST(journal_index, a_damaged_line_is_named_and_the_others_count) {
  const auto index = index_of(header + line(1) + std::string(40, '\0') + "\n" + line(3) + "\n" + line(4));
  EXPECT_EQ(numbers(index), (list{1, 3, 4}));
  EXPECT_EQ(index.damaged(), 2U);
  EXPECT_TRUE(std::ranges::equal(index.damaged_lines(), list{3, 5}));
}

TEST(journal_index, names_a_few_damaged_lines_of_many) {
  std::string text = header;
  for (int i = 0; i < 100; ++i) text += "?\n";
  const auto index = index_of(text);
  EXPECT_EQ(index.damaged(), 100U);
  EXPECT_EQ(index.damaged_lines().size(), journal_index::most_named);
}

TEST(journal_index, nothing_and_the_beginning_of_a_header_are_a_journal_other_text_is_none) {
  EXPECT_TRUE(index_of("").is_journal());
  EXPECT_TRUE(index_of(header.substr(0, 5)).is_journal());
  EXPECT_TRUE(index_of(header).is_journal());
  EXPECT_TRUE(index_of(line(1)).is_journal());
  EXPECT_TRUE(index_of("?\n" + line(1)).is_journal());
  EXPECT_FALSE(index_of("dear diary").is_journal());
  EXPECT_FALSE(index_of("dear diary,\n").is_journal());
  EXPECT_FALSE(index_of("dear diary,\nSeq").is_journal());
  EXPECT_FALSE(index_of("\n").is_journal());
}

TEST(journal_index, a_line_without_an_end_takes_no_more_memory_than_is_allowed) {
  journal_index index;
  index.feed(header);
  const std::string block(1 << 20, 'x');
  for (std::size_t fed = 0; fed <= 2 * journal_index::longest_line; fed += block.size()) index.feed(block);
  index.feed("\n" + line(2));
  index.finish();
  EXPECT_EQ(numbers(index), list{2});
  EXPECT_EQ(index.damaged(), 1U);
}

TEST(journal_index, a_monstrous_number_is_a_number) {
  const auto index = index_of(header + line(~std::uint64_t{0}) + line(1));
  EXPECT_EQ(numbers(index), (list{1, ~std::uint64_t{0}}));
}

// Against a map, in pieces of any size.
RC_GTEST_PROP(journal_index, is_the_same_in_whatever_pieces_the_bytes_come,
              (const std::vector<std::pair<std::uint8_t, bool>>& jobs)) {
  std::string text = header;
  std::map<std::uint64_t, bool> model;
  for (const auto& [seq, ok] : jobs) {
    text += line(seq + 1U, ok ? 0 : 1, "echo " + std::string(seq, 'y'));
    model[seq + 1U] = ok;
  }
  journal_index index;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t n = *rc::gen::inRange<std::size_t>(1, 80);
    index.feed(std::string_view(text).substr(at, n));
    at += n;
  }
  index.finish();
  RC_ASSERT(index.entries().size() == model.size());
  for (const auto& e : index.entries()) {
    RC_ASSERT(model.at(e.seq()) == e.succeeded());
    RC_ASSERT(text.substr(e.offset()).starts_with(std::to_string(e.seq()) + "\t"));
  }
  RC_ASSERT(index.whole_bytes() == text.size());
}

}  // namespace
}  // namespace weir::jobs
