#include <tool/top/snapshot.hpp>

#include <jobs/live_figures.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

namespace weir::tool::top {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

jobs::live_figures some_run() {
  jobs::live_figures f;
  f.so_far.jobs = {.submitted = 100,
                   .completed = 60,
                   .failed = 5,
                   .rejected = 1,
                   .dropped = 2,
                   .timed_out = 3,
                   .withdrawn = 4,
                   .evicted = 6,
                   .expired = 7,
                   .cancelled = 8,
                   .queued = 3,
                   .running = 1,
                   .workers = 4,
                   .busy = 1,
                   .high_water = 9,
                   .cost = 30,
                   .waiting = 2};
  f.so_far.elapsed = seconds(10);
  f.so_far.control.retries = 11;
  f.so_far.control.limit = {.now = 12, .least = 1, .most = 20};
  f.so_far.control.breaker = {.state = control::breaker_state::half_open};
  histogram waits;
  waits.record(seconds(2));
  f.so_far.queue_wait = waits.snapshot();
  f.pool = {.name = "run",
            .capacity = 10,
            .max_cost = 1000,
            .utilization = 0.3,
            .min_workers = 2,
            .max_workers = 8};
  f.pool.lanes = {{.queued = 1, .capacity = 10}, {.queued = 2, .capacity = 5}};
  f.pool.spill = {.jobs = 7, .bytes = 70, .max_bytes = 700};
  f.state = jobs::run_state::paused;
  f.in_flight = 1;
  f.alerts = {{.name = "spill", .value = 0.9, .active = milliseconds(1500), .text = "nearly full"}};
  return f;
}

TEST(top_snapshot, reads_what_a_run_writes) {
  const auto s = parse_snapshot(as_json(some_run()));
  ASSERT_TRUE(s) << s.error().detail;
  EXPECT_EQ(s->state, "paused");
  EXPECT_EQ(s->pid, static_cast<std::uint64_t>(::getpid()));
  EXPECT_EQ(s->elapsed, seconds(10));
  EXPECT_EQ(s->jobs.submitted, 100u);
  EXPECT_EQ(s->jobs.completed, 60u);
  EXPECT_EQ(s->jobs.failed, 5u);
  EXPECT_EQ(lost(*s), 31u);
  EXPECT_EQ(s->jobs.queued, 3u);
  EXPECT_EQ(s->jobs.workers, 4u);
  EXPECT_EQ(s->jobs.busy, 1u);
  EXPECT_EQ(s->jobs.high_water, 9u);
  EXPECT_EQ(s->jobs.cost, 30u);
  EXPECT_EQ(s->jobs.waiting, 2u);
  EXPECT_EQ(s->capacity, 10u);
  EXPECT_EQ(s->max_cost, 1000u);
  EXPECT_EQ(s->utilization, 0.3);
  EXPECT_EQ(s->in_flight, 1u);
  EXPECT_EQ(s->retries, 11u);
  EXPECT_EQ(s->least_workers, 2u);
  EXPECT_EQ(s->most_workers, 8u);
  EXPECT_EQ(s->queue_wait.max, seconds(2));
  EXPECT_EQ(s->limit, 12u);
  EXPECT_EQ(s->breaker, "half_open");
}

TEST(top_snapshot, reads_lanes_spill_and_alerts) {
  const auto s = parse_snapshot(as_json(some_run()));
  ASSERT_TRUE(s);
  ASSERT_EQ(s->lanes.size(), 2u);
  EXPECT_EQ(s->lanes[1].queued, 2u);
  EXPECT_EQ(s->lanes[1].capacity, 5u);
  EXPECT_FALSE(s->lanes[1].wait) << "jobs were given no lanes";
  ASSERT_TRUE(s->spill);
  EXPECT_EQ(s->spill->bytes, 70u);
  ASSERT_EQ(s->alerts.size(), 1u);
  EXPECT_EQ(s->alerts[0].name, "spill");
  EXPECT_EQ(s->alerts[0].active, milliseconds(1500));
}

TEST(top_snapshot, refuses_what_is_not_weirs) {
  for (const char* text :
       {"", "{}", "[]", "null", "{\"submitted\":\"many\"}", "<html>", "{\"submitted\":1"}) {
    const auto s = parse_snapshot(text);
    ASSERT_FALSE(s) << text;
    EXPECT_EQ(s.error().code, std::errc::protocol_error);
  }
}

TEST(top_snapshot, counts_as_nothing_what_it_does_not_understand) {
  const auto s = parse_snapshot(
      R"({"submitted":-5,"completed":1e300,"failed":null,"seconds":-1,"workers":7,"lanes":{},"alerts":[3],)"
      R"("limit":4,"max_cost":"x","queue_wait":[1]})");
  ASSERT_TRUE(s);
  EXPECT_EQ(s->jobs.submitted, 0u);
  EXPECT_GT(s->jobs.completed, std::uint64_t{1} << 60);
  EXPECT_EQ(s->elapsed, duration(0));
  EXPECT_TRUE(s->lanes.empty());
  EXPECT_EQ(s->alerts.size(), 1u);
  EXPECT_FALSE(s->limit || s->max_cost || s->breaker || s->spill);
}

// Any value in any place of a real answer.
RC_GTEST_PROP(top_snapshot, survives_any_answer, ()) {
  auto object = nlohmann::json::parse(as_json(some_run())).flatten();
  auto at = object.begin();
  std::advance(at, *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(object.size())));
  const auto value =
      *rc::gen::oneOf(rc::gen::map<std::int64_t>([](std::int64_t n) { return std::to_string(n); }),
                      rc::gen::element<std::string>("\"text\"", "true", "null", "1e300", "-1e300", "0.5",
                                                    "18446744073709551615"));
  at.value() = nlohmann::json::parse(value);
  const auto s = parse_snapshot(object.unflatten().dump());
  RC_ASSERT((s || s.error().code == std::errc::protocol_error));
}

snapshot after(seconds elapsed, std::uint64_t completed, std::uint64_t pid = 1) {
  snapshot s;
  s.pid = pid;
  s.elapsed = elapsed;
  s.jobs.completed = completed;
  s.jobs.rejected = 2 * completed;
  return s;
}

TEST(top_rates, are_differences_over_the_time_between) {
  const auto r = rates_between(after(seconds(10), 100), after(seconds(12), 150));
  ASSERT_TRUE(r);
  EXPECT_EQ(r->completed, 25);
  EXPECT_EQ(r->lost, 50);
  EXPECT_EQ(r->submitted, 0);
}

TEST(top_rates, are_not_known_between_two_runs_or_without_time) {
  EXPECT_FALSE(rates_between(after(seconds(10), 1), after(seconds(10), 2)));
  EXPECT_FALSE(rates_between(after(seconds(10), 1), after(seconds(1), 2)));
  EXPECT_FALSE(rates_between(after(seconds(10), 1, 1), after(seconds(12), 2, 2)));
}

TEST(top_rates, are_never_below_nothing) {
  EXPECT_EQ(rates_between(after(seconds(1), 10), after(seconds(2), 5))->completed, 0);
}

}  // namespace
}  // namespace weir::tool::top
