// When to stop trying: a dependency that hangs, with and without a circuit breaker.
#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>
#include <tool/demo/timeline.hpp>

#include <bench/harness/readable.hpp>
#include <weir/control/circuit_breaker.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

namespace weir::tool::demo::scene_named {

namespace {

using namespace std::chrono_literals;
using weir::control::breaker_state;
using weir::control::circuit_breaker;

constexpr double calls_per_second = 50;
constexpr weir::duration answer = 20ms, patience = 1s;
constexpr weir::duration hang_begin = 2s, hang_end = 7s, length = 12s;
constexpr weir::control::circuit_breaker_options options{.max_failures = 5, .reset_timeout = 1500ms};

std::string_view name_of(breaker_state s) {
  switch (s) {
    case breaker_state::closed: return "closed";
    case breaker_state::open: return "open";
    case breaker_state::half_open: return "half open";
  }
  return "";
}

class story {
 public:
  /// `say` gets a line for each change of the breaker's state; without a breaker none.
  story(bool guarded, std::function<void(const std::string&)> say) : say_(std::move(say)) {
    if (guarded) breaker_.emplace(options);
    evenly(time_, calls_per_second, length, [this] { call(); });
    time_.run();
  }

  int sent = 0, in_vain = 0, refused = 0, most_waiting = 0, unheard = 0;
  std::optional<weir::duration> well;  // the first answer after the hang

 private:
  using permit = circuit_breaker::permit;

  void call() {
    std::optional<permit> p;
    if (breaker_) {
      p = breaker_->allow(time_.now());
      note();
      if (!p) return void(++refused);
    }
    ++sent;
    most_waiting = std::max(most_waiting, ++waiting_);
    const weir::duration now = time_.now().time_since_epoch();
    const bool hangs = now >= hang_begin && now < hang_end;
    time_.in(hangs ? patience : answer, [this, p, hangs] { ended(p, !hangs); });
  }

  void ended(const std::optional<permit>& p, bool good) {
    --waiting_;
    in_vain += !good;
    const weir::duration now = time_.now().time_since_epoch();
    if (good && now >= hang_end && !well) well = now - hang_end;
    if (!breaker_) return;
    if (!good) unheard += breaker_->state_at(time_.now()) == breaker_state::open;
    good ? breaker_->on_success(time_.now(), *p, answer) : breaker_->on_failure(time_.now(), *p, patience);
    note();
  }

  void note() {
    const breaker_state s = breaker_->state_at(time_.now());
    if (s == state_) return;
    say_(fmt::format("{:>8.2f} s  {} -> {}\n",
                     std::chrono::duration<double>(time_.now().time_since_epoch()).count(), name_of(state_),
                     name_of(s)));
    state_ = s;
  }

  std::function<void(const std::string&)> say_;
  timeline time_;
  std::optional<circuit_breaker> breaker_;
  breaker_state state_ = breaker_state::closed;
  int waiting_ = 0;
};

std::string row(std::string_view name, const story& s) {
  return fmt::format("{:<10}{:>6}{:>9}{:>9}{:>17}{:>16}{:>12}\n", name, s.sent, s.in_vain, s.refused,
                     s.most_waiting, fmt::format("{} s", s.in_vain * (patience / 1s)),
                     fmt::format("{} ms", *s.well / 1ms));
}

void play(stage& on) {
  on.title("breaker", "a dependency hangs for five seconds");
  on.say(fmt::format(
      "{:.0f} calls a second, each answered in {} ms. From second {} to {} none is answered, and the caller "
      "waits {} s for nothing. The breaker opens after {} failures in a row and tries one call {} "
      "later. Look at who waits in vain.\n",
      calls_per_second, answer / 1ms, hang_begin / 1s, hang_end / 1s, patience / 1s, options.max_failures,
      weir::bench::readable(options.reset_timeout)));
  std::string changes;
  const story without(false, {});
  const story with(true, [&](const std::string& line) { changes += line; });
  on.show(changes);
  on.pause(3s);
  on.show(fmt::format("\n{:<10}{:>6}{:>9}{:>9}{:>17}{:>16}{:>12}\n", "breaker", "sent", "in vain", "refused",
                      "waiting at once", "waited in vain", "well after") +
          row("without", without) + row("with", with));
  on.pause(3s);
  on.say(fmt::format(
      "\nWithout it up to {} callers hold a thread each for as long as the dependency hangs; with it only "
      "until "
      "the first have given up: from then on callers are told at once and can do something else. {} of the "
      "calls "
      "under way when it opened failed while it was open: their permits are from before, so they count for "
      "nothing. The price is the moment between the dependency's return and the next probe.",
      without.most_waiting, with.unheard));
  on.pause(2s);
}

}  // namespace

extern const scene breaker;
constinit const scene breaker = {
    "breaker", "A dependency that hangs: a circuit breaker fails at once instead of slowly.",
    place::on_request, play};

}  // namespace weir::tool::demo::scene_named
