// The idea, before any number.
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <bench/harness/policies_report.hpp>

#include <fmt/format.h>

namespace weir::tool::demo::scene_named {

namespace {

void play(stage& on) {
  on.title("kitchen", "what a queue is for");
  on.say(
      "A restaurant has two cooks and a rail that holds 16 order slips. "
      "When more guests come than two cooks can feed, the rail fills up, and the next "
      "guest has to hear something: \"please wait\", or \"sorry, full\". "
      "A kitchen that says neither takes every order, serves everybody late, and in "
      "the end nobody.");
  on.pause(std::chrono::seconds(4));
  on.say(
      fmt::format("\nHere the cooks are the workers of a weir::worker_pool, the slips its queue:\n{}"
                  "The bar shows the queue, | its 80 % mark: time to do something about it.",
                  weir::bench::describe(on.options())));
  on.pause(std::chrono::seconds(3));
}

}  // namespace

extern const scene kitchen;
constinit const scene kitchen = {
    "kitchen", "What a queue is for: a restaurant, two cooks, \"please wait\" or \"sorry, full\".",
    place::tour, play};

}  // namespace weir::tool::demo::scene_named
