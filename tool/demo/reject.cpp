// An answer at once.
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <bench/harness/readable.hpp>

#include <fmt/format.h>

namespace weir::tool::demo::scene_named {

namespace {

using namespace weir::bench;

void play(stage& on) {
  on.title("reject", "\"sorry, full\", at once");
  const flood_result& r = on.flood("reject");
  on.say(fmt::format(
      "{} of {} refused, each within {} (p99): the caller has its value back and can "
      "go elsewhere or come again. Those inside waited {} at most, and were served. "
      "Right for requests: better a quick no than a late yes.",
      readable_count(r.rejected), readable_count(r.offered), readable(r.door.p99), readable(r.wait.max)));
  on.pause(std::chrono::seconds(2));
}

}  // namespace

extern const scene reject;
constinit const scene reject = {"reject", "\"Sorry, full\": the caller is told at once and keeps its value.",
                                place::tour, play};

}  // namespace weir::tool::demo::scene_named
