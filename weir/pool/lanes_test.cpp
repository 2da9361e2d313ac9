// Priorities: which job goes first, what each lane may hold, and who is served at the door.
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <deque>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::expect_law;
using testing::expect_settled;
using testing::gate;
using testing::loss_record;
using testing::until;

/// One worker, paused at first, that notes the order in which jobs run.
class counter {
 public:
  explicit counter(pool_options options)
      : pool_([this](int& job) { ran.push_back(job); }, with_one_worker(std::move(options)), lost.hook()) {}

  worker_pool<int>* operator->() { return &pool_; }
  result<job_id> submit(int job, std::size_t lane, std::optional<overflow> policy = {}) {
    return pool_.submit(int{job}, {.on_full = policy, .lane = lane});
  }
  std::vector<int> run_all() {
    pool_.resume();
    EXPECT_TRUE(pool_.drain());
    expect_settled(pool_.stats());
    return ran;
  }

  std::vector<int> ran;
  loss_record lost;

 private:
  static pool_options with_one_worker(pool_options options) {
    options.min_workers = options.max_workers = 1;
    options.paused = true;
    return options;
  }
  worker_pool<int> pool_;
};

TEST(lanes, a_more_important_job_runs_first_and_a_lane_keeps_its_order) {
  counter pool({.lanes = 3});
  ASSERT_TRUE(pool.submit(20, 2));
  ASSERT_TRUE(pool.submit(10, 1));
  ASSERT_TRUE(pool.submit(21, 2));
  ASSERT_TRUE(pool.submit(0, 0));
  ASSERT_TRUE(pool.submit(11, 1));
  ASSERT_TRUE(pool.submit(1, 0));
  EXPECT_EQ(pool->stats().queued, 6u);
  EXPECT_EQ(pool.run_all(), (std::vector{0, 1, 10, 11, 20, 21}));
}

TEST(lanes, a_waiting_lane_gets_one_job_in_starvation_limit_however_many_others_wait) {
  constexpr int each = 60;
  constexpr std::size_t lanes = 4, limit = 8;
  counter pool({.lanes = lanes, .starvation_limit = limit});
  for (int i = 0; i < each; ++i)
    for (std::size_t lane = 0; lane < lanes; ++lane) ASSERT_TRUE(pool.submit(static_cast<int>(lane), lane));
  const auto ran = pool.run_all();
  for (int lane = 0; lane < static_cast<int>(lanes); ++lane) {
    auto last = ran.begin();
    for (int seen = 0; seen < each; ++seen) {
      const auto next = std::find(seen == 0 ? last : last + 1, ran.end(), lane);
      EXPECT_LE(next - last, static_cast<std::ptrdiff_t>(limit)) << "lane " << lane << " was passed over";
      last = next;
    }
  }
}

TEST(lanes, one_queue_bounds_all_lanes_and_each_may_have_a_bound_and_a_policy_of_its_own) {
  counter pool({.queue_capacity = 4,
                .lanes = 3,
                .lane = {{}, {.capacity = 2, .on_full = overflow::drop_newest()}},
                .on_full = overflow::reject()});
  EXPECT_TRUE(pool.submit(10, 1));
  EXPECT_TRUE(pool.submit(11, 1));
  EXPECT_EQ(pool.submit(12, 1).error(), errc::dropped);
  EXPECT_EQ(pool.submit(12, 1, overflow::reject()).error(), errc::full);
  EXPECT_TRUE(pool.submit(0, 0));
  EXPECT_TRUE(pool.submit(20, 2));
  EXPECT_EQ(pool.submit(1, 0).error(), errc::full);
  EXPECT_EQ(pool->queue_depth(), 4u);
  EXPECT_EQ(pool->stats().high_water, 4u);
  expect_law(pool->stats());
  EXPECT_EQ(pool.run_all(), (std::vector{0, 10, 11, 20}));
}

TEST(lanes, several_submitted_at_once_stop_at_the_lanes_bound) {
  counter pool({.lanes = 2, .lane = {{.capacity = 3}}});
  std::vector jobs{1, 2, 3, 4, 5};
  EXPECT_EQ(pool->submit_some(jobs), 3u);
  EXPECT_EQ(pool->submit_some(jobs, {.lane = 1}), 5u);
  EXPECT_EQ(pool->stats().submitted, 8u);
}

TEST(lanes, drop_oldest_evicts_from_its_own_lane_or_else_from_the_least_important) {
  counter pool({.queue_capacity = 4, .lanes = 3, .on_full = overflow::drop_oldest()});
  for (const int job : {10, 11}) ASSERT_TRUE(pool.submit(job, 1));
  for (const int job : {20, 21}) ASSERT_TRUE(pool.submit(job, 2));
  EXPECT_TRUE(pool.submit(12, 1));
  EXPECT_EQ(pool.lost.all(), (std::map<int, errc>{{10, errc::dropped}}));
  EXPECT_TRUE(pool.submit(0, 0));
  EXPECT_EQ(pool.lost.all(), (std::map<int, errc>{{10, errc::dropped}, {20, errc::dropped}}));
  EXPECT_EQ(pool->stats().evicted, 2u);
  EXPECT_EQ(pool.run_all(), (std::vector{0, 11, 12, 21}));
}

