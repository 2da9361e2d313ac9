// What to look at, and how early: a queue that fills while everything else looks well.
#include <tool/bar.hpp>
#include <tool/demo/modelled_pool.hpp>
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <bench/harness/readable.hpp>
#include <weir/observe/alert.hpp>
#include <weir/pool/worker_pool.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace weir::tool::demo::scene_named {

namespace {

using namespace std::chrono_literals;

constexpr int workers = 4;
constexpr weir::duration service = 20ms;
constexpr double can = 200;  // jobs a second that they do
constexpr std::size_t places = 400;
constexpr int seconds = 180, seconds_a_row = 15;

// A morning: a little more every ten seconds, in the end a little more than the workers can do.
double arrivals_at(int second) {
  const int steps = second / 10;
  return second < 60 ? 150.0 + 10 * steps : can + 6;
}

// What was seen in one second.
struct look {
  double come = 0, done = 0, full = 0;
  weir::duration wait{};  // of the job begun last
  std::uint64_t lost = 0;
};

class story {
 public:
  /// `heeds`: at the alert a worker is hired.
  explicit story(bool heeds) : heeds_(heeds), pool_(time_, {.workers = workers, .places = {places}}, 1) {
    for (int second = 0; second < seconds; ++second) {
      time_.in(second * 1s, [this, second] { evenly(time_, arrivals_at(second), 1s, [this] { submit(); }); });
      time_.in((second + 1) * 1s - 1ns, [this, second] { watch(second); });
    }
    time_.run();
  }

  const std::vector<look>& looks() const { return looks_; }
  const std::vector<weir::alert_event>& told() const { return told_; }
  std::optional<weir::time_point> first_loss() const { return first_loss_; }
  std::uint64_t lost() const { return pool_.stats().rejected; }
  weir::duration longest_wait() const { return pool_.fate(0).wait(1); }

  /// Of what the alert of that kind says; none: it did not come.
  std::optional<weir::time_point> told_at(weir::alert_kind kind) const {
    const auto found = std::ranges::find(told_, kind, &weir::alert_event::kind);
    return found == told_.end() ? std::nullopt : std::optional(found->at);
  }

 private:
  void submit() {
    const std::uint64_t before = pool_.stats().rejected;
    pool_.submit(0, 0, service);
    if (!first_loss_ && pool_.stats().rejected > before) first_loss_ = time_.now();
  }

  // Once a second, as a program's timer would.
  void watch(int second) {
    const weir::pool_stats s = pool_.stats();
    const double full = static_cast<double>(s.queued) / static_cast<double>(places);
    looks_.push_back({arrivals_at(second), static_cast<double>(s.completed - seen_.completed), full,
                      pool_.fate(0).waits.back(), s.rejected});
    seen_ = s;
    const weir::pool_snapshot now{.name = "kitchen",
                                  .stats = s,
                                  .capacity = places,
                                  .utilization = full,
                                  .expected = {weir::loss::rejected}};  // by the policy
    for (weir::alert_event& e : rules_.observe(time_.now(), now)) {
      const bool hire =
          heeds_ && e.kind == weir::alert_kind::utilization && e.change == weir::alert_change::started;
      if (hire) pool_.hire();
      told_.push_back(std::move(e));
    }
  }

