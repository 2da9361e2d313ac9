#include <weir/observe/histogram.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace weir {

namespace {

// Values below 2 * steps have a bucket each; above, every doubling has `steps` buckets.
constexpr unsigned step_bits = 6;
constexpr std::uint64_t steps = std::uint64_t{1} << step_bits;

constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
  if (value < 2 * steps) return static_cast<std::size_t>(value);
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - step_bits;
  return static_cast<std::size_t>(shift * steps + (value >> shift));
}

constexpr std::uint64_t middle_of(std::size_t bucket) noexcept {
  if (bucket < 2 * steps) return bucket;
  const std::uint64_t shift = bucket / steps - 1;
  const std::uint64_t low = (bucket - shift * steps) << shift;
  return low + ((std::uint64_t{1} << shift) - 1) / 2;
}

static_assert(bucket_of(127) == 127 && bucket_of(128) == 128 && bucket_of(129) == 128);
static_assert(bucket_of(INT64_MAX) == histogram::bucket_count - 1);
static_assert(bucket_of(middle_of(1000)) == 1000);

}  // namespace

void histogram::record(duration value, std::uint64_t times) noexcept {
  const std::uint64_t v = value.count() < 0 ? 0 : static_cast<std::uint64_t>(value.count());
  std::uint64_t seen = max_.load(std::memory_order_relaxed);
  while (v > seen && !max_.compare_exchange_weak(seen, v, std::memory_order_relaxed)) {
  }
  sum_.fetch_add(v * times, std::memory_order_relaxed);
  counts_[bucket_of(v)].fetch_add(times, std::memory_order_release);  // pairs with the acquire in snapshot
}

histogram_snapshot histogram::snapshot() const {
  histogram_snapshot shot;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    const std::uint64_t n = counts_[i].load(std::memory_order_acquire);  // pairs with the release in record
    if (n == 0) continue;
    shot.counts_.resize(i + 1);
    shot.counts_[i] = n;
    shot.count_ += n;
  }
  if (shot.count_ == 0) return shot;
  shot.sum_ = sum_.load(std::memory_order_relaxed);
  shot.max_ = max_.load(std::memory_order_relaxed);
  return shot;
}

duration histogram_snapshot::mean() const noexcept {
  return duration(static_cast<duration::rep>(count_ == 0 ? 0 : sum_ / count_));
}

duration histogram_snapshot::sum() const noexcept {
  return duration(static_cast<duration::rep>(std::min<std::uint64_t>(sum_, INT64_MAX)));
}

std::vector<std::uint64_t> histogram_snapshot::counts_up_to(std::span<const duration> bounds) const {
  std::vector<std::uint64_t> counts;
  counts.reserve(bounds.size());
  std::size_t bucket = 0;
  std::uint64_t below = 0;
  for (const duration bound : bounds) {
    while (bucket < counts_.size() && std::cmp_less_equal(middle_of(bucket), bound.count()))
      below += counts_[bucket++];
    counts.push_back(below);
  }
  return counts;
}

duration histogram_snapshot::p(double q) const noexcept {
  if (count_ == 0) return duration::zero();
  if (!(q < 1)) return max();
  const double rank = std::ceil(std::max(q, 0.0) * static_cast<double>(count_));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    below += counts_[i];
    if (below != 0 && static_cast<double>(below) >= rank)
      return duration(static_cast<duration::rep>(std::min(middle_of(i), max_)));
  }
  return max();
}

void histogram_snapshot::merge(const histogram_snapshot& other) {
  if (counts_.size() < other.counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

}  // namespace weir
