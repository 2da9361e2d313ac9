#include <weir/observe/readings.hpp>

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>

namespace weir {
namespace {

using namespace std::chrono_literals;

/// "weir_workers pool,busy" to its number; histograms by how many values they hold.
std::map<std::string, double> numbers(const readings& all) {
  std::map<std::string, double> found;
  for (const reading& r : all.all()) {
    std::string key(info(r.what).name);
    for (const std::string& label : r.labels) key += " " + label;
    const auto* const shot = std::get_if<histogram_snapshot>(&r.value);
    const double number = shot ? static_cast<double>(shot->count()) : std::get<double>(r.value);
    EXPECT_TRUE(found.emplace(key, number).second) << key << " came twice";
  }
  return found;
}

pool_snapshot busy_pool() {
  histogram waits;
  waits.record(1ms, 7);
  histogram runs;
  runs.record(2ms, 6);
  pool_snapshot shot;
  shot.stats = {.submitted = 100,
                .completed = 50,
                .failed = 3,
                .rejected = 11,
                .dropped = 2,
                .timed_out = 4,
                .withdrawn = 5,
                .evicted = 6,
                .expired = 7,
                .cancelled = 8,
                .queued = 3,
                .spilled = 0,
                .running = 1,
                .workers = 4,
                .busy = 1,
                .high_water = 9,
                .cost = 30,
                .waiting = 0};
  shot.capacity = 10;
  shot.utilization = 0.3;
  shot.max_workers = 8;
  shot.lanes = {{.queued = 1, .capacity = 10}, {.queued = 2, .capacity = 10}};
  shot.queue_wait = waits.snapshot();
  shot.run_time = runs.snapshot();
  return shot;
}

TEST(readings, of_a_pool_are_its_counters_and_gauges) {
  readings all;
  all.add("kitchen", busy_pool());
  const std::map<std::string, double> want{
      {"weir_queue_depth kitchen 0", 1},
      {"weir_queue_depth kitchen 1", 2},
      {"weir_queue_capacity kitchen", 10},
      {"weir_queue_cost kitchen", 30},
      {"weir_queue_utilization_ratio kitchen", 0.3},
      {"weir_queue_high_water kitchen", 9},
      {"weir_jobs_submitted_total kitchen", 100},
      {"weir_jobs_completed_total kitchen", 50},
      {"weir_jobs_failed_total kitchen", 3},
      {"weir_jobs_lost_total kitchen rejected", 11},
      {"weir_jobs_lost_total kitchen dropped", 2},
      {"weir_jobs_lost_total kitchen timed_out", 4},
      {"weir_jobs_lost_total kitchen withdrawn", 5},
      {"weir_jobs_lost_total kitchen evicted", 6},
      {"weir_jobs_lost_total kitchen expired", 7},
      {"weir_jobs_lost_total kitchen cancelled", 8},
      {"weir_queue_wait_seconds kitchen", 7},
      {"weir_job_duration_seconds kitchen", 6},
      {"weir_workers kitchen busy", 1},
      {"weir_workers kitchen idle", 3},
      {"weir_workers_limit kitchen", 8},
      {"weir_in_flight kitchen", 1},
  };
  EXPECT_EQ(numbers(all), want);
}

TEST(readings, of_a_pool_with_a_store_also_say_what_is_on_disk) {
  pool_snapshot shot;
  shot.spill = spill_snapshot{.jobs = 5, .bytes = 4096, .max_bytes = 8192, .spilled_total = 12};
  readings all;
  all.add("kitchen", shot);
  const auto found = numbers(all);
  EXPECT_EQ(found.at("weir_spill_jobs kitchen"), 5);
  EXPECT_EQ(found.at("weir_spill_bytes kitchen"), 4096);
  EXPECT_EQ(found.at("weir_jobs_spilled_total kitchen"), 12);
}

TEST(readings, workers_that_end_are_never_less_than_none_idle) {
  pool_snapshot shot;
  shot.stats.workers = 1;
  shot.stats.busy = 2;
  readings all;
  all.add("kitchen", shot);
  EXPECT_EQ(numbers(all).at("weir_workers kitchen idle"), 0);
}

TEST(readings, a_breaker_is_in_one_of_its_states) {
  readings all;
  all.add("db", control::breaker_state::half_open);
  EXPECT_EQ(numbers(all), (std::map<std::string, double>{{"weir_circuit_state db closed", 0},
                                                         {"weir_circuit_state db open", 0},
                                                         {"weir_circuit_state db half_open", 1}}));
}

TEST(readings, say_what_was_built) {
  readings all;
  all.add_build_info();
  ASSERT_EQ(all.all().size(), 1u);
  EXPECT_EQ(all.all()[0].what, figure::build_info);
  EXPECT_NE(all.all()[0].labels[0].find('.'), std::string::npos) << all.all()[0].labels[0];
  EXPECT_EQ(std::get<double>(all.all()[0].value), 1);
}

std::string refusal(auto add) {
  readings all;
  try {
    add(all);
  } catch (const std::invalid_argument& e) {
    EXPECT_TRUE(all.all().empty());
    return e.what();
  }
  return "";
}

TEST(readings, labels_must_be_as_many_as_the_figure_has) {
  EXPECT_EQ(refusal([](readings& all) { all.add(figure::jobs_lost, {"kitchen"}, 1.0); }),
            "weir_jobs_lost_total got 1 labels; give 2: one value for each of pool, reason");
}

TEST(readings, a_histogram_is_no_number_and_no_number_a_histogram) {
  EXPECT_EQ(refusal([](readings& all) { all.add(figure::queue_wait, {"kitchen"}, 1.0); }),
            "weir_queue_wait_seconds is a histogram; give it a histogram_snapshot");
  EXPECT_EQ(refusal([](readings& all) { all.add(figure::in_flight, {"kitchen"}, histogram_snapshot()); }),
            "weir_in_flight is a gauge; give it a number");
}

}  // namespace
}  // namespace weir
