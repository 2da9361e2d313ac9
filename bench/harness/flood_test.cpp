#include <bench/harness/flood.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace weir::bench {
namespace {

using namespace std::chrono_literals;

// A small flood: what is asserted holds however slow the machine is, for the workload is measured on it.
flood_options small_flood() { return {.work = calibrate(2ms), .length = 400ms, .overload = 3.0}; }

flood_result flooded(const char* name) { return flood(*find_strategy(name), small_flood()); }

TEST(flood, each_strategy_accounts_for_every_job) {
  const flood_options options = small_flood();
  for (const strategy& s : strategies()) {
    const flood_result r = flood(s, options);
    EXPECT_EQ(r.offered, options.arrivals()) << s.name;
    EXPECT_EQ(r.offered, r.completed + r.lost() + r.left) << s.name;
    EXPECT_GT(r.completed, 0u) << s.name;
    EXPECT_LE(r.in_time, r.completed) << s.name;
    EXPECT_LE(r.wait.p50, r.wait.p99) << s.name;
    EXPECT_LE(r.wait.p99, r.wait.max) << s.name;
  }
}

TEST(flood, a_bounded_queue_never_holds_more_than_its_capacity) {
  for (const strategy& s : strategies()) {
    if (!s.bounded()) continue;
    EXPECT_LE(flood(s, small_flood()).peak_depth, s.queue_capacity) << s.name;
  }
}

TEST(flood, an_unbounded_queue_grows_past_every_bound_and_loses_nothing) {
  const flood_result r = flooded("unbounded");
  EXPECT_GT(r.peak_depth, find_strategy("block")->queue_capacity);
  EXPECT_EQ(r.lost(), 0u);
  EXPECT_GT(r.left, 0u);
}

TEST(flood, block_loses_nothing_and_makes_the_senders_wait) {
  const flood_result r = flooded("block");
  EXPECT_EQ(r.lost(), 0u);
  EXPECT_EQ(r.peak_depth, find_strategy("block")->queue_capacity);
  EXPECT_GT(r.left, r.peak_depth);  // more than the queue holds: the others stand at the door
}

TEST(flood, each_losing_policy_loses_in_its_own_way) {
  const flood_result newest = flooded("drop_newest");
  EXPECT_GT(newest.dropped, 0u);
  EXPECT_EQ(newest.lost(), newest.dropped);
  const flood_result oldest = flooded("drop_oldest");
  EXPECT_GT(oldest.evicted, 0u);
  EXPECT_EQ(oldest.lost(), oldest.evicted);
  const flood_result reject = flooded("reject");
  EXPECT_GT(reject.rejected, 0u);
  EXPECT_EQ(reject.lost(), reject.rejected);
}

TEST(flood, senders_whose_patience_ends_at_the_door_are_counted_as_timed_out) {
  const flood_result r = flood({"timeout", overflow::timeout(1ms), 4}, small_flood());
  EXPECT_GT(r.timed_out, 0u);
  EXPECT_EQ(r.lost(), r.timed_out);
}

TEST(flood, is_seen_while_it_runs) {
  duration last{};
  std::uint64_t deepest = 0;
  const flood_result r = flood(*find_strategy("unbounded"), small_flood(), [&](const flood_sample& s) {
    EXPECT_GE(s.elapsed, last);
    last = s.elapsed;
    deepest = std::max(deepest, s.depth);
  });
  EXPECT_GT(last, duration::zero());
  EXPECT_GT(deepest, 0u);
  EXPECT_LE(deepest, r.peak_depth);
}

TEST(flood, ends_at_a_stop_request_and_still_adds_up) {
  std::stop_source stop;
  flood_options endless = small_flood();
  endless.length = 10min;
  for (const strategy& s : strategies()) {
    stop = std::stop_source();
    const flood_result r = flood(
        s, endless,
        [&](const flood_sample& now) {
          if (now.elapsed > 50ms) stop.request_stop();
        },
        stop.get_token());
    EXPECT_LT(r.elapsed, 5min) << s.name;
    EXPECT_EQ(r.offered, r.completed + r.lost() + r.left) << s.name;
  }
}

TEST(flood, an_exception_of_the_watcher_ends_it) {
  const auto give_up = [](const flood_sample&) { throw std::runtime_error("enough"); };
  flood_options endless = small_flood();
  endless.length = 10min;
  for (const strategy& s : strategies())
    EXPECT_THROW(flood(s, endless, give_up), std::runtime_error) << s.name;
}

TEST(flood, all_it_brings_fits_into_300_MiB) {
  // The usual flood, whatever the machine: it counts at most two processors, and a job takes what it was
  // measured to.
  const flood_options usual{.work = {1, usual_service}};
  EXPECT_LE(usual.arrivals() * block_bytes, 300ull << 20);
}

TEST(flood, the_schedule_follows_from_the_service_time) {
  const flood_options one{.work = {1, 10ms}, .length = 2s, .overload = 1.5, .workers = 1};
  EXPECT_DOUBLE_EQ(one.arrivals_per_second(), 150.0);
  EXPECT_EQ(one.arrivals(), 300u);
}

TEST(flood, strategies_are_found_by_name) {
  ASSERT_NE(find_strategy("reject"), nullptr);
  EXPECT_EQ(find_strategy("reject")->on_full, overflow::reject());
  EXPECT_FALSE(find_strategy("unbounded")->bounded());
  EXPECT_EQ(find_strategy("sometimes"), nullptr);
}

}  // namespace
}  // namespace weir::bench
