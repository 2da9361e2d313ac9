// Text laid out: what the tables say in sentences, filled to a width for the help, and taken apart for the
// manual.
//
// The layout of a text says what it is: see each function. Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tool {

/// Lines that belong together: sentences, or lines that are kept as they are (an example, a table).
struct paragraph {
  bool kept = false;
  std::string text{};  ///< sentences: one line, without an indentation; kept: lines, each with its end
};

/// A part of a long help or manual page.
struct section {
  std::string title{};
  std::vector<paragraph> body{};
};

/// Lines that begin with a space more than `indentation` are kept (without that indentation), the others are
/// joined to sentences; an empty line ends a paragraph.
std::vector<paragraph> paragraphs_of(std::string_view text, std::size_t indentation = 0);

/// A line without indentation begins a section; what follows is its body, indented by two.
std::vector<section> sections_of(std::string_view text);

/// Each line with so many spaces before it.
std::string indented(std::string_view text, std::size_t indentation);

/// The paragraphs with each line indented, sentences broken at `width` columns.
std::string filled(const std::vector<paragraph>&, std::size_t indentation, std::size_t width);

}  // namespace weir::tool
