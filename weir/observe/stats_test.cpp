#include <weir/observe/stats.hpp>

#include <gtest/gtest.h>

#include <set>

namespace weir {
namespace {

TEST(loss, each_kind_has_the_name_of_its_counter) {
  pool_stats s;
  s.rejected = 1;
  s.dropped = 2;
  s.timed_out = 3;
  s.withdrawn = 4;
  s.evicted = 5;
  s.expired = 6;
  s.cancelled = 7;
  EXPECT_EQ(count_of(s, loss::rejected), 1u);
  EXPECT_EQ(count_of(s, loss::dropped), 2u);
  EXPECT_EQ(count_of(s, loss::timed_out), 3u);
  EXPECT_EQ(count_of(s, loss::withdrawn), 4u);
  EXPECT_EQ(count_of(s, loss::evicted), 5u);
  EXPECT_EQ(count_of(s, loss::expired), 6u);
  EXPECT_EQ(count_of(s, loss::cancelled), 7u);
  EXPECT_EQ(name(loss::rejected), "rejected");
  EXPECT_EQ(name(loss::timed_out), "timed_out");
  EXPECT_EQ(name(loss::cancelled), "cancelled");
}

TEST(loss, all_of_them_are_listed_once) {
  std::set<std::string_view> names;
  for (const loss kind : all_losses) names.insert(name(kind));
  EXPECT_EQ(names, (std::set<std::string_view>{"rejected", "dropped", "timed_out", "withdrawn", "evicted",
                                               "expired", "cancelled"}));
}

TEST(loss_set, holds_what_was_put_in) {
  loss_set some{loss::dropped, loss::cancelled};
  EXPECT_TRUE(some.contains(loss::dropped));
  EXPECT_TRUE(some.contains(loss::cancelled));
  EXPECT_FALSE(some.contains(loss::rejected));
  some |= {loss::rejected};
  EXPECT_TRUE(some.contains(loss::rejected));
  EXPECT_EQ(some, (loss_set{loss::cancelled, loss::rejected, loss::dropped}));
  EXPECT_NE(some, loss_set{});
}

}  // namespace
}  // namespace weir
