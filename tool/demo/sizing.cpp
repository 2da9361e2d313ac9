// How large: the same arrivals into queues and pools of several sizes.
#include <tool/demo/modelled_pool.hpp>
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <bench/harness/readable.hpp>
#include <weir/control/sizing.hpp>
#include <weir/control/splitmix64.hpp>

#include <fmt/format.h>

namespace weir::tool::demo::scene_named {

namespace {

using namespace std::chrono_literals;
namespace sizing = weir::control::sizing;

constexpr double per_second = 500;
constexpr weir::duration service = 20ms, patience = 200ms;
constexpr weir::duration length = 60s, rush_every = 5s, short_rush = 400ms, rush_begin = 30s, rush_end = 33s;
constexpr double rush = 2;  // times as many
constexpr double utilization = 0.7;

bool is_rush(weir::duration at) {
  return at % rush_every < short_rush || (at >= rush_begin && at < rush_end);
}

modelled_fate play_minute(std::int64_t workers, std::int64_t places) {
  timeline time;
  modelled_pool pool(time,
                     {.workers = static_cast<int>(workers), .places = {static_cast<std::size_t>(places)}}, 1);
  weir::control::splitmix64 random(5);
  at_random(
      time, [](weir::duration at) { return per_second * (is_rush(at) ? rush : 1); }, length, random,
      [&] { pool.submit(0, 0, exponential(service, random)); });
  time.run();
  return pool.fate(0);
}

std::string row(std::string_view name, std::int64_t workers, std::int64_t places) {
  const modelled_fate f = play_minute(workers, places);
  return fmt::format("{:<24}{:>7}{:>8}{:>9}{:>10}{:>10}{:>9.1f} %\n", name, workers, places, f.refused,
                     weir::bench::readable(f.wait(0.5)), weir::bench::readable(f.wait(0.99)),
                     100 * f.within(patience));
}

std::string rows(std::int64_t workers, std::int64_t places) {
  const std::int64_t busy = sizing::min_workers(per_second, service);
  return fmt::format("{:<24}{:>7}{:>8}{:>9}{:>10}{:>10}{:>11}\n", "", "workers", "places", "refused",
                     "wait p50", "p99", "in time") +
         row("queue too small", workers, 4) + row("queue too large", workers, 10'000) +
         row("too few workers", busy, places) + row("too few, queue too large", busy, 10'000) +
         row("right", workers, places);
}

void play(stage& on) {
  const std::int64_t places = sizing::queue(per_second, patience);
  const double load = per_second * std::chrono::duration<double>(service).count();
  const std::int64_t workers = sizing::min_workers(per_second / utilization, service);
  on.title("sizing", "too small, too large, right");
  on.say(fmt::format("{:.0f} jobs a second of {} ms, whose callers wait {} ms at most. The sums:\n",
                     per_second, service / 1ms, patience / 1ms));
  on.show(
      fmt::format("  queue    {0:.0f}/s x {1} ms = {2} places\n"
                  "  workers  {0:.0f}/s x {3} ms = {4:.0f} busy; {5} keep up; at {6:.0f} % busy {7}\n",
                  per_second, patience / 1ms, places, service / 1ms, load,
                  sizing::stable_workers(per_second, service), 100 * utilization, workers));
  on.pause(2s);
  on.say(
      fmt::format("\nThen a minute of them at random, every {} s a rush of {} ms, and once one of {} s, with "
                  "{:.0f} times "
                  "as many. Look at the last column: who was served within {} ms, of all who came.\n",
                  rush_every / 1s, short_rush / 1ms, (rush_end - rush_begin) / 1s, rush, patience / 1ms));
  on.show(rows(workers, places));
  on.pause(3s);
  on.say(fmt::format(
      "\nToo few places lose what the next lull would have served. Too many refuse nobody, and after the "
      "rush "
      "serve those first who have given up. Workers for the mean alone never catch up; a longer queue only "
      "makes it later. By the formulas {} workers without a rush make {:.1f} % wait, {} on average.",
      workers, 100 * sizing::erlang_c(workers, load),
      weir::bench::readable(
          weir::duration(static_cast<std::int64_t>(1e9 * sizing::mean_wait(workers, per_second, service))))));
  on.pause(2s);
}

}  // namespace

extern const scene sizing;
constinit const scene sizing = {
    "sizing", "A queue and a pool too small, too large, and of the size that two sums give.",
    place::on_request, play};

}  // namespace weir::tool::demo::scene_named
