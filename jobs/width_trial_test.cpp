#include <jobs/width_report.hpp>
#include <jobs/width_trial.hpp>
#include <weir/base/hardware.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace weir::jobs {
namespace {

using namespace std::chrono_literals;

width_result width(std::size_t workers, double jobs_per_second, duration run = 100ms,
                   duration compute = 10ms) {
  return {
      .workers = workers,
      .jobs = 100,
      .elapsed = std::chrono::duration_cast<duration>(std::chrono::duration<double>(100 / jobs_per_second)),
      .run_time = run,
      .compute = compute};
}

TEST(width_trial, few_widths_are_all_tried_and_many_are_doubled) {
  EXPECT_EQ(widths_between(1, 4), (std::vector<std::size_t>{1, 2, 3, 4}));
  EXPECT_EQ(widths_between(3, 3), (std::vector<std::size_t>{3}));
  EXPECT_EQ(widths_between(1, 8).size(), 8u);
  EXPECT_EQ(widths_between(1, 20), (std::vector<std::size_t>{1, 2, 4, 8, 16, 20}));
}

TEST(width_trial, the_least_width_that_is_nearly_the_best_is_chosen) {
  const std::vector<width_result> widths{width(1, 10), width(2, 20), width(3, 29), width(4, 30)};
  const width_findings found = findings_of(widths);
  EXPECT_EQ(found.workers, 3u);
  EXPECT_NEAR(found.jobs_per_second, 29, 0.01);
  EXPECT_NEAR(found.wait_over_compute, 9, 1e-9);
  EXPECT_EQ(found.service, 100ms);
  EXPECT_EQ(found.cores, static_cast<std::int64_t>(hardware()));
  EXPECT_EQ(run_options_of(found, std::nullopt), "-j3 -q12");
}

TEST(width_trial, more_compute_than_time_or_none_at_all_is_no_waiting_and_no_division_by_zero) {
  EXPECT_EQ(findings_of(std::vector{width(1, 10, 100ms, 200ms)}).wait_over_compute, 0);
  EXPECT_LT(findings_of(std::vector{width(1, 10, 100ms, 0ms)}).wait_over_compute, 1e6);
}

TEST(width_trial, a_load_is_planned_with_what_was_found_unless_it_says_otherwise) {
  const width_findings found = findings_of(std::vector{width(1, 10), width(2, 20)});
  const plan_request load = with_findings({.per_second = 15, .rate = "15/s", .delay = 1s}, found);
  EXPECT_EQ(load.service, 100ms);
  EXPECT_EQ(load.workers, 2);
  EXPECT_EQ(with_findings({.cores = 4, .service = 1s}, found).service, 1s);
  EXPECT_FALSE(with_findings({.cores = 4}, found).workers);
  const auto plan = make_plan(load);
  ASSERT_TRUE(plan);
  EXPECT_EQ(run_options_of(found, *plan), "-j2 -q15");
}

TEST(width_trial, the_report_holds_the_widths_and_the_options_to_use) {
  const std::vector<width_result> widths{width(1, 10), width(2, 20)};
  const width_findings found = findings_of(widths);
  const std::string text = as_text(widths, found, std::nullopt, nullptr);
  EXPECT_NE(text.find("use: weir run -j2 -q8\n"), std::string::npos) << text;
  EXPECT_NE(text.find("--service 100ms"), std::string::npos) << text;
  EXPECT_NE(text.find("more were not tried"), std::string::npos) << text;
  const auto object = nlohmann::json::parse(as_json(widths, found, std::nullopt));
  EXPECT_EQ(object["widths"].size(), 2u);
  EXPECT_EQ(object["options"], "-j2 -q8");
  EXPECT_NEAR(object["service"].get<double>(), 0.1, 1e-12);
}

TEST(width_trial, a_command_is_run_a_few_times_at_each_width) {
  const std::vector<std::string> words{"true"}, items{"a", "b"};
  const auto command = command_template::parse(words).value();
  const std::vector<std::size_t> widths{1, 3};
  const auto results = try_widths(command, items, widths);
  ASSERT_TRUE(results);
  ASSERT_EQ(results->size(), 2u);
  for (const width_result& r : *results) {
    EXPECT_GE(r.jobs, 3 * r.workers);
    EXPECT_EQ(r.failed, 0u);
    EXPECT_GT(r.run_time, duration::zero());
  }
}

TEST(width_trial, a_command_that_is_not_there_is_an_error_and_one_that_fails_ends_the_trial) {
  const std::vector<std::string> missing{"no-such-command"}, failing{"false"}, items{"a"};
  const std::vector<std::size_t> widths{1, 2};
  const auto none = try_widths(command_template::parse(missing).value(), items, widths);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, std::errc::no_such_file_or_directory);
  EXPECT_NE(none.error().detail.find("no-such-command"), std::string::npos);
  const auto failed = try_widths(command_template::parse(failing).value(), items, widths);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->size(), 1u);
  EXPECT_GT(failed->front().failed, 0u);
}

}  // namespace
}  // namespace weir::jobs
