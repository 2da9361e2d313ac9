#include <tool/demo/modelled_pool.hpp>

#include <gtest/gtest.h>

namespace weir::tool::demo {
namespace {

using namespace std::chrono_literals;

TEST(modelled_pool, a_job_waits_for_a_worker_and_is_refused_without_a_place) {
  timeline time;
  modelled_pool pool(time, {.workers = 1, .places = {2}}, 1);
  for (int i = 0; i < 4; ++i) pool.submit(0, 0, 10ms);
  time.run();
  EXPECT_EQ(pool.fate(0).came, 4u);
  EXPECT_EQ(pool.fate(0).refused, 1u);
  EXPECT_EQ(pool.fate(0).waits, (std::vector<weir::duration>{0ms, 10ms, 20ms}));
  EXPECT_EQ(pool.fate(0).wait(1), 20ms);
  EXPECT_EQ(pool.fate(0).wait(0.5), 10ms);
  EXPECT_DOUBLE_EQ(pool.fate(0).within(10ms), 0.5);
}

TEST(modelled_pool, the_important_lane_goes_first_but_for_the_turn_that_the_other_is_owed) {
  timeline time;
  modelled_pool pool(time, {.workers = 1, .places = {100, 100}, .starvation_limit = 5}, 2);
  pool.submit(0, 0, 1ms);
  for (int i = 0; i < 20; ++i) pool.submit(1, 1, 1ms);
  for (int i = 0; i < 20; ++i) pool.submit(0, 0, 1ms);
  time.run();
  EXPECT_EQ(pool.fate(1).waits.front(), 5ms);
  EXPECT_EQ(pool.fate(0).wait(1), 24ms);  // four turns of five
  EXPECT_EQ(pool.fate(1).waits.size(), 20u);
}

TEST(modelled_pool, a_worker_that_is_hired_takes_what_waits) {
  timeline time;
  modelled_pool pool(time, {.workers = 1, .places = {2}}, 1);
  for (int i = 0; i < 2; ++i) pool.submit(0, 0, 10ms);
  time.in(5ms, [&] { pool.hire(); });
  time.run();
  EXPECT_EQ(pool.fate(0).waits, (std::vector<weir::duration>{0ms, 5ms}));
}

TEST(modelled_pool, its_counts_keep_the_law_of_a_real_one) {
  timeline time;
  modelled_pool pool(time, {.workers = 2, .places = {1, 1}}, 2);
  for (std::size_t i = 0; i < 6; ++i) pool.submit(i % 2, i % 2, 10ms * static_cast<int>(i + 1));
  time.in(15ms, [&] {
    const weir::pool_stats s = pool.stats();
    EXPECT_EQ(s.submitted, 6u);
    EXPECT_EQ(s.completed, 1u);
    EXPECT_EQ(s.running, 2u);
    EXPECT_EQ(s.queued, 1u);
    EXPECT_EQ(s.rejected, 2u);
    EXPECT_EQ(s.workers, 2u);
  });
  time.run();
  EXPECT_EQ(pool.stats().completed, 4u);
  EXPECT_EQ(pool.stats().busy, 0u);
}

TEST(modelled_pool, nobody_who_came_is_nobody_who_waited_too_long) {
  timeline time;
  const modelled_pool pool(time, {.workers = 1, .places = {1}}, 1);
  EXPECT_EQ(pool.fate(0).within(0s), 1);
  EXPECT_EQ(pool.fate(0).wait(0.99), 0s);
}

}  // namespace
}  // namespace weir::tool::demo
