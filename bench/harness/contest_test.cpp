#include <bench/harness/contest.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A contestant of a known pace, in made-up time, that writes down when it ran.
contestant paced(std::string name, duration an_item, std::vector<std::string>& log) {
  return {name, [=, &log](std::uint64_t items) {
            log.push_back(name);
            const duration took = an_item * static_cast<std::int64_t>(items);
            return lap{{.time = took, .processor = 2 * took, .voluntary = items / 64}};
          }};
}

constexpr contest_options three_rounds{.rounds = 3, .turn = std::chrono::milliseconds(1)};

TEST(contest, rates_costs_and_ratios_are_those_of_the_contestants) {
  std::vector<std::string> log;
  const contest c{"cell", {paced("quick", duration(10), log), paced("slow", duration(40), log)}};
  const std::vector<standing> found = hold({{c}}, three_rounds);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].cell, "cell");
  EXPECT_EQ(found[0].contestant, "quick");
  EXPECT_DOUBLE_EQ(found[0].rate.median, 1e8);
  EXPECT_DOUBLE_EQ(found[0].processor.median, 20e-9);
  EXPECT_DOUBLE_EQ(found[0].sleeps.median, 1.0 / 64);
  ASSERT_TRUE(found[0].ratio);
  EXPECT_DOUBLE_EQ(found[0].ratio->median, 4);
  EXPECT_FALSE(found[1].ratio) << "the last one is the yardstick";
}

TEST(contest, each_round_begins_with_another_contestant) {
  std::vector<std::string> log;
  const contest c{
      "cell", {paced("a", duration(10), log), paced("b", duration(10), log), paced("c", duration(10), log)}};
  (void)hold({{c}}, three_rounds);
  ASSERT_GE(log.size(), 9U);
  EXPECT_THAT(std::vector(log.end() - 9, log.end()),
              ElementsAre("a", "b", "c", "b", "c", "a", "c", "a", "b"));
}

TEST(contest, each_contestant_gets_the_items_of_a_turn_in_shares_for_all) {
  std::vector<std::uint64_t> asked;
  const contest c{"cell", {{"counted", [&](std::uint64_t items) {
                              asked.push_back(items);
                              return lap{{.time = duration(100) * static_cast<std::int64_t>(items)}};
                            }}}};
  (void)hold({{c}}, {.rounds = 2, .turn = std::chrono::milliseconds(100)});
  EXPECT_NEAR(static_cast<double>(asked.back()), 1e6, 64);
  EXPECT_TRUE(std::ranges::all_of(asked, [](std::uint64_t n) { return n > 0 && n % 64 == 0; }));
  EXPECT_EQ(asked.back(), asked[asked.size() - 2]) << "every round has as many";
}

TEST(contest, who_is_slower_than_a_turn_still_gets_a_share) {
  std::vector<std::uint64_t> asked;
  const contest c{"cell", {{"snail", [&](std::uint64_t items) {
                              asked.push_back(items);
                              return lap{{.time = std::chrono::seconds(1)}};
                            }}}};
  (void)hold({{c}}, three_rounds);
  EXPECT_EQ(asked.back(), 64U);
}

TEST(contest, a_cell_in_which_nobody_is_compared_has_no_ratio) {
  std::vector<std::string> log;
  const contest c{"cell", {paced("a", duration(10), log), paced("b", duration(10), log)}, false};
  for (const standing& s : hold({{c}}, three_rounds)) EXPECT_FALSE(s.ratio);
}

TEST(contest, lost_items_end_it_and_name_who_lost_them) {
  const contest c{"1x1", {{"leaky", [](std::uint64_t) { return lap{{.time = duration(1)}, false}; }}}};
  try {
    (void)hold({{c}}, three_rounds);
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("leaky in 1x1"));
  }
}

TEST(contest, a_spread_has_the_middle_and_both_ends) {
  const spread odd = spread_of({3, 1, 2});
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(odd.low, 1);
  EXPECT_EQ(odd.high, 3);
  EXPECT_EQ(spread_of({4, 1}).median, 2.5);
}

}  // namespace
}  // namespace weir::bench
