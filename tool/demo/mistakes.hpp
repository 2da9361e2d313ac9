// The four classic mistakes, as data, so that a test can compile the lines that avoid them.
#pragma once

#include <span>
#include <string_view>

namespace weir::tool::demo {

struct mistake {
  std::string_view name;         ///< begins the sentence
  std::string_view explanation;  ///< ends it
  std::string_view line;         ///< of C++
};

std::span<const mistake> mistakes();

}  // namespace weir::tool::demo
