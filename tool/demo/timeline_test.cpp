#include <tool/demo/timeline.hpp>

#include <gtest/gtest.h>

namespace weir::tool::demo {
namespace {

using namespace std::chrono_literals;

TEST(timeline, what_is_due_happens_in_order_and_at_its_time) {
  timeline time;
  std::vector<std::pair<int, weir::duration>> seen;
  const auto note = [&](int name) {
    return [&, name] { seen.emplace_back(name, time.now().time_since_epoch()); };
  };
  time.in(2s, note(3));
  time.in(1s, note(1));
  time.in(1s, note(2));
  time.in(-1s, note(0));
  time.run();
  EXPECT_EQ(seen, (decltype(seen){{0, 0s}, {1, 1s}, {2, 1s}, {3, 2s}}));
}

TEST(timeline, what_happens_may_ask_for_more) {
  timeline time;
  int left = 3;
  std::function<void()> again = [&] {
    if (--left > 0) time.in(5ms, again);
  };
  time.in(0s, again);
  time.run();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(time.now().time_since_epoch(), 10ms);
}

TEST(timeline, even_steps_begin_now_and_leave_the_end_out) {
  timeline time;
  std::vector<weir::duration> seen;
  time.in(1s, [&] { evenly(time, 4, 1s, [&] { seen.push_back(time.now().time_since_epoch()); }); });
  time.run();
  EXPECT_EQ(seen, (std::vector<weir::duration>{1000ms, 1250ms, 1500ms, 1750ms}));
}

TEST(timeline, random_arrivals_keep_to_their_rates_and_end) {
  timeline time;
  control::splitmix64 random(3);
  int early = 0, late = 0;
  at_random(
      time, [](weir::duration at) { return at < 50s ? 100.0 : 300.0; }, 100s, random,
      [&] { ++(time.now() < weir::time_point(50s) ? early : late); });
  time.run();
  EXPECT_NEAR(early, 5000, 4 * 71);  // four standard deviations, seed 3
  EXPECT_NEAR(late, 15000, 4 * 123);
}

}  // namespace
}  // namespace weir::tool::demo
