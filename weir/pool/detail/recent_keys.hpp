// How many keys are in use: those of the last few submits, counted without remembering them.
//
// Rule: submits are counted in rounds of `round` each; a key marks one of 1024 bits; the answer is the most
// bits marked in the last full round or this one. Keys that share a bit count once, so the answer may be low,
// never high. Not thread-safe.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>

namespace weir::detail {

class recent_keys {
 public:
  /// `round`: submits after which a key that is gone begins to be forgotten; a round more, and it is.
  explicit recent_keys(std::size_t round) noexcept : round_(std::clamp<std::size_t>(round, 64, 65536)) {}

  void note(std::uint64_t key) noexcept {
    if (++submits_ > round_) {
      before_ = now_;
      now_ = 0;
      submits_ = 1;
      marks_.reset();
    }
    const auto bit = static_cast<std::size_t>((key * 0x9E3779B97F4A7C15) >> 54);
    now_ += !marks_[bit];
    marks_[bit] = true;
  }

  /// At least 1.
  std::size_t count() const noexcept { return std::max({before_, now_, std::size_t{1}}); }

 private:
  std::size_t round_;
  std::size_t submits_ = 0;
  std::size_t before_ = 0;
  std::size_t now_ = 0;
  std::bitset<1024> marks_;
};

}  // namespace weir::detail
