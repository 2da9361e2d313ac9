#include <weir/observe/alert.hpp>

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using control::breaker_state;

constexpr time_point start{};

pool_snapshot quiet_pool() {
  pool_snapshot pool;
  pool.name = "kitchen";
  pool.capacity = 100;
  pool.expected = losses_by_request;
  pool.stats.workers = 4;
  return pool;
}

pool_snapshot filled(std::uint64_t queued) {
  pool_snapshot pool = quiet_pool();
  pool.stats.queued = queued;
  pool.utilization = static_cast<double>(queued) / 100;
  return pool;
}

/// What one look said, as "utilization started"; the rules under test see nothing but utilization.
std::vector<std::string> said(const std::vector<alert_event>& events) {
  std::vector<std::string> all;
  for (const alert_event& e : events)
    all.push_back(std::string(name(e.kind)) + (e.change == alert_change::started ? " started" : " ended"));
  return all;
}

using list = std::vector<std::string>;

/// Jobs end all the time, so that nothing but the queue is worth an alert.
class busy_kitchen {
 public:
  std::vector<alert_event> look(duration at, std::uint64_t queued) {
    pool_snapshot pool = filled(queued);
    pool.stats.completed = ++completed_;
    return rules.observe(start + at, pool);
  }
  alerts rules;

 private:
  std::uint64_t completed_ = 0;
};

TEST(alerts, a_queue_that_is_nearly_full_for_five_seconds_starts_one) {
  busy_kitchen k;
  EXPECT_EQ(said(k.look(0s, 90)), list{});
  EXPECT_EQ(said(k.look(4999ms, 90)), list{});
  const auto events = k.look(5s, 92);
  ASSERT_EQ(said(events), list{"utilization started"});
  EXPECT_EQ(events[0].at, start + 5s);
  EXPECT_EQ(events[0].lasted, 5s);
  EXPECT_DOUBLE_EQ(events[0].value, 0.92);
  EXPECT_EQ(
      events[0].text,
      "the queue of pool kitchen is 92 % full (92 of 100 jobs), above 80 % for 5.0 s; add workers, slow the "
      "producers down, or choose what may be lost (on_full)");
  EXPECT_TRUE(k.rules.is_on(alert_kind::utilization));
  EXPECT_EQ(said(k.look(1h, 100)), list{});
}

TEST(alerts, exactly_at_the_mark_is_not_above_it) {
  busy_kitchen k;
  EXPECT_EQ(said(k.look(0s, 80)), list{});
  EXPECT_EQ(said(k.look(1min, 80)), list{});
}

TEST(alerts, one_look_below_the_mark_begins_the_five_seconds_anew) {
  busy_kitchen k;
  EXPECT_EQ(said(k.look(0s, 90)), list{});
  EXPECT_EQ(said(k.look(4s, 10)), list{});
  EXPECT_EQ(said(k.look(5s, 90)), list{});
  EXPECT_EQ(said(k.look(9s, 90)), list{});
  EXPECT_EQ(said(k.look(10s, 90)), list{"utilization started"});
}

TEST(alerts, a_queue_that_has_drained_ends_it_once_it_stays_so) {
  busy_kitchen k;
  (void)k.look(0s, 90);
  (void)k.look(5s, 90);
  EXPECT_EQ(said(k.look(7s, 10)), list{});
  EXPECT_EQ(said(k.look(8s, 95)), list{});
  EXPECT_EQ(said(k.look(9s, 10)), list{});
  EXPECT_EQ(said(k.look(13s, 10)), list{});
  const auto events = k.look(14s, 12);
  ASSERT_EQ(said(events), list{"utilization ended"});
  EXPECT_EQ(events[0].lasted, 9s);
  EXPECT_EQ(events[0].text,
            "the queue of pool kitchen is at 12 % (12 of 100 jobs), no longer above 80 %, after 9.0 s");
  EXPECT_FALSE(k.rules.is_on(alert_kind::utilization));
}

