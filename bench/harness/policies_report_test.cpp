#include <bench/harness/policies_report.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace weir::bench {
namespace {

using namespace std::chrono_literals;

const flood_options options{.work = {60, 5ms}};

flood_result example() {
  flood_result r{.how = *find_strategy("drop_oldest")};
  r.elapsed = 5s;
  r.offered = 4000;
  r.completed = 2000;
  r.in_time = 1000;
  r.evicted = 1968;
  r.left = 32;
  r.wait = {40ms, 45ms, 81'500us, 90ms};
  r.door = {20us, 30us, 412us, 2ms};
  r.peak_depth = 32;
  r.peak_memory = 2'200'000;
  return r;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(policies_report, the_table_shows_each_figure_under_its_head) {
  const flood_result r = example();
  EXPECT_EQ(policies_table({&r, 1}),
            "              done goodput    wait    wait    door   lost   left  peak     peak\n"
            "strategy    jobs/s  jobs/s     p50     p99     p99   jobs   jobs depth   memory\n"
            "drop_oldest    400     200 40.0 ms 81.5 ms  412 us   1968     32    32 2.10 MiB\n");
}

TEST(policies_report, every_text_fits_a_terminal_of_80_columns) {
  flood_result wide = example();
  wide.completed = 499'995;
  wide.evicted = 999'999;
  wide.left = 999'999;
  wide.peak_depth = 99'999;
  wide.peak_memory = 999ull << 20;
  for (const std::string& text : {policies_table({&wide, 1}), policies_legend(options), describe(options)})
    for (const std::string& line : lines_of(text)) EXPECT_LE(line.size(), 79u) << line;
}

TEST(policies_report, json_has_base_units_and_no_rounding) {
  const flood_result r = example();
  const auto whole = nlohmann::json::parse(policies_json(options, {&r, 1}));
  EXPECT_EQ(whole["benchmark"], "policies");
  EXPECT_EQ(whole["service"], 0.005);
  EXPECT_EQ(whole["units"]["wait"], "seconds");
  const auto& policy = whole["policies"][0];
  EXPECT_EQ(policy["policy"], "drop_oldest");
  EXPECT_EQ(policy["goodput"], 200.0);
  EXPECT_EQ(policy["wait"]["p99"], 0.0815);
  EXPECT_EQ(policy["lost"], 1968);
  EXPECT_EQ(policy["evicted"], 1968);
  EXPECT_EQ(policy["peak_depth"], 32);
  EXPECT_EQ(policy["peak_memory"], 2'200'000);
}

TEST(policies_report, what_is_not_known_or_has_no_bound_is_null) {
  flood_result r = example();
  r.how = *find_strategy("unbounded");
  r.peak_memory.reset();
  const auto policy = nlohmann::json::parse(policies_json(options, {&r, 1}))["policies"][0];
  EXPECT_TRUE(policy["peak_memory"].is_null());
  EXPECT_TRUE(policy["queue_capacity"].is_null());
  EXPECT_TRUE(policies_csv({&r, 1}).ends_with(",32,\n"));
}

TEST(policies_report, json_lines_hold_one_strategy_each) {
  const std::vector<flood_result> two = {example(), example()};
  const auto lines = lines_of(policies_jsonl(two));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(nlohmann::json::parse(lines[1])["policy"], "drop_oldest");
}

TEST(policies_report, csv_has_as_many_fields_as_its_head) {
  const flood_result r = example();
  const auto lines = lines_of(policies_csv({&r, 1}));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(std::ranges::count(lines[0], ','), std::ranges::count(lines[1], ','));
  EXPECT_EQ(lines[1], "drop_oldest,400,200,0.04,0.0815,0.000412,4000,2000,1968,32,32,2200000");
}

}  // namespace
}  // namespace weir::bench
