#include <jobs/run_readings.hpp>

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace weir::jobs {
namespace {

// The values by name and labels: "weir_jobs_lost_total run rejected".
std::map<std::string, double> shown(const live_figures& f) {
  readings to;
  add(to, "run", f);
  std::map<std::string, double> values;
  for (const reading& r : to.all()) {
    std::string key(info(r.what).name);
    for (const std::string& label : r.labels) key += " " + label;
    const auto* const number = std::get_if<double>(&r.value);
    values[key] = number ? *number : static_cast<double>(std::get<histogram_snapshot>(r.value).count());
  }
  return values;
}

live_figures some() {
  live_figures f;
  f.so_far.jobs = {
      .submitted = 9, .completed = 3, .cancelled = 2, .queued = 2, .running = 2, .workers = 2, .busy = 2};
  f.so_far.control.retries = 5;
  f.pool.stats = {.submitted = 100};
  f.pool.capacity = 8;
  f.pool.lanes = {{.queued = 2, .capacity = 8}};
  f.in_flight = 1;
  return f;
}

TEST(run_readings, are_those_that_the_report_would_tell) {
  auto values = shown(some());
  EXPECT_EQ(values["weir_jobs_submitted_total run"], 9) << "not the pool's own number";
  EXPECT_EQ(values["weir_jobs_lost_total run cancelled"], 2);
  EXPECT_EQ(values["weir_queue_capacity run"], 8);
  EXPECT_EQ(values["weir_queue_depth run 0"], 2);
  EXPECT_EQ(values["weir_jobs_retried_total run"], 5);
}

TEST(run_readings, count_attempts_as_in_flight) { EXPECT_EQ(shown(some())["weir_in_flight run"], 1); }

TEST(run_readings, take_the_run_time_without_the_waiting_at_gates) {
  live_figures f = some();
  histogram runs;
  runs.record(std::chrono::seconds(1), 7);
  f.so_far.run_time = runs.snapshot();
  EXPECT_EQ(shown(f)["weir_job_duration_seconds run"], 7);
}

TEST(run_readings, leave_out_what_was_not_asked_for) {
  const auto values = shown(some());
  for (const char* name : {"weir_rate_limited_total run", "weir_concurrency_limit run",
                           "weir_circuit_state run open", "weir_shadow_refused_total run rate"})
    EXPECT_FALSE(values.contains(name)) << name;
}

TEST(run_readings, tell_what_holds_jobs_back) {
  live_figures f = some();
  f.so_far.control.has_rate = true;
  f.so_far.control.rate_limited = 4;
  f.so_far.control.limit = {.now = 6, .least = 1, .most = 8};
  f.so_far.control.breaker = {.state = control::breaker_state::half_open};
  f.so_far.control.shadow = {.rate = 1, .breaker = 2, .limit = 3, .retry_budget = 4, .deadline = 5};
  auto values = shown(f);
  EXPECT_EQ(values["weir_rate_limited_total run"], 4);
  EXPECT_EQ(values["weir_concurrency_limit run"], 6);
  EXPECT_EQ(values["weir_circuit_state run half_open"], 1);
  EXPECT_EQ(values["weir_circuit_state run open"], 0);
  int expected = 1;
  for (const char* reason : {"rate", "breaker", "limit", "retry", "deadline"})
    EXPECT_EQ(values[std::string("weir_shadow_refused_total run ") + reason], expected++) << reason;
}

}  // namespace
}  // namespace weir::jobs