TEST(alerts, the_cost_is_named_when_it_is_what_fills_the_queue) {
  alerts rules({.utilization_for = 0s});
  pool_snapshot pool = filled(5);
  pool.stats.cost = 950;
  pool.max_cost = 1000;
  pool.utilization = 0.95;
  const auto events = rules.observe(start, pool);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_NE(events[0].text.find("95 % full (cost 950 of 1000)"), std::string::npos) << events[0].text;
}

pool_snapshot lost(std::uint64_t rejected, std::uint64_t evicted = 0) {
  pool_snapshot pool = quiet_pool();
  pool.stats.rejected = rejected;
  pool.stats.evicted = evicted;
  return pool;
}

TEST(alerts, a_loss_that_no_policy_allows_starts_one_at_once) {
  alerts rules;
  EXPECT_EQ(said(rules.observe(start, lost(0))), list{});
  const auto events = rules.observe(start + 1s, lost(3, 1));
  ASSERT_EQ(said(events), list{"unexpected_loss started"});
  EXPECT_EQ(events[0].value, 4);
  EXPECT_TRUE(events[0].text.starts_with(
      "pool kitchen lost 4 jobs (3 rejected, 1 evicted), which its policy does not allow; "))
      << events[0].text;
}

TEST(alerts, it_ends_when_nothing_more_was_lost_for_thirty_seconds) {
  alerts rules;
  (void)rules.observe(start, lost(1));
  EXPECT_EQ(said(rules.observe(start + 20s, lost(5))), list{});
  EXPECT_EQ(said(rules.observe(start + 21s, lost(5))), list{});
  EXPECT_EQ(said(rules.observe(start + 50s, lost(5))), list{});
  const auto events = rules.observe(start + 51s, lost(5));
  ASSERT_EQ(said(events), list{"unexpected_loss ended"});
  EXPECT_EQ(events[0].value, 5);
  EXPECT_EQ(events[0].text,
            "pool kitchen has lost no more jobs unexpectedly; it was 5 jobs (5 rejected) in 51.0 s");
  const auto again = rules.observe(start + 60s, lost(6));
  ASSERT_EQ(said(again), list{"unexpected_loss started"});
  EXPECT_EQ(again[0].value, 1);
}

TEST(alerts, losses_before_the_first_look_count) {
  alerts rules;
  EXPECT_EQ(said(rules.observe(start, lost(2))), list{"unexpected_loss started"});
}

TEST(alerts, a_loss_that_the_policy_allows_is_none) {
  alerts rules;
  pool_snapshot pool = lost(7);
  pool.expected = {loss::rejected};
  EXPECT_EQ(said(rules.observe(start, pool)), list{});
}

TEST(alerts, nor_is_one_that_somebody_asked_for_or_the_options_expect) {
  alerts rules({.also_expected = {loss::evicted}});
  pool_snapshot pool = lost(0, 7);
  pool.stats.expired = 1;
  pool.stats.cancelled = 2;
  pool.stats.withdrawn = 3;
  EXPECT_EQ(said(rules.observe(start, pool)), list{});
}

TEST(alerts, an_open_breaker_starts_one_and_only_a_closed_one_ends_it) {
  alerts rules;
  const pool_snapshot pool = quiet_pool();
  EXPECT_EQ(said(rules.observe(start, pool, breaker_state::closed)), list{});
  EXPECT_EQ(said(rules.observe(start + 1s, pool, breaker_state::half_open)), list{});
  const auto opened = rules.observe(start + 2s, pool, breaker_state::open);
  ASSERT_EQ(said(opened), list{"breaker_open started"});
  EXPECT_EQ(opened[0].value, 1);
  EXPECT_EQ(said(rules.observe(start + 3s, pool, breaker_state::half_open)), list{});
  EXPECT_EQ(said(rules.observe(start + 4s, pool, breaker_state::open)), list{});
  const auto closed = rules.observe(start + 5s, pool, breaker_state::closed);
  ASSERT_EQ(said(closed), list{"breaker_open ended"});
  EXPECT_EQ(closed[0].value, 0);
  EXPECT_EQ(closed[0].text, "the circuit breaker of pool kitchen is closed again, after 3.0 s");
}

