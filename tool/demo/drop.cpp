// Losing by design: the newest or the oldest order.
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <bench/harness/readable.hpp>

#include <fmt/format.h>

namespace weir::tool::demo::scene_named {

namespace {

using namespace weir::bench;

void play(stage& on) {
  on.title("drop_newest", "the order that finds the rail full is thrown away, and counted");
  const flood_result newest = on.flood("drop_newest");
  on.say(fmt::format("{} of {} dropped; who got in waited {} (p50).", readable_count(newest.dropped),
                     readable_count(newest.offered), readable(newest.wait.p50)));
  on.pause(std::chrono::seconds(1));

  on.title("drop_oldest", "the oldest slip makes room for the new one");
  const flood_result& oldest = on.flood("drop_oldest");
  on.say(
      fmt::format("{} of {} evicted; the pool's on_lost gets each. What runs is fresher: a "
                  "wait of {} (p50) where drop_newest had {}. Right for prices, positions, frames: "
                  "where the latest is worth more than the first.",
                  readable_count(oldest.evicted), readable_count(oldest.offered), readable(oldest.wait.p50),
                  readable(newest.wait.p50)));
  on.pause(std::chrono::seconds(2));
}

}  // namespace

extern const scene drop;
constinit const scene drop = {
    "drop", "Lose by design: drop_newest turns the new one away, drop_oldest keeps what is fresh.",
    place::tour, play};

}  // namespace weir::tool::demo::scene_named
