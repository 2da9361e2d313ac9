// How many workers: both rules under the same load.
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <bench/harness/readable.hpp>
#include <weir/control/worker_scaler.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace weir::tool::demo::scene_named {

namespace {

using namespace std::chrono_literals;
using weir::control::scaler_rule;

constexpr weir::duration service = 20ms;
constexpr double steady = 125, rush = 400;  // a second
constexpr int seconds = 60, rush_begin = 30, rush_end = 40;
constexpr std::int64_t capacity = 100;
constexpr int steps_a_second = 20;

double arrivals_at(int second) { return second >= rush_begin && second < rush_end ? rush : steady; }

// Jobs flow: so many come, so many are done in each step; what is neither waits, and beyond the capacity is
// lost.
class story {
 public:
  explicit story(scaler_rule rule) : scaler_({.min = 1, .max = 12, .rule = rule}) {
    for (int step = 0; step < seconds * steps_a_second; ++step) {
      move(step);
      if ((step + 1) % steps_a_second == 0) line_ += digit_of(workers_);
    }
  }

  const std::string& line() const { return line_; }
  int turns() const { return turns_; }
  double lost() const { return lost_; }
  weir::duration longest_wait() const { return longest_; }

 private:
  static char digit_of(std::int64_t n) { return static_cast<char>(n < 10 ? '0' + n : 'a' + (n - 10)); }

  void move(int step) {
    const double arrivals = arrivals_at(step / steps_a_second);
    const double can = static_cast<double>(workers_) / std::chrono::duration<double>(service).count();
    waiting_ = std::max(0.0, waiting_ + (arrivals - can) / steps_a_second);
    lost_ += std::max(0.0, waiting_ - static_cast<double>(capacity));
    waiting_ = std::min(waiting_, static_cast<double>(capacity));
    longest_ = std::max(longest_, weir::duration(static_cast<std::int64_t>(1e9 * waiting_ / can)));
    const weir::time_point now(1s * (step + 1) / steps_a_second);
    const std::int64_t change = scaler_.decide(now, {.workers = workers_,
                                                     .depth = static_cast<std::int64_t>(waiting_),
                                                     .capacity = capacity,
                                                     .arrival_per_second = arrivals,
                                                     .service = service});
    if (change != 0) {
      turns_ += direction_ != 0 && (change > 0) != (direction_ > 0);
      direction_ = change > 0 ? 1 : -1;
    }
    workers_ += change;
  }

  weir::control::worker_scaler scaler_;
  std::int64_t workers_ = 1;
  double waiting_ = 0, lost_ = 0;
  weir::duration longest_{};
  int direction_ = 0, turns_ = 0;
  std::string line_;
};

std::string row(std::string_view name, const story& s) { return fmt::format("{:<10} {}\n", name, s.line()); }

std::string figures(std::string_view name, const story& s) {
  return fmt::format("{:<10}{:>20}{:>15}{:>12.0f}\n", name, s.turns(),
                     weir::bench::readable(s.longest_wait()), s.lost());
}

void play(stage& on) {
  const double busy = steady * std::chrono::duration<double>(service).count();
  const story threshold(scaler_rule::threshold), little(scaler_rule::little);
  on.title("scaling", "how many workers, by two rules");
  on.say(fmt::format(
      "{:.0f} jobs a second of {} ms keep {:.3g} workers busy; from second {} to {} {:.0f} come. A digit a "
      "second "
      "says how many workers there are (a: 10, b: 11). Look for a rule that knows what it wants.\n",
      steady, service / 1ms, busy, rush_begin, rush_end, rush));
  std::string load(seconds, ' ');
  for (int second = 0; second < seconds; ++second)
    load[static_cast<std::size_t>(second)] = arrivals_at(second) > steady ? '#' : '-';
  on.show(fmt::format("{:<10} {}\n", "load", load) + row("threshold", threshold) + row("little", little));
  on.pause(4s);
  on.show(fmt::format("\n{:<10}{:>20}{:>15}{:>12}\n", "", "changes of direction", "longest wait", "lost") +
          figures("threshold", threshold) + figures("little", little));
  on.pause(2s);
  on.say(
      "\nThreshold: one more when the queue is above 80 %, one less below 20 %. With a load between two and "
      "three workers "
      "it fills the queue, empties it, and fills it again. Little counts what comes and how long it takes: "
      "workers = "
      "arrivals x time / 0.7, at once when it is more, one by one when it has been less for 5 s.");
  on.pause(2s);
}

}  // namespace

extern const scene scaling;
constinit const scene scaling = {"scaling",
                                 "Workers that follow the load: a rule that flips and one that computes.",
                                 place::on_request, play};

}  // namespace weir::tool::demo::scene_named