TEST(lanes, a_lane_full_by_itself_drops_its_own_oldest) {
  counter pool({.lanes = 2, .lane = {{}, {.capacity = 1, .on_full = overflow::drop_oldest()}}});
  ASSERT_TRUE(pool.submit(0, 0));
  ASSERT_TRUE(pool.submit(10, 1));
  EXPECT_TRUE(pool.submit(11, 1));
  EXPECT_EQ(pool.lost.all(), (std::map<int, errc>{{10, errc::dropped}}));
  EXPECT_EQ(pool.run_all(), (std::vector{0, 11}));
}

TEST(lanes, evict_lower_makes_room_from_the_newest_of_the_least_important_lane) {
  counter pool({.queue_capacity = 4, .lanes = 3, .on_full = overflow::evict_lower()});
  ASSERT_TRUE(pool.submit(0, 0));
  ASSERT_TRUE(pool.submit(10, 1));
  for (const int job : {20, 21}) ASSERT_TRUE(pool.submit(job, 2));
  EXPECT_EQ(pool.submit(22, 2).error(), errc::full) << "nothing is less important";
  EXPECT_TRUE(pool.submit(1, 0));
  EXPECT_EQ(pool.lost.all(), (std::map<int, errc>{{21, errc::dropped}}));
  EXPECT_TRUE(pool.submit(11, 1));
  EXPECT_EQ(pool.submit(12, 1).error(), errc::full);
  EXPECT_TRUE(pool.submit(2, 0));
  EXPECT_EQ(pool.lost.all(),
            (std::map<int, errc>{{11, errc::dropped}, {20, errc::dropped}, {21, errc::dropped}}));
  const auto s = pool->stats();
  EXPECT_EQ(s.evicted, 3u);
  EXPECT_EQ(s.rejected, 2u);
  expect_law(s);
  EXPECT_EQ(pool.run_all(), (std::vector{0, 1, 2, 10}));
}

TEST(lanes, evict_lower_with_one_lane_finds_nothing_lower) {
  counter pool({.queue_capacity = 1, .on_full = overflow::evict_lower()});
  ASSERT_TRUE(pool.submit(0, 0));
  EXPECT_EQ(pool.submit(1, 0).error(), errc::full);
  EXPECT_EQ(pool.run_all(), (std::vector{0}));
}

TEST(lanes, evict_lower_does_not_help_a_lane_that_is_full_by_itself) {
  counter pool({.lanes = 2, .lane = {{.capacity = 1}}, .on_full = overflow::evict_lower()});
  ASSERT_TRUE(pool.submit(10, 1));
  ASSERT_TRUE(pool.submit(0, 0));
  EXPECT_EQ(pool.submit(1, 0).error(), errc::full);
  EXPECT_EQ(pool.run_all(), (std::vector{0, 10}));
}

TEST(lanes, evict_lower_frees_as_much_cost_as_it_needs_or_evicts_nobody) {
  counter pool({.max_cost = 10, .lanes = 2, .on_full = overflow::evict_lower()});
  ASSERT_TRUE(pool->submit(0, {.lane = 0, .cost = 4}));
  for (const int job : {10, 11, 12}) ASSERT_TRUE(pool->submit(int{job}, {.lane = 1, .cost = 2}));
  EXPECT_EQ(pool->submit(1, {.lane = 0, .cost = 7}).error(), errc::full);
  EXPECT_TRUE(pool.lost.all().empty());
  EXPECT_TRUE(pool->submit(1, {.lane = 0, .cost = 3}));
  EXPECT_EQ(pool.lost.all(), (std::map<int, errc>{{11, errc::dropped}, {12, errc::dropped}}));
  EXPECT_EQ(pool->stats().cost, 9u);
  EXPECT_EQ(pool.run_all(), (std::vector{0, 1, 10}));
}

TEST(lanes, evict_lower_passes_the_door_only_into_what_it_evicted) {
  counter pool({.queue_capacity = 2, .lanes = 2});
  for (const int job : {10, 11}) ASSERT_TRUE(pool.submit(job, 1));
  std::jthread blocked([&] { EXPECT_TRUE(pool.submit(12, 1)); });
  until([&] { return pool->stats().waiting == 1; });
  EXPECT_TRUE(pool.submit(0, 0, overflow::evict_lower()));
  EXPECT_EQ(pool.lost.all(), (std::map<int, errc>{{11, errc::dropped}}));
  EXPECT_EQ(pool->stats().waiting, 1u);
  pool->resume();
  blocked.join();
  EXPECT_EQ(pool.run_all(), (std::vector{0, 10, 12}));
}

