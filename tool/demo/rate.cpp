// How fast: a token bucket under a burst.
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>
#include <tool/demo/timeline.hpp>

#include <bench/harness/readable.hpp>
#include <weir/control/token_bucket.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weir::tool::demo::scene_named {

namespace {

using namespace std::chrono_literals;
using weir::control::token_bucket;

constexpr double per_second = 100;
constexpr double burst = 20;
constexpr weir::duration step = 100ms;
constexpr std::array arrivals = {4, 4, 4, 36, 20, 20, 20, 4, 4, 4};  // in each step

struct moment {
  int came = 0;
  int let_in = 0;
  double left = 0;  // tokens, at the end of the step
};

std::string row(std::size_t number, const moment& m) {
  const auto came = static_cast<std::size_t>(m.came);
  const auto in = static_cast<std::size_t>(m.let_in);
  return fmt::format("{:>6.1f} s{:>6}{:>8}{:>9}{:>8.0f}  {}\n", static_cast<double>(number) * 0.1, m.came,
                     m.let_in, m.came - m.let_in, m.left, std::string(in, '#') + std::string(came - in, '.'));
}

// What each step saw.
std::array<moment, arrivals.size()> flood(token_bucket& bucket, timeline& time) {
  std::array<moment, arrivals.size()> seen;
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    const weir::duration begin = step * static_cast<int>(i);
    time.in(begin, [&, i] {
      evenly(time, arrivals[i] / 0.1, step, [&, i] {
        ++seen[i].came;
        seen[i].let_in += bucket.try_acquire(time.now());
      });
    });
    time.in(begin + step - 1ns, [&, i] { seen[i].left = bucket.tokens(time.now()); });
  }
  time.run();
  return seen;
}

void show_waits(stage& on) {
  const weir::time_point now{};
  token_bucket bucket(per_second, burst);
  static_cast<void>(bucket.try_acquire(now, burst));
  std::string waits;
  for (int i = 0; i < 5; ++i)
    if (const auto place = bucket.reserve(now)) waits += (i ? ", " : "") + weir::bench::readable(place->wait);
  on.say(fmt::format(
      "\nWho would rather wait takes a token from the future and is told when it is there. Five in "
      "a row before an empty bucket wait {}: in turn, and never more than the rate.",
      waits));
}

// What one call of `what` takes.
template <class What>
weir::duration cost_of(What what) {
  constexpr int times = 100'000;
  const auto began = weir::clock::now();
  for (int i = 0; i < times; ++i) what();
  return (weir::clock::now() - began) / times;
}

void show_cost(stage& on) {
  token_bucket bucket(1e6, 10);
  int let_in = 0;
  const auto decision = cost_of([&] { let_in += bucket.try_acquire(weir::clock::now()); });
  weir::time_point read{};
  const auto clock = cost_of([&] { read = std::max<weir::time_point>(read, weir::clock::now()); });
  on.say(fmt::format("One decision takes {} on this machine, {} of them to read the clock.",
                     weir::bench::readable(decision), weir::bench::readable(clock)));
}

void play(stage& on) {
  on.title("rate", fmt::format("{:.0f} a second, {:.0f} at once", per_second, burst));
  on.say(
      fmt::format("{} come within a tenth of a second, twice the rate goes on coming, then all is quiet "
                  "again. Look at the "
                  "tokens: saved while it is quiet, spent on the burst, and from then on one is let in for "
                  "each that drips in.",
                  std::ranges::max(arrivals)));
  timeline time;
  token_bucket bucket(per_second, burst);
  const auto seen = flood(bucket, time);
  std::string table = "    time  come  let in  refused  tokens  # let in  . refused\n";
  int let_in = 0;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    table += row(i, seen[i]);
    let_in += seen[i].let_in;
  }
  on.show(table);
  on.pause(2s);
  const auto seconds = std::chrono::duration<double>(time.now().time_since_epoch()).count();
  on.say(fmt::format("{} were let in; the most that this bucket can ever let in within {:.0f} s is {:.0f}.",
                     let_in, seconds, burst + per_second * seconds));
  show_waits(on);
  show_cost(on);
  on.pause(2s);
}

}  // namespace

extern const scene rate;
constinit const scene rate = {"rate", "A token bucket: a burst is let in, and after it exactly the rate.",
                              place::on_request, play};

}  // namespace weir::tool::demo::scene_named