  const bool heeds_;
  timeline time_;
  modelled_pool pool_;
  weir::alerts rules_;
  weir::pool_stats seen_{};
  std::vector<look> looks_;
  std::vector<weir::alert_event> told_;
  std::optional<weir::time_point> first_loss_;
};

double in_seconds(weir::time_point t) { return std::chrono::duration<double>(t.time_since_epoch()).count(); }

std::string rows(const story& of) {
  std::string text = fmt::format("{:>7}{:>8}{:>8}{:>7}{:>9}{:>7}  {}\n", "time", "come/s", "done/s", "busy",
                                 "wait", "lost", "the queue");
  for (int second = seconds_a_row; second <= seconds; second += seconds_a_row) {
    const look& l = of.looks()[static_cast<std::size_t>(second - 1)];
    const auto depth = static_cast<std::uint64_t>(l.full * static_cast<double>(places));
    text += fmt::format("{:>5} s{:>8.0f}{:>8.0f}{:>5.0f} %{:>9}{:>7}  {}\n", second, l.come, l.done,
                        100 * l.done / can, weir::bench::readable(l.wait), l.lost,
                        bar(depth, {.full = places, .marked = true}, 20));
  }
  return text;
}

std::string figures(std::string_view name, const story& of) {
  const auto told = of.told_at(weir::alert_kind::utilization);
  const auto loss = of.first_loss();
  const auto at = [](std::optional<weir::time_point> t) {
    return t ? fmt::format("{:.0f} s", in_seconds(*t)) : std::string("never");
  };
  return fmt::format("{:<28}{:>8}{:>12}{:>8}{:>14}\n", name, at(told), at(loss), of.lost(),
                     weir::bench::readable(of.longest_wait()));
}

// The mean of the queue's fill up to a time: what a graph of means shows.
double mean_fill(const story& of, weir::time_point until) {
  const auto count = std::min(of.looks().size(), static_cast<std::size_t>(in_seconds(until)));
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += of.looks()[i].full;
  return sum / static_cast<double>(std::max<std::size_t>(1, count));
}

void show_cost(stage& on) {
  const weir::worker_pool<int> pool([](int&) {}, {.min_workers = 1, .max_workers = 1});
  weir::alerts rules;
  constexpr int times = 1000;
  const auto began = weir::clock::now();
  for (int i = 0; i < times; ++i) static_cast<void>(rules.observe(weir::clock::now(), pool.snapshot()));
  const weir::duration cost = (weir::clock::now() - began) / times;
  on.say(fmt::format("One look at a pool takes {} on this machine, all rules included.",
                     weir::bench::readable(cost)));
}

void play(stage& on) {
  const story alone(false), heeded(true);
  on.title("monitor", "eighty percent, and time to do something");
  on.say(fmt::format(
      "{} cooks do {:.0f} jobs a second; {} places. The load climbs from 150 a second, a little every ten "
      "seconds, and stays at {:.0f}. Look at done/s, which is all that most people watch, and then at the "
      "queue, where | marks 80 %.\n",
      workers, can, places, arrivals_at(seconds)));
  on.show(rows(alone));
  on.pause(4s);
  const weir::time_point loss = alone.first_loss().value_or(weir::time_point{});
  on.say(fmt::format(
      "\nFor minutes nothing is wrong that done/s could show: no error, no loss, all cooks busy, and each "
      "guest "
      "waits longer than the one before. The mean of the queue until the first loss at {:.0f} s is {:.0f} %: "
      "means hide what ends a service. What the rules that come with weir said in all that time:\n",
      in_seconds(loss), 100 * mean_fill(alone, loss)));
  for (const weir::alert_event& e : alone.told())
    on.say(fmt::format("  {:>5.0f} s  {}", in_seconds(e.at), e.text));
  on.say("Of the losses none tells: a pool that rejects may, it is what it was told to do.");
  on.pause(3s);
  on.show(fmt::format("\n{:<28}{:>8}{:>12}{:>8}{:>14}\n", "", "alert", "first loss", "lost", "longest wait") +
          figures("nobody looks", alone) + figures("one cook more at the alert", heeded));
  on.say(fmt::format(
      "\nThe alert comes {:.0f} s before the first loss: time enough, since the last fifth of the places "
      "still "
      "has to fill. At 100 % there is nothing left to be early for.",
      in_seconds(loss) - in_seconds(alone.told_at(weir::alert_kind::utilization).value_or(loss))));
  show_cost(on);
  on.pause(2s);
}

}  // namespace

extern const scene monitor;
constinit const scene monitor = {
    "monitor", "Eighty percent: what fills while all looks well, and the alert before the loss.",
    place::on_request, play};

}  // namespace weir::tool::demo::scene_named
