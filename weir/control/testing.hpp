// For tests of control/: properties, and the clocks that a caller may have.
#pragma once

#include <weir/base/time.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace weir::control {

/// Checks a property with random cases: 1,000 of them, or what the environment says, as the preset `nightly`
/// does (RC_PARAMS="max_success=100000"; "seed=N" there repeats a run, whose seed is printed first).
template <class Property>
void expect_always(const std::string& what, Property&& property) {
  static const int given = setenv("RC_PARAMS", "max_success=1000", 0);
  ASSERT_EQ(given, 0);
  EXPECT_TRUE(rc::check(what, std::forward<Property>(property)));
}

/// A way to the next reading of a clock that mostly goes on by up to `scale`, often stands still, sometimes
/// jumps.
inline rc::Gen<duration> clock_step(duration scale) {
  const auto ns = scale.count();
  return rc::gen::map(rc::gen::weightedOneOf<duration::rep>({
                          {4, rc::gen::just<duration::rep>(0)},
                          {6, rc::gen::inRange<duration::rep>(0, ns + 1)},
                          {1, rc::gen::inRange<duration::rep>(-3 * ns, 0)},
                          {1, rc::gen::inRange<duration::rep>(0, 20 * ns)},
                      }),
                      [](duration::rep n) { return duration(n); });
}

/// Where a clock starts: also below zero, for 0 is no special time.
inline rc::Gen<time_point> clock_start() {
  return rc::gen::map(rc::gen::inRange<duration::rep>(-1'000'000'000'000, 1'000'000'000'000),
                      [](duration::rep n) { return time_point(duration(n)); });
}

/// A clock that is read: what it says, and the latest it ever said, which is what counts.
class test_clock {
 public:
  explicit test_clock(time_point start) : now_(start) {}

  void move(duration step) { now_ += step; }

  time_point read() {
    latest_ = std::max(latest_, now_);
    return now_;
  }
  time_point latest() const { return latest_; }

 private:
  time_point now_;
  time_point latest_ = time_point::min();
};

}  // namespace weir::control
