#include <tool/top/view.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

namespace weir::tool::top {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

view watched() {
  snapshot s{.state = "running", .pid = 42, .elapsed = seconds(90), .capacity = 100, .utilization = 0.4};
  s.jobs = {.submitted = 1000,
            .completed = 900,
            .failed = 3,
            .queued = 40,
            .workers = 4,
            .busy = 4,
            .high_water = 60,
            .cost = 400,
            .waiting = 1};
  s.max_cost = 65536;
  s.least_workers = s.most_workers = 4;
  s.in_flight = 4;
  s.queue_wait = {milliseconds(1), milliseconds(2), milliseconds(3), milliseconds(4)};
  s.lanes = {{.queued = 40, .capacity = 100}};
  return {.where = "127.0.0.1:9901", .now = s, .speed = rates{.submitted = 50, .completed = 48}};
}

std::string text_of(const line& l) {
  std::string text;
  for (const span& s : l) text += s.text;
  return text;
}

std::string text_of(const std::vector<line>& lines) {
  std::string text;
  for (const line& l : lines) text += text_of(l) + "\n";
  return text;
}

// The tone in which the words stand.
tone tone_at(const std::vector<line>& lines, std::string_view words) {
  for (const line& l : lines)
    for (const span& s : l)
      if (s.text.contains(words)) return s.tone;
  ADD_FAILURE() << words << " is nowhere in\n" << text_of(lines);
  return tone::plain;
}

TEST(top_view, shows_a_run_on_one_screen) {
  EXPECT_EQ(text_of(draw(watched(), {80, 11})),
            "weir top 127.0.0.1:9901  running  pid 42, for 90.0s\n"
            "\n"
            "queue    [#####################----------------------|---------] 40 of 100, 40 %\n"
            "         peak 60, at the door 1, cost 400 of 65536\n"
            "jobs     1000 submitted (50/s), 900 completed (48/s), 3 failed (0/s)\n"
            "lost     0 (0/s)\n"
            "workers  4 busy, 0 idle of 4; 4 in flight\n"
            "wait     p50 1.00ms   p90 2.00ms   p99 3.00ms   max 4.00ms\n"
            "run      p50 0s       p90 0s       p99 0s       max 0s\n"
            "\n"
            "q quit  p pause  + - workers\n");
}

TEST(top_view, turns_red_above_eighty_percent) {
  view v = watched();
  EXPECT_EQ(tone_at(draw(v, {}), "[###"), tone::good);
  v.now->utilization = 0.8;
  EXPECT_EQ(tone_at(draw(v, {}), "[###"), tone::good);
  v.now->utilization = 0.81;
  EXPECT_EQ(tone_at(draw(v, {}), "[###"), tone::bad);
}

TEST(top_view, names_the_causes_of_loss_that_there_are) {
  view v = watched();
  v.now->jobs.rejected = 5;
  v.now->jobs.expired = 2;
  v.speed->lost = 1.5;
  const auto lines = draw(v, {});
  EXPECT_TRUE(text_of(lines).contains("lost     7 (1.5/s): 5 rejected, 2 expired\n")) << text_of(lines);
  EXPECT_EQ(tone_at(lines, "5 rejected"), tone::bad);
}

TEST(top_view, shows_lanes_where_there_are_some) {
  view v = watched();
  v.now->lanes = {{.queued = 3, .capacity = 100, .wait = milliseconds(7)}, {.queued = 90, .capacity = 100}};
  const auto lines = draw(v, {});
  EXPECT_TRUE(text_of(lines).contains("lane 0        3 queued, wait p99 7.00ms\n")) << text_of(lines);
  EXPECT_EQ(tone_at(lines, "90 queued"), tone::warning);
}

TEST(top_view, shows_the_store_the_limit_and_the_breaker_where_there_are_some) {
  view v = watched();
  v.now->spill = {.jobs = 12, .bytes = 1 << 20, .max_bytes = 2 << 20};
  v.now->limit = 3;
  v.now->retries = 5;
  v.now->breaker = "open";
  v.now->least_workers = 2;
  const auto lines = draw(v, {});
  EXPECT_TRUE(text_of(lines).contains("spill    12 jobs, 1.00 MiB of 2.00 MiB")) << text_of(lines);
  EXPECT_TRUE(
      text_of(lines).contains("4 busy, 0 idle, 2 to 4; 4 in flight, limit 3; 5 retries; breaker open"))
      << text_of(lines);
  EXPECT_EQ(tone_at(lines, "breaker open"), tone::bad);
  v.now->spill->bytes = 2 << 20;
  EXPECT_EQ(tone_at(draw(v, {}), "12 jobs"), tone::bad);
}

TEST(top_view, puts_trouble_and_alerts_above_the_figures) {
  view v = watched();
  v.now->alerts = {{.name = "utilization", .text = "the queue is full", .active = seconds(12)}};
  v.trouble = "cannot watch it";
  const auto lines = draw(v, {});
  EXPECT_EQ(text_of(lines[1]), "cannot watch it");
  EXPECT_EQ(text_of(lines[2]), "ALERT utilization for 12.0s: the queue is full");
  EXPECT_EQ(tone_at(lines, "ALERT"), tone::bad);
}

TEST(top_view, before_the_first_answer_says_whom_it_asks) {
  const view v{.where = "127.0.0.1:9901", .trouble = "cannot watch 127.0.0.1:9901: Connection refused"};
  const auto lines = draw(v, {80, 5});
  EXPECT_EQ(text_of(lines[0]), "weir top 127.0.0.1:9901");
  EXPECT_EQ(text_of(lines[1]), v.trouble);
  EXPECT_TRUE(text_of(lines[4]).starts_with("q quit"));
}

TEST(top_view, offers_to_resume_what_is_paused) {
  view v = watched();
  v.now->state = "paused";
  v.note = "paused";
  const auto lines = draw(v, {});
  EXPECT_TRUE(text_of(lines.back()).contains("p resume")) << text_of(lines.back());
  EXPECT_TRUE(text_of(lines.back()).ends_with("   paused"));
  EXPECT_EQ(tone_at(lines, "  paused"), tone::warning);
}

TEST(top_view, dims_the_keys_that_do_nothing) {
  view v = watched();
  EXPECT_EQ(tone_at(draw(v, {}), "+ - workers"), tone::dim);
  v.may_change = true;
  EXPECT_EQ(tone_at(draw(v, {}), "+ - workers"), tone::plain);
}

TEST(top_view, as_text_is_all_of_it_without_keys) {
  view v = watched();
  v.now->alerts = {{.name = "spill", .text = std::string(200, 'x'), .active = seconds(1)}};
  const std::string text = as_text(v);
  EXPECT_TRUE(text.contains(std::string(200, 'x') + "\n")) << "nothing is cut";
  EXPECT_TRUE(text.ends_with("max 0s\n")) << text;
  EXPECT_FALSE(text.contains("quit"));
}

TEST(top_view, shows_nothing_that_could_command_a_terminal) {
  view v = watched();
  v.now->state = "\x1b[2J";
  v.now->alerts = {{.name = "a\nb", .text = "\x07\xff", .active = seconds(1)}};
  const std::string text = text_of(draw(v, {}));
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
}

RC_GTEST_PROP(top_view, never_leaves_the_screen, ()) {
  view v = watched();
  v.trouble = *rc::gen::arbitrary<std::string>();
  v.note = *rc::gen::arbitrary<std::string>();
  v.now->lanes.resize(*rc::gen::inRange<std::size_t>(0, 40));
  v.now->jobs.queued = *rc::gen::arbitrary<std::uint64_t>();
  v.now->capacity = *rc::gen::arbitrary<std::uint64_t>();
  v.now->utilization = *rc::gen::arbitrary<double>();
  if (*rc::gen::arbitrary<bool>()) v.now.reset();
  const screen_size size{*rc::gen::inRange<std::size_t>(1, 200), *rc::gen::inRange<std::size_t>(1, 60)};
  const auto lines = draw(v, size);
  RC_ASSERT(lines.size() <= size.rows);
  for (const line& l : lines) RC_ASSERT(text_of(l).size() <= size.columns);
  if (size.rows > 1 && size.columns > 10) RC_ASSERT(text_of(lines.back()).starts_with("q quit"));
}

}  // namespace
}  // namespace weir::tool::top
