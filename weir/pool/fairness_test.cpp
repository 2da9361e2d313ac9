// Fair shares: within a lane keys take turns, and a noisy one leaves the others their places.
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <semaphore>
#include <thread>
#include <vector>

namespace weir {
namespace {

using testing::expect_law;
using testing::expect_settled;
using testing::loss_record;
using testing::until;

struct tagged {
  std::uint64_t key;
  int number;
};

/// One worker, paused at first, that notes in which order jobs run.
class listener {
 public:
  explicit listener(pool_options options) : pool([this](tagged& job) { ran.push_back(job); }, set(options)) {}

  result<job_id> submit(std::uint64_t key, int number, submit_options o = {}) {
    o.key = key;
    return pool.submit(tagged{key, number}, o);
  }
  /// Each key's jobs ran in the order of their numbers.
  void run_all() {
    pool.resume();
    EXPECT_TRUE(pool.drain());
    expect_settled(pool.stats());
    std::map<std::uint64_t, int> last;
    for (const tagged& job : ran) {
      const auto [at, is_first] = last.try_emplace(job.key, job.number);
      EXPECT_TRUE(is_first || at->second < job.number) << "key " << job.key << " was reordered";
      at->second = job.number;
    }
  }

  std::vector<tagged> ran;
  worker_pool<tagged> pool;

 private:
  static pool_options set(pool_options options) {
    options.min_workers = options.max_workers = 1;
    options.fair_by_key = true;
    options.paused = true;
    return options;
  }
};

TEST(fairness, keys_take_turns_and_each_keeps_its_order) {
  listener pool({});
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(pool.submit(7, i));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool.submit(1, i));
    ASSERT_TRUE(pool.submit(2, i));
  }
  pool.run_all();
  ASSERT_EQ(pool.ran.size(), 26u);
  EXPECT_EQ(std::count_if(pool.ran.begin(), pool.ran.begin() + 10, [](tagged j) { return j.key != 7; }), 6);
}

TEST(fairness, a_more_important_lane_still_goes_first) {
  listener pool({.lanes = 2});
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.submit(5, i, {.lane = 1}));
  for (int i = 4; i < 8; ++i) ASSERT_TRUE(pool.submit(5, i, {.lane = 0}));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(pool.submit(6, i, {.lane = 1}));
  pool.pool.resume();
  EXPECT_TRUE(pool.pool.drain());
  ASSERT_EQ(pool.ran.size(), 12u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(pool.ran[static_cast<std::size_t>(i)].number, 4 + i);
  EXPECT_NE(pool.ran[4].key, pool.ran[5].key);
}

TEST(fairness, more_keys_than_are_told_apart_are_all_served_in_order) {
  listener pool({.queue_capacity = 6000});
  for (int i = 0; i < 2; ++i)
    for (std::uint64_t key = 0; key < 3000; ++key) ASSERT_TRUE(pool.submit(key << 40, i));
  pool.run_all();
  EXPECT_EQ(pool.ran.size(), 6000u);
}

TEST(fairness, what_is_evicted_leaves_its_key_in_order) {
  listener pool({.queue_capacity = 6, .lanes = 2, .on_full = overflow::drop_oldest()});
  for (int i = 0; i < 3; ++i)
    for (const std::uint64_t key : {1u, 2u}) ASSERT_TRUE(pool.submit(key, i, {.lane = 1}));
  EXPECT_TRUE(pool.submit(3, 0, {.lane = 1}));
  EXPECT_TRUE(pool.submit(3, 0, {.on_full = overflow::evict_lower()}));
  EXPECT_EQ(pool.pool.stats().evicted, 2u);
  expect_law(pool.pool.stats());
  pool.pool.resume();
  EXPECT_TRUE(pool.pool.drain());
  std::vector<std::pair<std::uint64_t, int>> order;
  for (const tagged& job : pool.ran) order.emplace_back(job.key, job.number);
  EXPECT_EQ(order.size(), 6u);
  EXPECT_EQ(order.front(), (std::pair<std::uint64_t, int>{3, 0}));
  EXPECT_EQ(std::count(order.begin(), order.end(), std::pair<std::uint64_t, int>{1, 0}), 0) << "the oldest";
  std::erase_if(order, [](const auto& job) { return job.first != 2; });
  EXPECT_EQ(order, (std::vector<std::pair<std::uint64_t, int>>{{2, 0}, {2, 1}, {2, 2}}));
}

TEST(fairness, one_key_alone_may_fill_the_queue) {
  listener pool({.queue_capacity = 16, .on_full = overflow::reject()});
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(pool.submit(9, i)) << i;
  EXPECT_EQ(pool.submit(9, 16).error(), errc::full);
  pool.run_all();
}

TEST(fairness, the_last_places_are_for_keys_below_their_share_also_past_who_waits_at_the_door) {
  listener pool({.queue_capacity = 16, .on_full = overflow::reject()});
  ASSERT_TRUE(pool.submit(1, 0));
  for (int i = 0; i < 13; ++i) ASSERT_TRUE(pool.submit(9, i));
  EXPECT_EQ(pool.submit(9, 13).error(), errc::full);
  std::jthread blocked([&] { EXPECT_TRUE(pool.submit(9, 14, {.on_full = overflow::block()})); });
  until([&] { return pool.pool.stats().waiting == 1; });
  EXPECT_TRUE(pool.submit(1, 1));
  EXPECT_TRUE(pool.submit(2, 1));
  EXPECT_EQ(pool.submit(1, 2).error(), errc::full) << "there is no place at all";
  pool.pool.resume();
  blocked.join();
  pool.run_all();
}

/// One tenant offers 100 times its share, nine offer theirs; a step of the worker a turn of the loop.
double least_part_of_its_share(bool fair) {
  constexpr std::size_t tenants = 10;
  constexpr int steps = 3000;
  std::counting_semaphore<> go(0);
  std::array<std::atomic<int>, tenants> ran{};
  std::atomic<int> all = 0;
  worker_pool<std::size_t> pool(
      [&](std::size_t& tenant) {
        go.acquire();
        ++ran[tenant];
        ++all;
      },
      {.min_workers = 1,
       .max_workers = 1,
       .queue_capacity = 64,
       .fair_by_key = fair,
       .on_full = overflow::reject()});
  const auto offer = [&](std::size_t tenant) { (void)pool.submit(std::size_t{tenant}, {.key = tenant}); };
  for (int step = 0; step < steps; ++step) {
    for (int i = 0; i < 10; ++i) offer(0);
    const auto quiet = static_cast<std::size_t>(step) % tenants;
    if (quiet != 0) offer(quiet);
    go.release();
    until([&] { return all == step + 1; });
  }
  std::array<int, tenants> got{};
  for (std::size_t i = 0; i < tenants; ++i) got[i] = ran[i];
  go.release(1000);
  EXPECT_TRUE(pool.drain());
  expect_settled(pool.stats());
  const double share = static_cast<double>(steps) / tenants;
  return static_cast<double>(*std::min_element(got.begin() + 1, got.end())) / share;
}

TEST(fairness, nine_tenants_get_their_share_beside_one_that_offers_a_hundred_times_its_own) {
  EXPECT_GE(least_part_of_its_share(true), 0.95);
  EXPECT_LT(least_part_of_its_share(false), 0.5) << "then this test shows nothing";
}

}  // namespace
}  // namespace weir
