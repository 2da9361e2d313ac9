#include <bench/harness/contests.hpp>

#include <bench/harness/channel_cell.hpp>
#include <bench/harness/condvar_queue.hpp>
#include <bench/harness/pool_cell.hpp>
#include <bench/harness/weir_queue.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>

namespace weir::bench {
namespace {

// Every contestant of every quick contest does a few items, and none is lost: each checks its own sum.
void all_are_right(const std::vector<contest>& contests) {
  ASSERT_FALSE(contests.empty());
  for (const contest& c : contests)
    for (const contestant& who : c.contestants)
      EXPECT_TRUE(who.run(64).right) << who.name << " in " << c.cell;
}

TEST(contests, every_channel_contestant_moves_all_items) { all_are_right(channel_contests(extent::quick)); }
TEST(contests, every_pool_contestant_runs_all_jobs) { all_are_right(pool_contests(extent::quick)); }

TEST(contests, only_weir_takes_part_where_the_textbook_queue_cannot) {
  for (const contest& c : channel_contests(extent::whole)) {
    EXPECT_EQ(c.compared, c.cell.find("capacity 0") == std::string::npos) << c.cell;
    EXPECT_EQ(c.contestants.size(), c.compared ? 3U : 2U) << c.cell;
  }
}

TEST(contests, no_cell_is_there_twice) {
  for (const auto& all : {channel_contests(extent::whole), pool_contests(extent::whole)}) {
    std::set<std::string> cells;
    for (const contest& c : all) EXPECT_TRUE(cells.insert(c.cell).second) << c.cell;
  }
}

TEST(contests, a_latency_is_told_for_each_pool) {
  const auto found = pool_latencies(extent::quick);
  ASSERT_EQ(found.size(), 3U);
  for (const latency_standing& l : found) {
    EXPECT_GT(l.p50, duration::zero()) << l.contestant;
    EXPECT_GE(l.p99, l.p50) << l.contestant;
  }
}

// A queue that gives every item out twice, and so never gives out half of them: the sum must notice.
template <class T>
class doubling_queue : public condvar_queue<T> {
 public:
  using condvar_queue<T>::condvar_queue;
  T take() {
    if (repeat_) {
      repeat_ = false;
      return last_;
    }
    last_ = condvar_queue<T>::take();
    repeat_ = true;
    return last_;
  }

 private:
  T last_{};
  bool repeat_ = false;  // the one consumer's
};

TEST(channel_cell, a_doubled_item_shows_in_the_sum) {
  const channel_cell cell{.capacity = 64, .items = 64};  // all fit, so that the sender ends
  EXPECT_NE(between_threads<doubling_queue>(cell).checksum, expected_checksum(cell));
  EXPECT_EQ(between_threads<condvar_queue>(cell).checksum, expected_checksum(cell));
}

TEST(channel_cell, wide_items_and_round_trips_add_up_too) {
  for (const bool ping_pong : {false, true}) {
    const channel_cell cell{.capacity = 1, .bytes = 64, .items = 640, .ping_pong = ping_pong};
    EXPECT_EQ(between_threads<weir_queue>(cell).checksum, expected_checksum(cell));
  }
}

TEST(channel_cell, the_shares_of_the_producers_are_the_numbers_from_one_on) {
  const channel_cell cell{.producers = 4, .items = 640};
  std::uint64_t next = 1;
  for (std::size_t i = 0; i < cell.producers; ++i) {
    EXPECT_EQ(share_of(cell, i).first, next);
    next += share_of(cell, i).count;
  }
  EXPECT_EQ(next, cell.items + 1);
}

// A pool that forgets every job but the last.
template <class Course>
class forgetful_pool {
 public:
  forgetful_pool(std::size_t, Course& course) : course_(course) {}
  void submit(std::uint64_t) { course_.run(); }

 private:
  Course& course_;
};

TEST(pool_cell, a_single_job_after_a_pause_tells_when_it_began) {
  const auto found = latencies_after_idling<forgetful_pool>({.items = 3});
  ASSERT_EQ(found.size(), 3U);
  for (const duration d : found) EXPECT_GE(d, duration::zero());
}

TEST(pool_cell, a_course_counts_what_has_not_run) {
  counted_course course({.items = 2});
  course.begin();
  course.run();
  EXPECT_EQ(course.left(), 1U);
  course.run();
  EXPECT_EQ(course.left(), 0U);
  EXPECT_GE(course.wait().time, duration::zero());
}

TEST(pool_cell, twice_the_time_is_about_twice_the_rounds) {
  const double one = static_cast<double>(spin_of(std::chrono::microseconds(1)));
  const double ten = static_cast<double>(spin_of(std::chrono::microseconds(10)));
  EXPECT_GT(one, 1);
  EXPECT_GT(ten / one, 5);  // others on the machine blur it
  EXPECT_LT(ten / one, 20);
}

}  // namespace
}  // namespace weir::bench
