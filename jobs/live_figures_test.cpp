#include <jobs/live_figures.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <set>
#include <string>

namespace weir::jobs {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

live_figures busy_run() {
  live_figures f;
  f.so_far.jobs = {.submitted = 10,
                   .completed = 3,
                   .failed = 1,
                   .queued = 4,
                   .running = 2,
                   .workers = 3,
                   .busy = 2,
                   .high_water = 5,
                   .cost = 40,
                   .waiting = 1};
  f.so_far.elapsed = std::chrono::seconds(2);
  f.pool = {.name = "run",
            .capacity = 8,
            .max_cost = 1000,
            .utilization = 0.5,
            .min_workers = 2,
            .max_workers = 6,
            .lanes = {{.queued = 4, .capacity = 8}}};
  f.in_flight = 2;
  return f;
}

json parsed(const live_figures& f) { return json::parse(as_json(f)); }

TEST(live_figures, have_every_key_of_the_closing_report) {
  live_figures f = busy_run();
  f.so_far.control.breaker.emplace();
  f.so_far.control.limit.emplace();
  f.so_far.control.shadow.emplace();
  const json live = parsed(f);
  const json closing = json::parse(as_json(f.so_far));
  for (const auto& [key, value] : closing.items()) EXPECT_EQ(live.at(key), value) << key;
}

TEST(live_figures, tell_the_queue_and_the_workers) {
  const json o = parsed(busy_run());
  EXPECT_EQ(o["state"], "running");
  EXPECT_EQ(o["pid"], ::getpid());
  EXPECT_EQ(o["queued"], 4);
  EXPECT_EQ(o["capacity"], 8);
  EXPECT_EQ(o["utilization"], 0.5);
  EXPECT_EQ(o["cost"], 40);
  EXPECT_EQ(o["max_cost"], 1000);
  EXPECT_EQ(o["waiting"], 1);
  EXPECT_EQ(o["in_flight"], 2);
  EXPECT_EQ(o["workers"], (json{{"now", 3}, {"busy", 2}, {"idle", 1}, {"least", 2}, {"most", 6}}));
}

TEST(live_figures, have_a_lane_even_where_jobs_were_given_none) {
  EXPECT_EQ(parsed(busy_run())["lanes"], (json{{{"lane", 0}, {"queued", 4}, {"capacity", 8}}}));
}

TEST(live_figures, add_to_each_lane_what_waits_in_it) {
  live_figures f = busy_run();
  f.so_far.control.lanes = {{.submitted = 7, .started = 6, .lost = 0},
                            {.submitted = 3, .started = 0, .lost = 1}};
  f.pool.lanes = {{.queued = 1, .capacity = 8}, {.queued = 3, .capacity = 4}};
  const json lanes = parsed(f)["lanes"];
  ASSERT_EQ(lanes.size(), 2u);
  EXPECT_EQ(lanes[1]["submitted"], 3);
  EXPECT_EQ(lanes[1]["lost"], 1);
  EXPECT_EQ(lanes[1]["queued"], 3);
  EXPECT_EQ(lanes[1]["capacity"], 4);
  EXPECT_TRUE(lanes[1].contains("queue_wait"));
}

TEST(live_figures, list_the_alerts_that_are_on) {
  live_figures f = busy_run();
  EXPECT_EQ(parsed(f)["alerts"], json::array());
  f.alerts.push_back(
      {.name = "utilization", .value = 0.9, .active = milliseconds(1500), .text = "the queue is \xff"});
  const json alert = parsed(f)["alerts"].at(0);
  EXPECT_EQ(alert["name"], "utilization");
  EXPECT_EQ(alert["value"], 0.9);
  EXPECT_EQ(alert["seconds"], 1.5);
  EXPECT_EQ(alert["text"], "the queue is \xef\xbf\xbd") << "what is not UTF-8 is replaced, not thrown over";
}

TEST(live_figures, tell_of_a_spill_store_where_there_is_one) {
  live_figures f = busy_run();
  EXPECT_FALSE(parsed(f).contains("spill"));
  f.pool.spill = {.jobs = 7, .bytes = 700, .max_bytes = 1000};
  EXPECT_EQ(parsed(f)["spill"], (json{{"jobs", 7}, {"bytes", 700}, {"max_bytes", 1000}}));
}

TEST(live_figures, without_a_bound_on_cost_say_null) {
  live_figures f = busy_run();
  f.pool.max_cost = unlimited;
  EXPECT_TRUE(parsed(f)["max_cost"].is_null());
}

TEST(live_figures, name_each_state) {
  std::set<std::string> names;
  for (const run_state s : {run_state::running, run_state::paused, run_state::draining}) {
    live_figures f = busy_run();
    f.state = s;
    names.insert(parsed(f)["state"]);
  }
  EXPECT_EQ(names, (std::set<std::string>{"running", "paused", "draining"}));
}

}  // namespace
}  // namespace weir::jobs
