#include <jobs/report.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace weir::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

report example() {
  report r;
  r.jobs.submitted = 20;
  r.jobs.completed = 10;
  r.jobs.failed = 2;
  r.jobs.rejected = 3;
  r.jobs.evicted = 4;
  r.jobs.cancelled = 1;
  r.jobs.high_water = 7;
  r.failed_by_timeout = 1;
  r.elapsed = seconds(6);
  r.queue_capacity = 8;
  histogram times;
  for (int i = 1; i <= 100; ++i) times.record(milliseconds(i));
  r.run_time = times.snapshot();
  return r;
}

TEST(report, counts_what_ran_what_was_lost_and_how_fast_it_went) {
  const report r = example();
  EXPECT_EQ(lost(r.jobs), 8u);
  EXPECT_EQ(finished(r.jobs), 20u);
  EXPECT_EQ(jobs_per_second(r), 2.0);
  EXPECT_EQ(jobs_per_second(report{}), 0.0);
}

TEST(report, a_rate_is_written_as_a_plain_number) {
  const auto rate = [](std::uint64_t jobs, seconds in) {
    report r = example();
    r.jobs.completed = jobs;
    r.jobs.failed = 0;
    r.elapsed = in;
    const std::string text = as_text(r, "weir run", false);
    const auto end = text.find(" jobs/s");
    const auto begin = text.rfind(' ', end - 1) + 1;
    return text.substr(begin, end - begin);
  };
  EXPECT_EQ(rate(1'410, seconds(1)), "1410");
  EXPECT_EQ(rate(1'234'567, seconds(1)), "1234567");
  EXPECT_EQ(rate(5, seconds(2)), "2.5");
  EXPECT_EQ(rate(1, seconds(20'000)), "0.000050");
  EXPECT_EQ(rate(0, seconds(1)), "0");
}

TEST(report, the_text_names_every_kind_of_loss) {
  const std::string text = as_text(example(), "weir run", false);
  EXPECT_TRUE(text.starts_with(
      "weir run: 20 submitted, 10 completed, 2 failed (1 by timeout); 8 lost; 2 jobs/s in 6.00s\n"))
      << text;
  EXPECT_NE(text.find("3 rejected, 0 dropped, 0 timed out, 0 withdrawn, 4 evicted, 0 expired, 1 cancelled"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("peak depth 7 of 8"), std::string::npos) << text;
  EXPECT_NE(text.find("run time    p50 "), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(report, colour_marks_only_what_went_wrong) {
  EXPECT_NE(as_text(example(), "weir run", true).find("\x1b[31m2 failed"), std::string::npos);
  EXPECT_EQ(as_text(report{}, "weir run", true).find('\x1b'), std::string::npos);
}

TEST(report, the_object_has_the_words_of_the_law_and_times_in_seconds) {
  const std::string text = as_json(example());
  EXPECT_EQ(text.find('\n'), text.size() - 1) << "one line";
  const auto object = nlohmann::json::parse(text);
  std::uint64_t sum = 0;
  for (const char* key : {"completed", "failed", "rejected", "dropped", "timed_out", "withdrawn", "evicted",
                          "expired", "cancelled", "queued", "spilled", "running"})
    sum += object.at(key).get<std::uint64_t>();
  EXPECT_EQ(object.at("submitted"), sum);
  EXPECT_EQ(object.at("failed_by_timeout"), 1);
  EXPECT_EQ(object.at("peak_depth"), 7);
  EXPECT_NEAR(object.at("run_time").at("p50").get<double>(), 0.050, 0.001);
  EXPECT_DOUBLE_EQ(object.at("run_time").at("max").get<double>(), 0.100);
  EXPECT_EQ(object.at("queue_wait").at("p99"), 0.0);
}

TEST(report, the_table_is_a_line_of_names_and_one_of_values) {
  const std::string text = as_csv(example());
  EXPECT_TRUE(text.starts_with("submitted,completed,failed,")) << text;
  EXPECT_NE(text.find(",queue_wait_p50,queue_wait_p90,"), std::string::npos) << text;
  const auto second = text.find('\n') + 1;
  EXPECT_TRUE(std::string_view(text).substr(second).starts_with("20,10,2,3,")) << text;
  EXPECT_EQ(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(second), ','),
            std::count(text.begin() + static_cast<std::ptrdiff_t>(second), text.end(), ','));
}

TEST(report, times_are_written_in_three_digits) {
  EXPECT_EQ(brief(duration(0)), "0s");
  EXPECT_EQ(brief(duration(7)), "7ns");
  EXPECT_EQ(brief(duration(1'234)), "1.23us");
  EXPECT_EQ(brief(duration(12'345'678)), "12.3ms");
  EXPECT_EQ(brief(duration(999'600'000)), "1.00s");
  EXPECT_EQ(brief(milliseconds(123'400)), "123s");
  EXPECT_EQ(brief(seconds(3661)), "61m01s");
}

report controlled() {
  report r = example();
  histogram waits;
  waits.record(milliseconds(5));
  r.control = {.retries = 4,
               .retries_refused = 1,
               .has_rate = true,
               .rate_limited = 6,
               .rate_limited_time = milliseconds(1500),
               .breaker = breaker_figures{.state = control::breaker_state::open, .changes = 3, .opened = 2},
               .limit = moving_figures{.now = 5, .least = 2, .most = 9},
               .workers = moving_figures{.now = 1, .least = 1, .most = 4},
               .lanes = {lane_figures{.submitted = 3, .started = 2, .lost = 1, .wait = waits.snapshot()}, {}},
               .shadow = shadow_figures{.rate = 7}};
  return r;
}

TEST(report, what_held_jobs_back_is_told_when_it_was_asked_for) {
  const std::string text = as_text(controlled(), "weir run", false);
  for (const char* line :
       {"  retries: 4, 1 refused by the budget\n", "  rate: 6 starts had to wait, 1.50s in all\n",
        "  breaker: open, opened 2 times, 3 changes;", "  limit: 5 now, 2 to 9 so far\n",
        "  workers: 1 now, 1 to 4 so far\n", "  lane 0: 3 submitted, 2 started, 1 lost; wait  p50 5.00ms",
        "by rate 7, breaker 0"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  EXPECT_EQ(text.find("lane 1"), std::string::npos) << "a lane without jobs says nothing";
  report once = controlled();
  once.control.breaker = breaker_figures{.changes = 1, .opened = 1, .held = 1};
  EXPECT_NE(
      as_text(once, "weir run", false).find("closed, opened 1 time, 1 change; held 1 start, 0s in all\n"),
      std::string::npos);
  const std::string without = as_text(example(), "weir run", false);
  for (const char* word : {"retries", "rate:", "breaker", "limit", "workers", "lane", "shadow"})
    EXPECT_EQ(without.find(word), std::string::npos) << word;
}

TEST(report, the_object_and_the_table_hold_what_held_jobs_back) {
  const auto object = nlohmann::json::parse(as_json(controlled()));
  EXPECT_EQ(object["retries"], 4);
  EXPECT_EQ(object["rate_limited_seconds"], 1.5);
  EXPECT_EQ(object["breaker"]["state"], "open");
  EXPECT_EQ(object["limit"]["most"], 9);
  EXPECT_NEAR(object["lanes"][0]["queue_wait"]["p99"].get<double>(), 0.005, 0.0001);
  EXPECT_EQ(object["lanes"][1]["started"], 0);
  EXPECT_EQ(object["shadow"]["rate"], 7);
  const auto plain = nlohmann::json::parse(as_json(example()));
  EXPECT_EQ(plain["retries"], 0);
  for (const char* key : {"breaker", "limit", "workers", "lanes", "shadow"})
    EXPECT_FALSE(plain.contains(key)) << key;
  const std::string table = as_csv(controlled());
  EXPECT_NE(table.find(",breaker_state,"), std::string::npos) << table;
  EXPECT_NE(table.find(",lanes_0_queue_wait_p50,"), std::string::npos) << table;
  EXPECT_EQ(std::ranges::count(table.substr(0, table.find('\n')), ','),
            std::ranges::count(table.substr(table.find('\n') + 1), ','));
}

TEST(report, of_a_resumed_run_says_what_was_passed_over) {
  report r;
  EXPECT_EQ(as_text(r, "weir run", false).find("passed over"), std::string::npos);
  EXPECT_EQ(as_json(r).find("passed_over"), std::string::npos);
  r.passed_over = 12;
  EXPECT_NE(as_text(r, "weir run", false).find("12 passed over, which earlier runs have done"),
            std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(as_json(r))["passed_over"], 12);
}

}  // namespace
}  // namespace weir::jobs
