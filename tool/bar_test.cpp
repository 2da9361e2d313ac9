#include <tool/bar.hpp>

#include <gtest/gtest.h>

namespace weir::tool {
namespace {

constexpr bar_scale ten{10, true};

TEST(bar, is_filled_in_proportion_and_shows_the_mark) {
  EXPECT_EQ(bar(0, ten, 10), "[--------|-]");
  EXPECT_EQ(bar(5, ten, 10), "[#####---|-]");
  EXPECT_EQ(bar(10, ten, 10), "[########|#]");
}

TEST(bar, never_leaves_its_brackets_and_never_hides_a_little) {
  EXPECT_EQ(bar(1'000'000, ten, 10), bar(10, ten, 10));
  EXPECT_EQ(bar(1, {1'000'000, false}, 10), "[#---------]");
}

TEST(bar, without_a_capacity_there_is_no_mark) { EXPECT_EQ(bar(10, {20, false}, 10), "[#####-----]"); }

}  // namespace
}  // namespace weir::tool