pool_snapshot spilled(std::uint64_t bytes, std::uint64_t max_bytes) {
  pool_snapshot pool = quiet_pool();
  pool.spill = spill_snapshot{.jobs = 7, .bytes = bytes, .max_bytes = max_bytes, .spilled_total = 9};
  return pool;
}

TEST(alerts, a_loss_of_a_pool_that_spills_names_the_store_that_may_be_full) {
  alerts rules;
  (void)rules.observe(start, spilled(4, 1000));
  pool_snapshot full = spilled(700, 1000);
  full.stats.rejected = 2;
  const auto events = rules.observe(start + 1s, full);
  ASSERT_EQ(said(events), list{"unexpected_loss started"});
  EXPECT_NE(
      events[0].text.find("give the spill store (700 of 1000 bytes, 7 jobs) a larger bound or its disk more"),
      std::string::npos)
      << events[0].text;
}

TEST(alerts, a_store_that_is_nearly_full_starts_one_at_once) {
  alerts rules;
  EXPECT_EQ(said(rules.observe(start, spilled(800, 1000))), list{});
  const auto events = rules.observe(start + 1s, spilled(850, 1000));
  ASSERT_EQ(said(events), list{"spill started"});
  EXPECT_DOUBLE_EQ(events[0].value, 0.85);
  EXPECT_NE(events[0].text.find("85 % full (850 of 1000 bytes, 7 jobs), above 80 %; add workers"),
            std::string::npos)
      << events[0].text;
  EXPECT_EQ(said(rules.observe(start + 2s, spilled(100, 1000))), list{});
  EXPECT_EQ(said(rules.observe(start + 7s, spilled(100, 1000))), list{"spill ended"});
}

TEST(alerts, a_store_without_a_bound_is_never_full) {
  alerts rules;
  EXPECT_EQ(said(rules.observe(start, spilled(1'000'000'000'000, unlimited))), list{});
}

pool_snapshot working(std::uint64_t queued, std::uint64_t completed, std::uint64_t failed = 0) {
  pool_snapshot pool = filled(queued);
  pool.stats.completed = completed;
  pool.stats.failed = failed;
  pool.stats.busy = 4;
  return pool;
}

TEST(alerts, jobs_that_wait_while_none_ends_for_thirty_seconds_start_one) {
  alerts rules;
  EXPECT_EQ(said(rules.observe(start, working(1, 5))), list{});  // five ended before this look
  EXPECT_EQ(said(rules.observe(start + 1s, working(1, 5))), list{});
  EXPECT_EQ(said(rules.observe(start + 30s, working(17, 5))), list{});
  const auto events = rules.observe(start + 31s, working(17, 5));
  ASSERT_EQ(said(events), list{"no_progress started"});
  EXPECT_EQ(events[0].value, 17);
  EXPECT_TRUE(events[0].text.starts_with(
      "no job of pool kitchen has ended for 30.0 s while 17 jobs wait (4 of 4 workers are busy); look for "))
      << events[0].text;
  const auto ended = rules.observe(start + 40s, working(17, 5, 1));
  ASSERT_EQ(said(ended), list{"no_progress ended"});
  EXPECT_EQ(ended[0].text, "pool kitchen makes progress again, after 9.0 s");
}

TEST(alerts, a_job_that_fails_is_progress) {
  alerts rules;
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(said(rules.observe(start + i * 10s, working(50, 0, static_cast<std::uint64_t>(i)))), list{});
}

