// Four ways in which systems with queues fall over, each with what avoids it.
#include <tool/demo/mistakes.hpp>

#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <fmt/format.h>

#include <array>

namespace weir::tool::demo {

namespace {

constexpr std::array<mistake, 4> all = {{
    {"An unbounded queue", "hides the overload until the memory is gone. Give it a bound.",
     "weir::worker_pool<order> pool(cook, {.queue_capacity = 100});"},
    {"An ignored signal", "is a bound nobody obeys. submit says why it refused: slow down, go away.",
     "if (auto id = pool.submit(std::move(o)); !id) turn_away(o, id.error());"},
    {"No monitoring", "means the guests tell you. Look at 80 %, not at 100 %.",
     "if (pool.queue_utilization() > 0.8) warn(pool.stats());"},
    {"The wrong size",
     "is a guess. For 500/s that take 20 ms and may wait 200 ms: 500 x 0.02 / 0.7 workers, 500 x 0.2 "
     "places.",
     "weir::pool_options sized{.max_workers = 15, .queue_capacity = 100};"},
}};

}  // namespace

std::span<const mistake> mistakes() { return all; }

namespace scene_named {

namespace {

void play(stage& on) {
  on.title("mistakes", "four classics, and the line that avoids each");
  int number = 0;
  for (const mistake& m : mistakes()) {
    on.say(fmt::format("{}. {} {}", ++number, m.name, m.explanation));
    on.show("     " + on.screen().paint(colour::green, m.line));
  }
  on.pause(std::chrono::seconds(2));
}

}  // namespace

extern const scene mistakes;
constinit const scene mistakes = {"mistakes",
                                  "The four classic mistakes, each with the line of code that avoids it.",
                                  place::closing, play};

}  // namespace scene_named
}  // namespace weir::tool::demo
