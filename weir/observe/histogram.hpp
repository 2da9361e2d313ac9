// How long things took: counts in buckets whose width grows with the value.
//
// Invariants: a bucket is never wider than 1/64 of its lowest value, and its middle stands for it, so a
// quantile is off by less than 1 % (0.8 %); below 128 ns every value has a bucket of its own. Memory is
// fixed: 3712 counts, 29 KiB. Record is three relaxed-or-release atomic operations: no lock, no allocation,
// no loop but the one that raises the maximum. The largest value and the sum are updated before the count
// (release) and read after it (acquire), so a snapshot taken meanwhile never holds a value larger than its
// max().
#pragma once

#include <weir/base/time.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weir {

/// What a histogram held at one moment. A value; not thread-safe. Empty: every answer is zero.
class histogram_snapshot {
 public:
  std::uint64_t count() const noexcept { return count_; }
  /// Exact, as long as the recorded times together stay below 584 years.
  duration mean() const noexcept;
  /// Of all values together. Exact within the same bound; stops at 292 years.
  duration sum() const noexcept;
  /// Exact.
  duration max() const noexcept { return duration(static_cast<duration::rep>(max_)); }
  /// The least time that at least the share `q` of the values do not exceed, within 1 %; `q` below 0 counts
  /// as 0, above 1 (or not a number) as 1, and p(1) is max(). O(buckets).
  duration p(double q) const noexcept;

  /// How many values were at most each of `bounds`, which ascend: what Prometheus calls cumulative buckets. A
  /// value within 1 % of a bound may be counted on either side of it. O(buckets + bounds).
  std::vector<std::uint64_t> counts_up_to(std::span<const duration> bounds) const;

  /// Adds what `other` holds, as if one histogram had recorded both. O(buckets).
  void merge(const histogram_snapshot& other);

 private:
  friend class histogram;

  std::vector<std::uint64_t> counts_;  // up to the last bucket in use
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;  // nanoseconds
  std::uint64_t max_ = 0;  // nanoseconds
};

/// Any number of threads may record and take snapshots at the same time.
class histogram {
 public:
  /// Adds `times` values of `value` each (a negative one counts as zero). Lock-free, O(1).
  void record(duration value, std::uint64_t times = 1) noexcept;

  /// What has been recorded, at least all that happened before. O(buckets).
  histogram_snapshot snapshot() const;

  /// Buckets for every duration there is.
  static constexpr std::size_t bucket_count = 128 + (63 - 7) * 64;

 private:
  std::array<std::atomic<std::uint64_t>, bucket_count> counts_{};
  std::atomic<std::uint64_t> sum_{0};
  std::atomic<std::uint64_t> max_{0};
};

}  // namespace weir
