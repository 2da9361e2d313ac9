#include <tool/demo/scene.hpp>

#include <algorithm>

// Every scene, in the order of the tour. To add one: its file, and its name here.
#define WEIR_DEMO_SCENES(scene)                                                                          \
  scene(kitchen) scene(unbounded) scene(block) scene(drop) scene(reject) scene(timeout) scene(mistakes)  \
      scene(next) scene(blocking) scene(rate) scene(retry) scene(breaker) scene(priority) scene(scaling) \
          scene(sizing) scene(spill) scene(monitor)

namespace weir::tool::demo {

namespace scene_named {
#define WEIR_DECLARE(name) extern const scene name;
WEIR_DEMO_SCENES(WEIR_DECLARE)
#undef WEIR_DECLARE
}  // namespace scene_named

std::span<const scene* const> scenes() {
#define WEIR_ADDRESS(name) &scene_named::name,
  static constexpr const scene* all[] = {WEIR_DEMO_SCENES(WEIR_ADDRESS)};
#undef WEIR_ADDRESS
  return all;
}

const scene* find_scene(std::string_view name) {
  const auto found = std::ranges::find_if(scenes(), [&](const scene* s) { return s->name == name; });
  return found == scenes().end() ? nullptr : *found;
}

std::string list_of_scenes() {
  std::string text;
  for (const scene* s : scenes()) text.append(s->name).append("\t").append(s->sentence).append("\n");
  return text;
}

}  // namespace weir::tool::demo
