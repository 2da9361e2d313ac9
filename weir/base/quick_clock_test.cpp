// The quick clock: as good as the clock, to a fraction of a microsecond.
#include <weir/base/quick_clock.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weir::detail {
namespace {

using namespace std::chrono_literals;

/// Reads both in turns for a while; how often the quick one lay outside of the clock's readings around it.
int readings_outside(duration length, duration tolerance) {
  int outside = 0;
  const time_point end = clock::now() + length;
  for (time_point before = clock::now(); before < end;) {
    const time_point quick = quick_now();
    const time_point after = clock::now();
    if (quick + tolerance < before || quick > after + tolerance) ++outside;
    before = clock::now();
  }
  return outside;
}

TEST(quick_clock, lies_between_two_readings_of_the_clock) { EXPECT_EQ(readings_outside(60ms, 1us), 0); }

TEST(quick_clock, does_so_in_every_thread) {
  std::vector<int> outside(4);
  {
    std::vector<std::jthread> threads;
    for (int& o : outside) threads.emplace_back([&o] { o = readings_outside(30ms, 1us); });
  }
  EXPECT_EQ(outside, (std::vector{0, 0, 0, 0}));
}

TEST(quick_clock, moves_on_with_the_clock_after_a_rest) {
  (void)quick_now();
  const time_point later = clock::now() + 3ms;
  std::this_thread::sleep_until(later);
  EXPECT_GE(quick_now() + 1us, later);
}

}  // namespace
}  // namespace weir::detail
