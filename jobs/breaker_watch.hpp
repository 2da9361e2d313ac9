// A circuit breaker, with what a report tells of it.
//
// Invariant: a permit given is given back by ended() or released(), so that no probe is lost. Not
// thread-safe: start_gate holds its mutex. Time comes in as an argument.
#pragma once

#include <weir/base/time.hpp>
#include <weir/control/circuit_breaker.hpp>

#include <cstdint>
#include <optional>

namespace weir::jobs {

class breaker_watch {
 public:
  using permit = control::circuit_breaker::permit;

  explicit breaker_watch(const control::circuit_breaker_options& o) : breaker_(o), options_(o) {}

  /// While it is open: when it may be tried again; else `now`.
  time_point opens_up(time_point now) const noexcept {
    const bool open = breaker_.state_at(now) == control::breaker_state::open;
    return open ? after(opened_at_, options_.reset_timeout) : now;
  }

  /// Leave for one attempt; none while it is open, or half open with all its probes under way.
  std::optional<permit> allow(time_point now) noexcept {
    const auto given = breaker_.allow(now);
    look(now);
    return given;
  }

  void ended(time_point now, permit of, bool succeeded, duration took) noexcept {
    succeeded ? breaker_.on_success(now, of, took) : breaker_.on_failure(now, of, took);
    look(now);
  }
  void released(time_point now, permit of) noexcept { breaker_.release(now, of); }

  /// The state it went into since the last call, if it did.
  std::optional<control::breaker_state> changed() noexcept {
    if (told_ == state_) return std::nullopt;
    told_ = state_;
    return state_;
  }

  control::breaker_state state() const noexcept { return state_; }
  std::uint64_t changes() const noexcept { return changes_; }
  std::uint64_t times_opened() const noexcept { return times_opened_; }

 private:
  void look(time_point now) noexcept {
    const control::breaker_state is = breaker_.state_at(now);
    if (is == state_) return;
    state_ = is;
    ++changes_;
    if (is != control::breaker_state::open) return;
    ++times_opened_;
    opened_at_ = now;
  }

  control::circuit_breaker breaker_;
  control::circuit_breaker_options options_;
  control::breaker_state state_ = control::breaker_state::closed;
  control::breaker_state told_ = control::breaker_state::closed;
  time_point opened_at_{};
  std::uint64_t changes_ = 0;
  std::uint64_t times_opened_ = 0;
};

}  // namespace weir::jobs
