// When to try again: a server that stalls, callers who give up and come again.
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>
#include <tool/demo/timeline.hpp>

#include <weir/control/backoff.hpp>
#include <weir/control/retry_budget.hpp>
#include <weir/control/splitmix64.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace weir::tool::demo::scene_named {

namespace {

using namespace std::chrono_literals;
using weir::control::backoff;
using weir::control::jitter;
using weir::control::retry_budget;

constexpr weir::duration service = 3ms;
constexpr double arrivals = 233;  // a second, 0.7 of what the server can do
constexpr weir::duration patience = 200ms;
constexpr weir::duration stall_begin = 3s, stall_end = 5s;
constexpr int seconds = 30;

struct strategy {
  std::string_view name;
  int attempts;
  std::optional<weir::control::jitter> wait;  // none: comes again at once
  bool budget;
  weir::duration room;  // the server turns away who would wait longer
};

constexpr std::array strategies = {
    strategy{"no retry", 1, {}, false, weir::duration::max()},
    strategy{"3 retries at once", 4, {}, false, weir::duration::max()},
    strategy{"3, with backoff", 4, jitter::none, false, weir::duration::max()},
    strategy{"3, backoff, jitter", 4, jitter::full, false, weir::duration::max()},
    strategy{"and a budget of 20 %", 4, jitter::full, true, weir::duration::max()},
    strategy{"and a bounded queue", 4, jitter::full, true, patience / 2},
};

// Works off everything in order, also what nobody waits for any more: it cannot tell. So when an attempt
// will end is known as soon as it comes.
class server {
 public:
  explicit server(weir::duration room) : room_(room) {}

  /// How long an attempt that comes now takes; none when it is turned away.
  std::optional<weir::duration> attempt(weir::duration now) {
    weir::duration begin = std::max(now, free_);
    if (begin >= stall_begin && begin < stall_end) begin = stall_end;
    if (begin - now > room_) return std::nullopt;
    weir::duration end = begin + service;
    if (begin < stall_begin && end > stall_begin) end += stall_end - stall_begin;
    free_ = end;
    return end - now;
  }

 private:
  const weir::duration room_;
  weir::duration free_{};
};

class story {
 public:
  explicit story(const strategy& how) : how_(how), server_(how.room) {
    evenly(time_, arrivals, seconds * 1s, [this] { arrive(); });
    time_.run();
  }

  /// A character a second of arrival: how many of its requests came to a good end.
  std::string marks() const {
    std::string line;
    for (std::size_t i = 0; i < seconds; ++i) line += served(i) >= 0.95 ? '#' : served(i) >= 0.05 ? '+' : '.';
    return line;
  }

  double attempts_per_request() const { return static_cast<double>(attempts_) / (arrivals * seconds); }

  /// From the end of the stall on; none when it did not get well.
  std::optional<int> seconds_to_recover() const {
    int well = seconds;
    while (well > 0 && served(static_cast<std::size_t>(well) - 1) >= 0.95) --well;
    if (well == seconds) return std::nullopt;
    return std::max(0, well - static_cast<int>(stall_end / 1s));
  }

 private:
  struct request {
    std::size_t second;
    int attempt = 1;
    backoff wait;
  };

  double served(std::size_t second) const { return good_[second] / came_[second]; }

  void arrive() {
    const auto second = static_cast<std::size_t>(time_.now().time_since_epoch() / 1s);
    ++came_[second];
    budget_.deposit(time_.now());
    go({second, 1, backoff({.jitter = how_.wait.value_or(jitter::none)})});
  }

  void go(request r) {
    ++attempts_;
    const auto takes = server_.attempt(time_.now().time_since_epoch());
    if (takes && *takes <= patience) {
      ++good_[r.second];
      return;
    }
    time_.in(takes ? patience : 0ns, [this, r] { failed(r); });
  }

  void failed(request r) {
    if (r.attempt == how_.attempts || (how_.budget && !budget_.try_withdraw(time_.now()))) return;
    ++r.attempt;
    const weir::duration wait = how_.wait ? r.wait.next(random_) : 0ns;
    time_.in(wait, [this, r] { go(r); });
  }

  const strategy& how_;
  timeline time_;
  server server_;
  retry_budget budget_{{.min_per_second = 1, .ratio = 0.2}};
  weir::control::splitmix64 random_{1};
  std::array<double, seconds> came_{}, good_{};
  std::uint64_t attempts_ = 0;
};

std::string strategies_table() {
  std::string table = fmt::format("{:<22}{:<32}{:>10}{:>12}\n", "", fmt::format("seconds 0 .. {}", seconds),
                                  "attempts", "well after");
  for (const strategy& how : strategies) {
    const story s(how);
    const auto recovered = s.seconds_to_recover();
    table += fmt::format("{:<22}{:<32}{:>10.2f}{:>12}\n", how.name, s.marks(), s.attempts_per_request(),
                         recovered ? fmt::format("{} s", *recovered) : "never");
  }
  return table;
}

// A hundred callers who fail together, and again each time they come: the most within 10 ms at each return.
std::string jitter_table() {
  constexpr int callers = 100;
  constexpr std::size_t returns = 6;
  std::string table = "              busiest 10 ms of return 1    2    3    4    5    6\n";
  for (const auto& [name, kind] :
       {std::pair{"none", jitter::none}, std::pair{"full", jitter::full}, std::pair{"equal", jitter::equal},
        std::pair{"decorrelated", jitter::decorrelated}}) {
    std::array<std::vector<int>, returns> crowd;
    weir::control::splitmix64 random(2);
    for (int caller = 0; caller < callers; ++caller) {
      backoff wait({.jitter = kind});
      weir::duration at{};
      for (auto& slots : crowd) {
        at += wait.next(random);
        const auto slot = static_cast<std::size_t>(at / 10ms);
        slots.resize(std::max(slots.size(), slot + 1));
        ++slots[slot];
      }
    }
    table += fmt::format("{:<33}", fmt::format("  {}", name));
    for (const auto& slots : crowd) table += fmt::format("{:>5}", std::ranges::max(slots));
    table += "\n";
  }
  return table;
}

void play(stage& on) {
  on.title("retry", "a server stalls for two seconds; who comes again, and how");
  on.say(fmt::format(
      "{:.0f} requests a second, 0.7 of what the server can do. From second {} to {} it does nothing. "
      "Callers give up after {} ms, the server cannot tell. Look at what is left of a stall of two "
      "seconds when it is over: # all is well, + some come through, . hardly anyone.\n",
      arrivals, stall_begin / 1s, stall_end / 1s, patience / 1ms));
  on.show(strategies_table());
  on.pause(4s);
  on.say(
      "\nRetries bring the load that the server is too slow for, and it stays too slow for as long as they "
      "come: its "
      "fault is gone, the outage is not. Backoff only moves them. What helps is a bound on their number, a "
      "budget, "
      "and a server that turns away what it cannot do in time.");
  on.pause(2s);
  on.say("\nWhat jitter is for: a hundred callers fail at the same moment, and at each return again.\n");
  on.show(jitter_table());
  on.pause(2s);
}

}  // namespace

extern const scene retry;
constinit const scene retry = {"retry",
                               "Retries that keep a server down, and the budget that lets it get up again.",
                               place::on_request, play};

}  // namespace weir::tool::demo::scene_named
