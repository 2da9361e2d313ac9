// What `weir top` shows, line by line, for a screen of any size.
//
// Invariants: draw() returns at most `rows` lines, none wider than `columns`; with room for it, the last line
// names the keys. What matters most stands first, for what does not fit is cut off below. Plain ASCII.
// Thread-safety: pure functions.
#pragma once

#include <tool/top/snapshot.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace weir::tool::top {

enum class tone { plain, bold, dim, good, warning, bad };

/// Text in one tone.
struct span {
  std::string text;
  top::tone tone = top::tone::plain;
};
using line = std::vector<span>;

struct view {
  std::string where;              ///< whom we ask: "127.0.0.1:9901"
  std::optional<snapshot> now{};  ///< none: nothing has been heard yet
  std::optional<rates> speed{};   ///< none: not known yet
  std::string trouble{};          ///< why nothing new is heard; "": it is
  std::string note{};             ///< what a key has done, or why it does nothing
  bool may_change = false;        ///< keys that change something have a token
};

struct screen_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// The whole screen.
std::vector<line> draw(const view&, screen_size);

/// What stands on it without the keys, for a file or a pipe: as many lines as it takes, each ended by a
/// newline.
std::string as_text(const view&, std::size_t columns = 80);

}  // namespace weir::tool::top
