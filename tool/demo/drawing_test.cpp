#include <tool/demo/drawing.hpp>

#include <gtest/gtest.h>

namespace weir::tool::demo {
namespace {

using namespace std::chrono_literals;

constexpr bar_scale ten{10, true};

const bench::flood_sample example{
    .elapsed = 1250ms, .depth = 32, .wait = 81'500us, .goodput = 397.6, .lost = 1204, .memory = 2'200'000};

terminal plain(int columns = 80) { return {-1, {.columns = columns}, when::never, when::never}; }

TEST(drawing, a_bar_turns_red_at_eighty_percent) {
  EXPECT_EQ(bar_colour(7, ten), colour::green);
  EXPECT_EQ(bar_colour(8, ten), colour::red);
  EXPECT_EQ(bar_colour(8, {10, false}), colour::yellow);
}

TEST(drawing, a_bounded_queue_is_drawn_against_its_capacity_an_unbounded_one_against_all_that_may_come) {
  const bench::flood_options flood{.work = {1, 5ms}, .length = 5s, .workers = 1};
  EXPECT_EQ(scale_of(*bench::find_strategy("reject"), flood).full, bench::usual_queue);
  EXPECT_TRUE(scale_of(*bench::find_strategy("reject"), flood).marked);
  EXPECT_EQ(scale_of(*bench::find_strategy("unbounded"), flood).full, 2000u);
  EXPECT_FALSE(scale_of(*bench::find_strategy("unbounded"), flood).marked);
}

TEST(drawing, the_columns_of_a_row_stand_under_their_head) {
  EXPECT_EQ(row_head(), "    time  queue                    depth     wait   goodput    lost    memory\n");
  EXPECT_EQ(row(plain(), example, {32, true}),
            "  1.25 s  [#################|###]     32  81.5 ms     398/s   1,204  2.10 MiB\n");
}

TEST(drawing, a_panel_fits_the_terminal) {
  for (const int columns : {40, 80, 200}) {
    const terminal t = plain(columns);
    const auto lines = panel(t, example, {32, true});
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_LT(static_cast<int>(lines[0].size()), t.columns()) << lines[0];
  }
  EXPECT_LT(panel(plain(), example, {32, true})[1].size(), 80u);
}

TEST(drawing, memory_that_is_not_known_is_said_to_be_unknown) {
  bench::flood_sample s = example;
  s.memory.reset();
  EXPECT_NE(row(plain(), s, ten).find("unknown"), std::string::npos);
}

}  // namespace
}  // namespace weir::tool::demo
