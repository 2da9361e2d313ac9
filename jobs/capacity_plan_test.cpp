#include <jobs/capacity_plan.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace weir::jobs {
namespace {

using namespace std::chrono_literals;

plan_request five_hundred() { return {.per_second = 500, .rate = "500/s"}; }

TEST(plan, a_rate_and_a_delay_give_the_queue) {
  plan_request r = five_hundred();
  r.delay = 200ms;
  const capacity_plan plan = make_plan(r).value();
  EXPECT_EQ(plan.queue->value, 100);
  EXPECT_EQ(plan.queue->formula, "rate x delay = 500/s x 200 ms");
  EXPECT_FALSE(plan.workers);
  EXPECT_FALSE(plan.loss);
  EXPECT_NE(as_text(plan).find("with --service 20ms"), std::string::npos);
}

TEST(plan, cores_and_the_share_of_waiting_give_the_workers) {
  plan_request r = five_hundred();
  r.cores = 8;
  r.wait_over_compute = 10;
  const capacity_plan plan = make_plan(r).value();
  EXPECT_EQ(plan.workers->value, 88);
  EXPECT_EQ(plan.workers->formula, "cores x (1 + wait/compute) = 8 x (1 + 10)");
}

TEST(plan, with_a_service_time_it_says_what_to_expect) {
  plan_request r = five_hundred();
  r.delay = 200ms;
  r.service = 20ms;
  r.workers = 15;
  const capacity_plan plan = make_plan(r).value();
  EXPECT_NEAR(plan.utilization->value, 10.0 / 15, 1e-12);
  EXPECT_EQ(plan.utilization->formula, "rate x service / workers = 500/s x 20 ms / 15");
  // By hand: Erlang B(15, 10) = 0.036497, C = B / (1 - a/c (1 - B)) = 0.10205; times 20 ms / 5.
  EXPECT_NEAR(plan.mean_wait->value, 0.10205 * 0.004, 1e-6);
  EXPECT_NEAR(plan.p99_wait->value, 2.3229 * 0.004, 1e-5);
  EXPECT_GT(plan.loss->value, 0);
  EXPECT_LT(plan.loss->value, 1e-12);
  EXPECT_EQ(plan.note, "");
}

TEST(plan, without_workers_the_least_that_keep_up_are_taken) {
  plan_request r = five_hundred();
  r.service = 20ms;
  const capacity_plan plan = make_plan(r).value();
  EXPECT_EQ(plan.workers->value, 11);
  EXPECT_NE(plan.note.find("15 workers would be 70% busy"), std::string::npos) << plan.note;
}

TEST(plan, what_cannot_work_is_refused_with_the_smallest_number_that_can) {
  plan_request r = five_hundred();
  r.service = 20ms;
  r.workers = 8;
  EXPECT_EQ(make_plan(r).error(),
            "500/s x 20 ms keeps 10 workers busy; 8 cannot keep up at any queue size, 11 can");
  r.workers = 10;
  EXPECT_EQ(make_plan(r).error(),
            "500/s x 20 ms keeps 10 workers busy; 10 cannot keep up at any queue size, 11 can");
  r.workers = 11;
  EXPECT_TRUE(make_plan(r));
  r.workers.reset();
  r.cores = 2;
  EXPECT_EQ(make_plan(r).error(),
            "500/s x 20 ms keeps 10 workers busy; 2 cannot keep up at any queue size, 11 can");
}

TEST(plan, absurd_numbers_are_answered_or_refused_in_good_time) {
  plan_request r = five_hundred();
  r.service = 1h;
  EXPECT_NE(make_plan(r).error().find("more than the 1000000"), std::string::npos);
  r.service = 20ms;
  r.delay = duration::max();
  EXPECT_LT(make_plan(r).value().loss->value, 1e-12);
  r.wait_over_compute = 1e300;
  EXPECT_FALSE(make_plan(r));
}

TEST(plan, as_json_it_has_a_key_for_every_number_and_null_for_what_is_not_known) {
  plan_request r = five_hundred();
  r.delay = 200ms;
  const auto some = nlohmann::json::parse(as_json(make_plan(r).value()));
  EXPECT_EQ(some["queue"], 100);
  for (const char* key : {"workers", "utilization", "mean_wait", "p99_wait", "loss"}) {
    ASSERT_TRUE(some.contains(key)) << key;
    EXPECT_TRUE(some[key].is_null()) << key;
  }
  r.service = 20ms;
  const auto all = nlohmann::json::parse(as_json(make_plan(r).value()));
  for (const char* key : {"queue", "workers", "utilization", "mean_wait", "p99_wait", "loss"}) {
    EXPECT_TRUE(all[key].is_number()) << key;
    EXPECT_TRUE(all["formulas"][key].is_string()) << key;
  }
}

TEST(plan, as_csv_what_is_not_known_is_empty) {
  plan_request r = five_hundred();
  r.delay = 200ms;
  EXPECT_EQ(as_csv(make_plan(r).value()), "queue,workers,utilization,mean_wait,p99_wait,loss\n100,,,,,\n");
}

TEST(plan, a_wait_beyond_the_delay_is_pointed_out) {
  plan_request r = five_hundred();
  r.delay = 10ms;
  r.service = 20ms;
  EXPECT_NE(make_plan(r).value().note.find("beyond the delay of 10ms"), std::string::npos);
}

}  // namespace
}  // namespace weir::jobs
