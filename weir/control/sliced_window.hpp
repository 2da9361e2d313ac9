// Sums over the last while, forgotten a tenth of the window at a time.
//
// Invariant: the window of a time in slice i (slices lie on multiples of their length, also below zero) is
// slices i-9 .. i; a slot belongs to slice s with s = newest_ - 9 .. newest_, and what is older is 0. So it
// covers between nine and ten slices, whatever was asked when. Times never go back: the caller passes the
// largest it has seen. A value type; not thread-safe. Rules to the bit: tests/vectors/README.md, "Sliced
// windows". Source: Finagle's WindowedAdder (ten slices).
#pragma once

#include <weir/base/time.hpp>
#include <weir/control/rounding.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::control {

/// `Sums` sums that are kept together, such as calls and failures.
template <std::size_t Sums>
class sliced_window {
 public:
  using sums = std::array<std::int64_t, Sums>;

  /// `length` at least 10 ns.
  explicit constexpr sliced_window(duration length) noexcept : slice_(length.count() / slices) {}

  /// The sums over the window that ends at `now`; what is older is forgotten. O(1).
  const sums& advance(time_point now) noexcept {
    const std::int64_t slice = slice_of(now);
    const std::uint64_t ahead = behind(slice);
    if (ahead == 0) return total_;
    if (ahead >= slices) {
      kept_ = {};
      total_ = {};
    } else {
      for (std::uint64_t k = 1; k <= ahead; ++k) forget(newest_ + static_cast<std::int64_t>(k));
    }
    newest_ = slice;
    return total_;
  }

  /// The same without forgetting anything.
  sums peek(time_point now) const noexcept {
    const std::uint64_t ahead = behind(slice_of(now));
    if (ahead >= slices) return {};
    sums left = total_;
    for (std::uint64_t k = 1; k <= ahead; ++k) {
      const sums& old = kept_[slot(newest_ + static_cast<std::int64_t>(k))];
      for (std::size_t i = 0; i < Sums; ++i) left[i] -= old[i];
    }
    return left;
  }

  /// Adds to the slice of `now`. O(1).
  void add(time_point now, const sums& amounts) noexcept {
    advance(now);
    sums& here = kept_[slot(newest_)];
    for (std::size_t i = 0; i < Sums; ++i) {
      here[i] += amounts[i];
      total_[i] += amounts[i];
    }
  }

  /// Forgets everything but the time.
  void clear() noexcept {
    kept_ = {};
    total_ = {};
  }

 private:
  static constexpr std::int64_t slices = 10;

  std::int64_t slice_of(time_point t) const noexcept {
    return floor_div(t.time_since_epoch().count(), slice_);
  }

  // By how many slices the newest one lies behind this one; differences of 64-bit numbers need all 64 bits.
  std::uint64_t behind(std::int64_t slice) const noexcept {
    return static_cast<std::uint64_t>(slice) - static_cast<std::uint64_t>(newest_);
  }

  static std::size_t slot(std::int64_t slice) noexcept {
    // Not by floor_div: its multiple may lie below the smallest number.
    const std::int64_t rest = slice % slices;
    return static_cast<std::size_t>(rest < 0 ? rest + slices : rest);
  }

  // The slot is that of the slice ten before, which leaves the window.
  void forget(std::int64_t slice) noexcept {
    sums& old = kept_[slot(slice)];
    for (std::size_t i = 0; i < Sums; ++i) total_[i] -= old[i];
    old = {};
  }

  std::int64_t slice_;  // ns
  std::int64_t newest_ = INT64_MIN;
  sums total_{};
  std::array<sums, slices> kept_{};
};

}  // namespace weir::control
