// What stands for a value in the tables of options (N, TIME, FILE, text|json): an example of it for messages,
// and what a shell can offer in its place.
//
// A placeholder is known here once, so that a table needs no column for it; one that is not known has no
// example and is not completed. Thread-safety: pure functions.
#pragma once

#include <string_view>
#include <vector>

namespace weir::tool {

/// What may stand there, as far as a shell can know.
struct completion {
  std::vector<std::string_view> words{};  ///< of a closed set, or beginnings of words ("timeout:")
  bool files = false;
  bool folders = false;
};

/// The parts of "N|MIN..MAX|auto", or of "=WHEN".
std::vector<std::string_view> alternatives(std::string_view value);

/// The first alternative, as somebody would write it: "8" for "N|auto|FILE"; empty when it is not known.
std::string_view example_of_value(std::string_view value);

completion completion_of_value(std::string_view value);

}  // namespace weir::tool
