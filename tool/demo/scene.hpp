// The scenes of `weir demo`: each explains one idea and is one file, which defines one `scene` under its own
// name.
//
// A new scene is its file and its name in the list in scenes.cpp. Thread-safety: constants.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir::tool::demo {

class stage;

enum class place {
  tour,        ///< played when no scene is named, in the order of the list
  closing,     ///< the same, after the table that compares what the tour measured
  on_request,  ///< only when named
};

struct scene {
  std::string_view name;      ///< one word, a C++ identifier
  std::string_view sentence;  ///< for --list
  demo::place place;
  void (*play)(stage&);
};

/// All scenes, in the order of the list.
std::span<const scene* const> scenes();

/// The scene of that name; null when there is none.
const scene* find_scene(std::string_view name);

/// A scene a line: name, tab, sentence.
std::string list_of_scenes();

}  // namespace weir::tool::demo
