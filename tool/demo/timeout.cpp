// Between the two: wait, but not for ever.
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <bench/harness/readable.hpp>

#include <fmt/format.h>

namespace weir::tool::demo::scene_named {

namespace {

using namespace weir::bench;

void play(stage& on) {
  on.title("timeout", "\"please wait\", for 20 ms, then \"sorry\"");
  const flood_result& r = on.flood("timeout");
  on.say(
      fmt::format("{} of {} gave up at the door, where nobody stood longer than about {} (p99). "
                  "Right where a moment's patience rides out a short burst.",
                  readable_count(r.timed_out), readable_count(r.offered), readable(r.door.p99)));
  on.pause(std::chrono::seconds(2));
}

}  // namespace

extern const scene timeout;
constinit const scene timeout = {"timeout", "A little patience: wait for a place, but not for ever.",
                                 place::tour, play};

}  // namespace weir::tool::demo::scene_named
