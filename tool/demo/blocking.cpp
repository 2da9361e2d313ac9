// Who waits for whom: one producer, one slow consumer, a channel with two places.
#include <tool/demo/blocking_trace.hpp>
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <fmt/format.h>

namespace weir::tool::demo::scene_named {

namespace {

void play(stage& on) {
  blocking_options options;
  if (on.screen().live() && on.pace() == pace::full) options.slow = std::chrono::milliseconds(400);
  on.title("blocking", "a fast producer, a slow consumer, a channel with 2 places");
  on.show("");
  const int first = trace_blocking(options, [&](std::string_view line) { on.show(line); });
  on.say(fmt::format(
      "\nThe first send to block is \"Sending {}...\": the consumer had {} in its hands, {} and {} "
      "filled both places. \"Sent {}\" comes only after \"Processing {}\" has freed one. "
      "From there on the producer goes at the consumer's pace: that is backpressure.",
      first, first - 3, first - 2, first - 1, first, first - 2));
}

}  // namespace

extern const scene blocking;
constinit const scene blocking = {
    "blocking", "A send that blocks, line by line: a producer and a slow consumer at capacity 2.",
    place::on_request, play};

}  // namespace weir::tool::demo::scene_named
