// How full something is, in characters.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>

namespace weir::tool {

/// What a bar is measured against: a capacity, whose 80 % is marked, or, where there is none, what may come
/// at most.
struct bar_scale {
  std::uint64_t full;  ///< at least 1
  bool marked;         ///< the mark stands at 80 % of `full`
};

inline constexpr double warning_share = 0.8;

/// "[########--|--]": `cells` cells between brackets, filled in proportion, the mark in the first cell at or
/// above 80 %. Anything above 0 fills a cell; more than `full` fills all.
std::string bar(std::uint64_t depth, bar_scale, int cells);

}  // namespace weir::tool
