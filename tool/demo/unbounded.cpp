// The first mistake, live: a queue without a bound.
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <bench/harness/readable.hpp>

#include <fmt/format.h>

namespace weir::tool::demo::scene_named {

namespace {

using namespace weir::bench;

void play(stage& on) {
  on.title("unbounded", "every order is taken, nobody is told to wait");
  const flood_result& r = on.flood("unbounded");
  on.say(
      fmt::format("Nothing refused, everything too late: {} orders queued at the end, {} of "
                  "memory, a wait of {} (p99) that grows as long as guests come. Of {} meals a "
                  "second {} went to somebody who still sat there. It ends when the memory does.",
                  readable_count(r.peak_depth), readable_bytes(r.peak_memory), readable(r.wait.p99),
                  readable_rate(r.throughput()), readable_rate(r.goodput())));
  on.pause(std::chrono::seconds(2));
}

}  // namespace

extern const scene unbounded;
constinit const scene unbounded = {
    "unbounded", "A queue without a bound under a flood: memory and wait climb until something breaks.",
    place::tour, play};

}  // namespace weir::tool::demo::scene_named