TEST(lanes, evict_lower_takes_nothing_that_is_free_for_one_who_waits_in_its_lane) {
  counter pool({.max_cost = 10, .lanes = 3});
  ASSERT_TRUE(pool->submit(10, {.lane = 1, .cost = 4}));
  for (const int job : {20, 21}) ASSERT_TRUE(pool->submit(int{job}, {.lane = 2, .cost = 2}));
  std::jthread blocked([&] { EXPECT_TRUE(pool->submit(11, {.lane = 1, .cost = 5})); });
  until([&] { return pool->stats().waiting == 1; });
  EXPECT_TRUE(pool->submit(12, {.on_full = overflow::evict_lower(), .lane = 1, .cost = 1}));
  EXPECT_EQ(pool.lost.all(), (std::map<int, errc>{{21, errc::dropped}}));
  EXPECT_EQ(pool->stats().cost, 7u);
  pool->resume();
  blocked.join();
  EXPECT_EQ(pool.run_all().size(), 4u);
}

TEST(lanes, at_a_full_door_the_more_important_submitter_is_served_first) {
  counter pool({.queue_capacity = 1, .lanes = 2});
  ASSERT_TRUE(pool.submit(100, 1));
  std::vector<std::jthread> submitters;
  for (const int job : {11, 12, 1}) {
    const auto waiting = pool->stats().waiting;
    submitters.emplace_back([&pool, job] { EXPECT_TRUE(pool.submit(job, job > 10 ? 1 : 0)); });
    until([&] { return pool->stats().waiting == waiting + 1; });
  }
  pool->resume();
  until([&] { return pool->stats().completed == 4; });
  submitters.clear();
  EXPECT_EQ(pool.run_all(), (std::vector{100, 1, 11, 12}));
}

TEST(lanes, a_submitter_behind_the_bound_of_its_lane_holds_up_no_other_lane) {
  counter pool({.lanes = 2, .lane = {{}, {.capacity = 1}}});
  ASSERT_TRUE(pool.submit(10, 1));
  std::jthread blocked([&] { EXPECT_TRUE(pool.submit(11, 1)); });
  until([&] { return pool->stats().waiting == 1; });
  EXPECT_TRUE(pool.submit(0, 0, overflow::reject()));
  EXPECT_EQ(pool.submit(12, 1, overflow::reject()).error(), errc::full) << "it would pass the one who waits";
  pool->resume();
  blocked.join();
  EXPECT_EQ(pool.run_all(), (std::vector{0, 10, 11}));
}

TEST(lanes, a_costly_job_of_a_lower_lane_is_not_passed_for_ever_at_the_door) {
  counter pool({.max_cost = 10, .lanes = 2, .starvation_limit = 3});
  ASSERT_TRUE(pool.submit(1, 0));
  std::jthread blocked([&] { EXPECT_TRUE(pool->submit(99, {.lane = 1, .cost = 10})); });
  until([&] { return pool->stats().waiting == 1; });
  int passed = 0;
  for (int i = 2; i < 10; ++i) passed += pool.submit(i, 0, overflow::reject()).has_value();
  EXPECT_EQ(passed, 2);
  pool->resume();
  blocked.join();
  const auto ran = pool.run_all();
  EXPECT_EQ(ran.back(), 99);
  EXPECT_EQ(ran.size(), 4u);
}

TEST(lanes, a_lane_without_places_takes_a_job_only_for_an_idle_worker) {
  gate hold;
  worker_pool<int> pool([&](int&) { hold.pass(); },
                        {.min_workers = 1, .max_workers = 1, .lanes = 2, .lane = {{.capacity = 0}}});
  until([&] { return pool.submit(0, {.on_full = overflow::reject()}).has_value(); });
  until([&] { return hold.waiting() == 1; });
  EXPECT_EQ(pool.submit(1, {.on_full = overflow::reject()}).error(), errc::full);
  EXPECT_TRUE(pool.submit(2, {.lane = 1}));
  std::jthread blocked([&] { EXPECT_TRUE(pool.submit(3)); });
  until([&] { return pool.stats().waiting == 1; });
  hold.open();
  blocked.join();
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().completed, 3u);
}

TEST(lanes, cancel_and_expiry_report_each_job_with_its_lane) {
  std::vector<std::size_t> lanes;
  worker_pool<int> pool([](int&) {}, {.min_workers = 1, .max_workers = 1, .lanes = 3, .paused = true},
                        [&](worker_pool<int>::lost&& l) {
                          EXPECT_EQ(l.reason, errc::cancelled);
                          EXPECT_EQ(static_cast<std::size_t>(l.job), l.lane);
                          lanes.push_back(l.lane);
                        });
  for (const std::size_t lane : {2u, 0u, 1u})
    ASSERT_TRUE(pool.submit(static_cast<int>(lane), {.lane = lane}));
  pool.cancel();
  EXPECT_EQ(lanes, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_TRUE(pool.drain());
  expect_settled(pool.stats());
}

}  // namespace
}  // namespace weir
