#include <weir/observe/histogram.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;

double off_by(duration got, duration want) {
  return std::abs(static_cast<double>(got.count() - want.count())) / static_cast<double>(want.count());
}

TEST(histogram, an_empty_one_answers_zero) {
  const histogram_snapshot shot = histogram().snapshot();
  EXPECT_EQ(shot.count(), 0u);
  EXPECT_EQ(shot.mean(), 0ns);
  EXPECT_EQ(shot.max(), 0ns);
  EXPECT_EQ(shot.p(0.5), 0ns);
  EXPECT_EQ(shot.p(1), 0ns);
  EXPECT_EQ(histogram_snapshot().p(0.99), 0ns);
}

TEST(histogram, every_value_from_a_nanosecond_to_centuries_is_within_one_percent) {
  for (std::int64_t v = 1; v > 0 && v < INT64_MAX / 3; v += v / 7 + 1) {
    histogram h;
    h.record(duration(v));
    h.record(duration::max());  // so that p(0.5) is not clamped by max()
    const auto shot = h.snapshot();
    EXPECT_LT(off_by(shot.p(0.5), duration(v)), 0.01) << v;
    EXPECT_EQ(shot.max(), duration::max());
  }
}

TEST(histogram, small_values_are_exact) {
  for (int v = 0; v < 128; ++v) {
    histogram h;
    h.record(duration(v));
    h.record(1s);
    EXPECT_EQ(h.snapshot().p(0.5), duration(v));
  }
}

TEST(histogram, quantiles_of_random_values_are_within_one_percent_of_the_sorted_ones) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> draw(std::log(1e6), 2.0);
  histogram h;
  std::vector<duration> values;
  for (int i = 0; i < 20'000; ++i) {
    values.emplace_back(static_cast<std::int64_t>(draw(random)) + 1);
    h.record(values.back());
  }
  std::sort(values.begin(), values.end());
  const auto shot = h.snapshot();
  for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999}) {
    const auto rank = std::max<double>(1, std::ceil(q * static_cast<double>(values.size())));
    EXPECT_LT(off_by(shot.p(q), values[static_cast<std::size_t>(rank) - 1]), 0.01) << q;
  }
  EXPECT_EQ(shot.p(1), values.back());
  EXPECT_EQ(shot.max(), values.back());
}

TEST(histogram, mean_and_max_are_exact) {
  histogram h;
  h.record(1ms);
  h.record(4ms);
  h.record(1ms);
  const auto shot = h.snapshot();
  EXPECT_EQ(shot.count(), 3u);
  EXPECT_EQ(shot.mean(), 2ms);
  EXPECT_EQ(shot.max(), 4ms);
}

TEST(histogram, a_value_recorded_many_times_counts_as_often) {
  histogram h;
  h.record(10us, 16);
  EXPECT_EQ(h.snapshot().count(), 16u);
  EXPECT_EQ(h.snapshot().mean(), 10us);
}

TEST(histogram, a_negative_time_counts_as_zero) {
  histogram h;
  h.record(-5s);
  EXPECT_EQ(h.snapshot().count(), 1u);
  EXPECT_EQ(h.snapshot().max(), 0ns);
}

TEST(histogram, a_share_outside_zero_to_one_is_bent_into_it) {
  histogram h;
  h.record(1us);
  h.record(1ms);
  const auto shot = h.snapshot();
  EXPECT_EQ(shot.p(-1), shot.p(0));
  EXPECT_LT(off_by(shot.p(0), 1us), 0.01);
  EXPECT_EQ(shot.p(7), 1ms);
  EXPECT_EQ(shot.p(std::numeric_limits<double>::quiet_NaN()), 1ms);
}

