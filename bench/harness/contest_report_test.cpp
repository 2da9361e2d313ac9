#include <bench/harness/contest_report.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace weir::bench {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::vector<standing> two_standings() {
  return {{"1x1, capacity 64",
           "threads",
           {2.5e6, 2e6, 3e6},
           {40e-9, 30e-9, 50e-9},
           {0.5, 0.25, 1},
           spread{5, 4, 6}},
          {"1x1, capacity 64", "condvars", {5e5, 4e5, 6e5}, {2e-6, 1e-6, 3e-6}, {1, 1, 1}, {}}};
}

std::vector<latency_standing> one_latency() {
  return {{"task_pool", std::chrono::microseconds(17), std::chrono::microseconds(90)}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(contest_report, the_table_names_a_cell_once_and_fits_a_terminal) {
  const std::string table = contests_table(two_standings(), one_latency(), "items");
  const auto lines = lines_of(table + channel_legend() + pool_legend());
  for (const std::string& line : lines) EXPECT_LE(line.size(), 79U) << line;
  EXPECT_THAT(lines[0], HasSubstr("items/s"));
  EXPECT_THAT(lines[1], HasSubstr("1x1, capacity 64"));
  EXPECT_THAT(lines[1], HasSubstr("2,500,000"));
  EXPECT_THAT(lines[1], HasSubstr("500"));  // sleeps, a thousand items
  EXPECT_THAT(lines[1], HasSubstr("5.00 (4.00..6.00)"));
  EXPECT_THAT(lines[2], ::testing::Not(HasSubstr("1x1")));
  EXPECT_THAT(lines[2], ::testing::EndsWith("-"));
  EXPECT_THAT(table, HasSubstr("17.0 us"));
}

TEST(contest_report, json_has_every_number_in_base_units) {
  const json whole = json::parse(contests_json("channel", {.rounds = 3}, two_standings(), {}));
  EXPECT_EQ(whole["benchmark"], "channel");
  EXPECT_EQ(whole["rounds"], 3);
  EXPECT_EQ(whole["standings"][0]["rate"]["median"], 2.5e6);
  EXPECT_EQ(whole["standings"][0]["processor"]["high"], 50e-9);
  EXPECT_EQ(whole["standings"][0]["ratio"]["low"], 4);
  EXPECT_TRUE(whole["standings"][1]["ratio"].is_null());
  EXPECT_FALSE(whole.contains("latencies"));
  EXPECT_EQ(json::parse(contests_json("pool", {}, {}, one_latency()))["latencies"][0]["p50"], 17e-6);
}

TEST(contest_report, json_lines_are_one_a_contestant) {
  const auto lines = lines_of(contests_jsonl(two_standings(), one_latency()));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(json::parse(lines[1])["contestant"], "condvars");
  EXPECT_EQ(json::parse(lines[2])["p99"], 90e-6);
}

TEST(contest_report, csv_quotes_the_cell_and_leaves_out_a_ratio_that_is_none) {
  const auto lines = lines_of(contests_csv(two_standings()));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(std::ranges::count(lines[0], ','), 9);
  EXPECT_EQ(std::ranges::count(lines[1], ','), 10) << "one is in the quoted cell";
  EXPECT_THAT(lines[1], ::testing::StartsWith("\"1x1, capacity 64\",threads,2500000,"));
  EXPECT_THAT(lines[2], ::testing::EndsWith(",,,"));
}

}  // namespace
}  // namespace weir::bench
