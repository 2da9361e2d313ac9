#include <tool/demo/blocking_trace.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace weir::tool::demo {
namespace {

struct told {
  std::string text;
  int first_blocked;
};

told trace(const blocking_options& options) {
  told t;
  t.first_blocked = trace_blocking(options, [&](std::string_view line) { t.text.append(line).append("\n"); });
  return t;
}

constexpr const char* at_capacity_two =
    "Sending 0...\n"
    "Sent 0\n"
    "Processing 0\n"
    "Sending 1...\n"
    "Sent 1\n"
    "Sending 2...\n"
    "Sent 2\n"
    "Sending 3...\n"
    "Processing 1\n"
    "Sent 3\n"
    "Sending 4...\n"
    "Processing 2\n"
    "Sent 4\n"
    "Sending 5...\n"
    "Processing 3\n"
    "Sent 5\n"
    "Processing 4\n"
    "Processing 5\n";

TEST(blocking_trace, tells_the_same_story_at_each_run) {
  for (int run = 0; run < 300; ++run) {
    const told t = trace({});
    ASSERT_EQ(t.text, at_capacity_two) << "run " << run;
    ASSERT_EQ(t.first_blocked, 3);
  }
}

TEST(blocking_trace, the_first_send_to_block_is_the_one_after_the_places_and_the_consumers_hands_are_full) {
  EXPECT_EQ(trace({.capacity = 1}).first_blocked, 2);
  EXPECT_EQ(trace({.capacity = 4}).first_blocked, 5);
}

TEST(blocking_trace, nothing_blocks_where_there_is_room_for_everything) {
  const told t = trace({.capacity = 6, .items = 6});
  EXPECT_EQ(t.first_blocked, -1);
  EXPECT_TRUE(
      t.text.ends_with("Sent 5\nProcessing 1\nProcessing 2\nProcessing 3\nProcessing 4\nProcessing 5\n"));
}

TEST(blocking_trace, a_listener_that_throws_ends_it) {
  EXPECT_THROW(trace_blocking({}, [](std::string_view) { throw std::runtime_error("gone"); }),
               std::runtime_error);
}

}  // namespace
}  // namespace weir::tool::demo