TEST(alerts, an_idle_pool_need_not_make_progress) {
  alerts rules;
  EXPECT_EQ(said(rules.observe(start, working(0, 5))), list{});
  EXPECT_EQ(said(rules.observe(start + 1h, working(0, 5))), list{});
  EXPECT_EQ(said(rules.observe(start + 1h + 1s, working(3, 5))), list{});  // they came just now
  EXPECT_EQ(said(rules.observe(start + 1h + 30s, working(3, 5))), list{});
}

TEST(alerts, jobs_on_disk_wait_too) {
  alerts rules;
  pool_snapshot pool = working(0, 0);
  pool.stats.spilled = 1;
  (void)rules.observe(start, pool);
  EXPECT_EQ(said(rules.observe(start + 30s, pool)), list{"no_progress started"});
  pool.stats.spilled = 0;
  const auto ended = rules.observe(start + 31s, pool);
  ASSERT_EQ(said(ended), list{"no_progress ended"});
  EXPECT_EQ(ended[0].text, "pool kitchen has no more jobs that wait, after 1.0 s");
}

TEST(alerts, several_start_and_end_by_themselves) {
  alerts rules;
  pool_snapshot pool = working(95, 0);
  EXPECT_EQ(said(rules.observe(start, pool)), list{});
  pool.stats.dropped = 1;
  EXPECT_EQ(said(rules.observe(start + 5s, pool)), (list{"utilization started", "unexpected_loss started"}));
  EXPECT_EQ(said(rules.observe(start + 30s, pool)), list{"no_progress started"});
  EXPECT_EQ(said(rules.observe(start + 60s, pool)), list{"unexpected_loss ended"});
}

TEST(alerts, what_is_on_ends_with_the_pool) {
  alerts rules;
  EXPECT_TRUE(rules.finish(start).empty());
  (void)rules.observe(start, lost(3), breaker_state::open);
  const auto events = rules.finish(start + 4s);
  EXPECT_EQ(said(events), (list{"unexpected_loss ended", "breaker_open ended"}));
  EXPECT_EQ(events[0].value, 3);
  EXPECT_EQ(events[1].value, 0);
  EXPECT_EQ(events[0].text,
            "pool kitchen ends, and with it the alert unexpected_loss, which was on for 4.0 s");
  EXPECT_TRUE(rules.finish(start + 5s).empty());
}

TEST(alerts, a_clock_that_goes_back_counts_as_standing_still) {
  busy_kitchen k;
  EXPECT_EQ(said(k.look(100s, 90)), list{});
  EXPECT_EQ(said(k.look(0s, 90)), list{});
  EXPECT_EQ(said(k.look(104s, 90)), list{});
  EXPECT_EQ(said(k.look(105s, 90)), list{"utilization started"});
}

TEST(alerts, each_kind_has_a_name) {
  std::set<std::string_view> names;
  for (const alert_kind kind : all_alerts) names.insert(name(kind));
  EXPECT_EQ(names, (std::set<std::string_view>{"utilization", "unexpected_loss", "breaker_open", "spill",
                                               "no_progress"}));
}

TEST(alerts, options_are_refused_with_a_right_value) {
  const auto message = [](const alert_options& o) { return check(o)->message; };
  EXPECT_FALSE(check(alert_options{}));
  EXPECT_EQ(message({.utilization = 1.5}), "utilization 1.5 is above 1; use 0 to 1");
  EXPECT_EQ(message({.utilization_for = -1s}), "utilization_for -1s is below 0s; use 0s or more");
  EXPECT_EQ(message({.spill = -0.5}), "spill -0.5 is below 0; use 0 to 1");
  EXPECT_EQ(check({.no_progress_for = -1ns})->option, "no_progress_for");
  EXPECT_EQ(check({.clear_after = -1ns})->option, "clear_after");
  EXPECT_EQ(check({.loss_clear_after = -1ns})->option, "loss_clear_after");
  EXPECT_THROW(alerts({.utilization = 2}), std::invalid_argument);
}

}  // namespace
}  // namespace weir
