// Who goes first: an important trickle beside a flood.
#include <tool/demo/modelled_pool.hpp>
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <bench/harness/readable.hpp>
#include <weir/control/fair_share.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace weir::tool::demo::scene_named {

namespace {

using namespace std::chrono_literals;

constexpr weir::duration service = 5ms;
constexpr int workers = 2;
constexpr double capacity = 400;  // a second
constexpr weir::duration length = 30s;
constexpr std::size_t places = 64;

struct flood_of {
  double important;  // a second
  double rest;
  bool lanes;
  std::int64_t starvation_limit;
};

// Kind 0 is the important one.
std::array<modelled_fate, 2> run(const flood_of& f) {
  timeline time;
  const std::vector<std::size_t> rooms = f.lanes ? std::vector{places, places} : std::vector{places};
  modelled_pool pool(time, {.workers = workers, .places = rooms, .starvation_limit = f.starvation_limit}, 2);
  weir::control::splitmix64 important(1), rest(2);
  at_random(
      time, [&](weir::duration) { return f.important; }, length, important,
      [&] { pool.submit(0, 0, service); });
  if (f.rest > 0)
    at_random(
        time, [&](weir::duration) { return f.rest; }, length, rest,
        [&] { pool.submit(1, f.lanes ? 1 : 0, service); });
  time.run();
  return {pool.fate(0), pool.fate(1)};
}

std::string row(std::string_view name, const flood_of& f) {
  const auto [important, rest] = run(f);
  const auto served = static_cast<double>(rest.waits.size()) / std::chrono::duration<double>(length).count();
  return fmt::format(
      "{:<28}{:>10.1f} %{:>12}{:>12}{:>13.0f}/s\n", name,
      100.0 * static_cast<double>(important.waits.size()) / static_cast<double>(important.came),
      weir::bench::readable(important.wait(0.5)), weir::bench::readable(important.wait(0.99)), served);
}

std::string head(std::string_view name) {
  return fmt::format("{:<28}{:>12}{:>12}{:>12}{:>15}\n", name, "served", "wait p50", "p99", "rest served");
}

// How many turns until everybody but the noisy tenant has been served.
int turns_until_served(auto&& next, int quiet) {
  int turns = 0;
  while (quiet > 0) {
    quiet -= next() != 0;
    ++turns;
  }
  return turns;
}

void show_tenants(stage& on) {
  constexpr int noisy = 1000, tenants = 9, each = 10;
  weir::control::fair_share turns;
  std::deque<std::uint64_t> line;
  const auto push = [&](std::uint64_t key) {
    turns.push(key);
    line.push_back(key);
  };
  for (int i = 0; i < noisy; ++i) push(0);
  for (int i = 0; i < each; ++i)
    for (std::uint64_t key = 1; key <= tenants; ++key) push(key);
  const int fair = turns_until_served([&] { return *turns.pick(); }, tenants * each);
  const int in_line = turns_until_served(
      [&] {
        const std::uint64_t key = line.front();
        line.pop_front();
        return key;
      },
      tenants * each);
  on.say(
      fmt::format("\nEquals do not need lanes but shares. One tenant brings {} jobs, then nine others {} "
                  "each. In one line the "
                  "nine are done after {} turns, with fair shares by key after {}.",
                  noisy, each, in_line, fair));
}

void play(stage& on) {
  on.title("priority", "an important trickle beside a flood");
  on.say(
      fmt::format("{} workers for {:.0f} jobs a second, {} places. Forty important jobs a second come, and "
                  "beside them ten "
                  "times what the workers can do. Look at the important ones.\n",
                  workers, capacity, places));
  on.show(head("") + row("without the flood", {40, 0, false, 64}) +
          row("one queue for both", {40, 10 * capacity, false, 64}) +
          row("a lane each", {40, 10 * capacity, true, 64}));
  on.pause(4s);
  on.say(
      "\nIn a lane of their own they wait for the job that runs, and for one turn in 64 that the other lane "
      "is owed. What "
      "that turn is for: now the important lane alone brings more than the workers can do.\n");
  on.show(head("lane 0 at 1.2 of capacity") +
          row("strict: lane 0 always first", {1.2 * capacity, capacity, true, 1 << 30}) +
          row("1 turn in 64 for lane 1", {1.2 * capacity, capacity, true, 64}) +
          row("1 turn in 8 for lane 1", {1.2 * capacity, capacity, true, 8}));
  on.pause(3s);
  show_tenants(on);
  on.pause(2s);
}

}  // namespace

extern const scene priority;
constinit const scene priority = {"priority",
                                  "Lanes under a flood: the important goes first, the rest is not starved.",
                                  place::on_request, play};

}  // namespace weir::tool::demo::scene_named
