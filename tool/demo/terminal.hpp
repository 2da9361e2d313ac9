// Where the demo draws: a terminal, where a few lines are redrawn in place, or anything else, where lines
// only follow each other.
//
// Invariant: between two calls the cursor stands in the first column of an empty line and no colour is on, so
// the terminal is clean whenever we stop, whatever stops us. Thread-safety: one thread.
#pragma once

#include <jobs/run_options.hpp>

#include <span>
#include <string>
#include <string_view>

namespace weir::tool::demo {

using jobs::when;

/// Standard output cannot be written any more: `code` is errno.
struct output_gone {
  int code;
};

enum class colour { plain, bold, dim, green, yellow, red };

/// What we know of standard output and the environment when `automatic` has to be decided.
struct surroundings {
  bool is_terminal = false;
  bool no_color = false;  ///< NO_COLOR is set and not empty
  bool dumb = false;      ///< TERM is unset or "dumb"
  int columns = 80;

  static surroundings look();
};

class terminal {
 public:
  terminal(int descriptor, const surroundings&, when colours, when live);

  /// Are lines redrawn in place?
  bool live() const noexcept { return live_; }

  /// Columns that may be used: those of the terminal, at most 80, at least 20.
  int columns() const noexcept { return columns_; }

  /// `text` in that colour, or as it is when colours are off.
  std::string paint(colour, std::string_view text) const;

  /// Prints text that ends with a newline. Throws output_gone.
  void print(std::string_view text);

  /// Live only: replaces the lines drawn last by these, each cut to the width. Throws output_gone.
  void draw(std::span<const std::string> lines);

  /// What was drawn stays; the next drawing begins below it.
  void keep() noexcept { drawn_ = 0; }

 private:
  void write(std::string_view bytes);

  int descriptor_;
  bool colours_;
  bool live_;
  int columns_;
  std::size_t drawn_ = 0;  // lines above the cursor that the next draw replaces
};

/// The line without what does not fit into `columns`. Escape sequences count nothing and are kept.
std::string cut(std::string_view line, int columns);

}  // namespace weir::tool::demo
