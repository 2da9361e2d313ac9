// Backpressure: whoever brings a job waits for a place.
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <bench/harness/readable.hpp>

#include <fmt/format.h>

namespace weir::tool::demo::scene_named {

namespace {

using namespace weir::bench;

void play(stage& on) {
  on.title("block", "\"please wait\": submit returns when there is a place");
  const flood_result& r = on.flood("block");
  on.say(
      fmt::format("{} lost, never more than {} queued, {} of memory. The wait has not gone, it "
                  "has moved to the door: a sender stood there for up to {}, and brings less for "
                  "it. Right for whoever can wait: a file, a pipe, a batch. Guests cannot.",
                  r.lost() == 0 ? "Nothing" : readable_count(r.lost()), r.peak_depth,
                  readable_bytes(r.peak_memory), readable(r.door.max)));
  on.pause(std::chrono::seconds(2));
}

}  // namespace

extern const scene block;
constinit const scene block = {"block", "\"Please wait\": the sender waits for a place, nothing is lost.",
                               place::tour, play};

}  // namespace weir::tool::demo::scene_named
