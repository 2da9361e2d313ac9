// Virtual time: what is to happen, and when. A scene that plays a minute on it takes milliseconds and prints
// the same at each run.
//
// Invariant: now() never runs back; what is due at the same time happens in the order in which it was asked
// for. Thread-safety: one thread.
#pragma once

#include <weir/base/time.hpp>
#include <weir/control/splitmix64.hpp>

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace weir::tool::demo {

class timeline {
 public:
  /// The time of what happens now; time_point{} before anything has.
  time_point now() const noexcept { return now_; }

  /// `what` happens `wait` from now; a negative wait is none.
  void in(weir::duration wait, std::function<void()> what);

  /// Lets everything happen that was asked for, also meanwhile.
  void run();

 private:
  struct event {
    time_point at;
    std::uint64_t number;
    std::function<void()> what;
  };
  struct later {
    bool operator()(const event& a, const event& b) const noexcept {
      return a.at != b.at ? a.at > b.at : a.number > b.number;
    }
  };

  time_point now_{};
  std::uint64_t asked_ = 0;
  std::priority_queue<event, std::vector<event>, later> events_;
};

/// Calls `what` at `per_second` even steps, from now until `length` has passed, the end excluded.
void evenly(timeline&, double per_second, weir::duration length, std::function<void()> what);

/// A time at random whose mean is `mean`: between independent arrivals, or of a service.
weir::duration exponential(weir::duration mean, control::splitmix64&);

/// Calls `what` at random from now until `length` has passed, on average `per_second(now)` times a second at
/// a time `now` after the beginning. The generator is to outlive the run.
void at_random(timeline&, std::function<double(weir::duration)> per_second, weir::duration length,
               control::splitmix64&, std::function<void()> what);

}  // namespace weir::tool::demo
