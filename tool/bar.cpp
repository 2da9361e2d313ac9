#include <tool/bar.hpp>

#include <algorithm>
#include <cmath>

namespace weir::tool {

std::string bar(std::uint64_t depth, bar_scale scale, int cells) {
  const double share = static_cast<double>(depth) / static_cast<double>(scale.full);
  const int filled = std::clamp(static_cast<int>(share * cells), depth > 0 ? 1 : 0, cells);
  const int mark = scale.marked ? static_cast<int>(std::ceil(warning_share * cells)) : cells;
  std::string text = "[";
  for (int i = 0; i < cells; ++i) text += i == mark ? '|' : i < filled ? '#' : '-';
  return text + "]";
}

}  // namespace weir::tool
