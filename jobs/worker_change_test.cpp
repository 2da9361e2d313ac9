#include <jobs/worker_change.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <utility>

namespace weir::jobs {
namespace {

std::pair<std::size_t, std::size_t> after(worker_span now, std::string_view text) {
  const auto change = parse_worker_change(text);
  EXPECT_TRUE(change) << text;
  const worker_span then = changed(now, *change);
  return {then.least, then.most};
}

using span = std::pair<std::size_t, std::size_t>;

TEST(worker_change, sets_a_number_or_a_range) {
  EXPECT_EQ(after({4, 4}, "8"), span(8, 8));
  EXPECT_EQ(after({4, 4}, "2..8"), span(2, 8));
  EXPECT_EQ(after({2, 8}, "3"), span(3, 3));
}

TEST(worker_change, moves_a_fixed_number_which_stays_fixed) {
  EXPECT_EQ(after({4, 4}, "+1"), span(5, 5));
  EXPECT_EQ(after({4, 4}, "-3"), span(1, 1));
}

TEST(worker_change, moves_the_upper_end_of_a_range) {
  EXPECT_EQ(after({2, 8}, "+2"), span(2, 10));
  EXPECT_EQ(after({2, 8}, "-2"), span(2, 6));
  EXPECT_EQ(after({4, 5}, "-3"), span(2, 2));
}

TEST(worker_change, never_leaves_one_to_the_most_there_can_be) {
  EXPECT_EQ(after({1, 1}, "-1"), span(1, 1));
  EXPECT_EQ(after({2, 2}, "-100000"), span(1, 1));
  EXPECT_EQ(after({most_workers, most_workers}, "+1"), span(most_workers, most_workers));
}

TEST(worker_change, that_makes_no_sense_shows_one_that_does) {
  for (const char* wrong : {"", "0", "+0", "-0", "x", "8x", "8..2", "..8", "2..", "+-1", "1.5", " 8",
                            "100001", "auto", "99999999999999999999"}) {
    const auto change = parse_worker_change(wrong);
    ASSERT_FALSE(change) << wrong;
    EXPECT_EQ(change.error().detail,
              "'" + std::string(wrong) + "' is no number of workers; use 8, 2..8, +1 or -1, at most 100000");
  }
}

RC_GTEST_PROP(worker_change, keeps_the_span_in_order_and_in_bounds, ()) {
  const auto most = *rc::gen::inRange<std::size_t>(1, most_workers + 1);
  const auto least = *rc::gen::inRange<std::size_t>(1, most + 1);
  const auto by = *rc::gen::inRange<std::int64_t>(-200'000, 200'000);
  const worker_span then = changed({least, most}, {.to = {least, most}, .by = by});
  RC_ASSERT(then.least >= 1 && then.least <= then.most && then.most <= most_workers);
}

}  // namespace
}  // namespace weir::jobs