TEST(histogram, merged_snapshots_are_as_if_one_histogram_had_recorded_both) {
  histogram a, b, both;
  for (int i = 1; i <= 1000; ++i) {
    const duration v = 1us * i * i;
    (i % 3 == 0 ? a : b).record(v);
    both.record(v);
  }
  histogram_snapshot merged;
  merged.merge(a.snapshot());
  merged.merge(b.snapshot());
  merged.merge(histogram_snapshot());
  const auto want = both.snapshot();
  EXPECT_EQ(merged.count(), want.count());
  EXPECT_EQ(merged.mean(), want.mean());
  EXPECT_EQ(merged.max(), want.max());
  for (const double q : {0.1, 0.5, 0.99}) EXPECT_EQ(merged.p(q), want.p(q));
}

TEST(histogram, threads_that_record_at_once_lose_nothing_and_snapshots_between_are_sane) {
  constexpr int threads = 4, each = 20'000;
  histogram h;
  std::vector<std::jthread> all;
  for (int t = 1; t <= threads; ++t)
    all.emplace_back([&h, t] {
      for (int i = 0; i < each; ++i) h.record(duration(t * 1000));
    });
  for (std::uint64_t last = 0; last < threads * each;) {
    const auto shot = h.snapshot();
    EXPECT_GE(shot.count(), last);
    EXPECT_LE(shot.max(), duration(threads * 1000));
    last = shot.count();
    std::this_thread::yield();
  }
  all.clear();
  EXPECT_EQ(h.snapshot().count(), std::uint64_t{threads * each});
  EXPECT_EQ(h.snapshot().mean(), 2500ns);
}

TEST(histogram, the_sum_is_exact) {
  histogram h;
  EXPECT_EQ(h.snapshot().sum(), 0ns);
  h.record(3ms);
  h.record(123'456'789ns, 2);
  EXPECT_EQ(h.snapshot().sum(), 3ms + 2 * 123'456'789ns);
}

TEST(histogram, a_sum_beyond_292_years_stops_there) {
  histogram h;
  h.record(duration::max());
  h.record(1s);
  EXPECT_EQ(h.snapshot().sum(), duration::max());
}

TEST(histogram, counts_up_to_bounds_grow_with_them_and_end_at_all) {
  histogram h;
  for (int ms = 1; ms <= 100; ++ms) h.record(std::chrono::milliseconds(ms));
  const std::vector<duration> bounds{0ns, 10'500us, 50'500us, 99'900ms, duration::max()};
  EXPECT_EQ(h.snapshot().counts_up_to(bounds), (std::vector<std::uint64_t>{0, 10, 50, 100, 100}));
}

TEST(histogram, a_value_of_zero_is_counted_up_to_zero_and_none_below) {
  histogram h;
  h.record(0ns, 3);
  h.record(1ns);
  EXPECT_EQ(h.snapshot().counts_up_to(std::vector<duration>{-1ns, 0ns, 1ns}),
            (std::vector<std::uint64_t>{0, 3, 4}));
  EXPECT_EQ(h.snapshot().counts_up_to({}), std::vector<std::uint64_t>{});
}

TEST(histogram, only_values_within_one_percent_of_a_bound_may_be_on_its_wrong_side) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> draw(std::log(1e7), 3.0);
  histogram h;
  std::vector<double> values;
  for (int i = 0; i < 20'000; ++i) {
    const duration value(static_cast<std::int64_t>(draw(random)));
    values.push_back(static_cast<double>(value.count()));
    h.record(value);
  }
  const auto up_to = [&](double bound) {
    return static_cast<std::uint64_t>(std::ranges::count_if(values, [&](double v) { return v <= bound; }));
  };
  std::vector<duration> bounds;
  for (double b = 100; b < 1e11; b *= 1.7) bounds.emplace_back(static_cast<std::int64_t>(b));
  const auto counts = h.snapshot().counts_up_to(bounds);
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const auto bound = static_cast<double>(bounds[i].count());
    EXPECT_GE(counts[i], up_to(bound * 0.99)) << bound;
    EXPECT_LE(counts[i], up_to(bound * 1.01)) << bound;
  }
}

}  // namespace
}  // namespace weir
