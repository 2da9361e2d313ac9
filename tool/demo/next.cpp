// What to type now.
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <unistd.h>

#include <fmt/format.h>

namespace weir::tool::demo::scene_named {

namespace {

// How the reader starts this program: from the checkout by path, else from wherever it was installed.
std::string_view program() { return access("bin/weir", X_OK) == 0 ? "./bin/weir" : "weir"; }

void play(stage& on) {
  on.title("next", "try these");
  const std::string_view weir = program();
  on.show(
      fmt::format("  seq 10 | {0} run -j2 echo {{}}\n"
                  "  seq 20 | {0} run -j2 -q 4 --on-full drop_oldest sleep 0.{{}}; echo $?\n"
                  "  seq 300 | {0} run -j2 --stats-every 1s 'sleep 0.01; : {{}}'\n"
                  "  {0} demo blocking\n"
                  "  {0} bench policies --quick --format json",
                  weir));
}

}  // namespace

extern const scene next;
constinit const scene next = {"next", "Commands to try, ready to paste.", place::closing, play};

}  // namespace weir::tool::demo::scene_named
