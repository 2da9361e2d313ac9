// Whether a cause has been there, or gone, for long enough: what keeps an alert from flapping.
//
// Invariant: between two looks that change on() lies at least the time that the second one asks for,
// throughout which every look found the cause there (or, to turn off, gone). A value type: no clock, thread
// or lock; not thread-safe.
#pragma once

#include <weir/base/time.hpp>

#include <algorithm>
#include <optional>

namespace weir {

class alert_hold {
 public:
  /// Turns on once the cause has been there for `raise_after`, off once it has been gone for `clear_after`; 0
  /// and less: at once.
  constexpr alert_hold(duration raise_after, duration clear_after) noexcept
      : raise_after_(raise_after), clear_after_(clear_after) {}

  /// What a look at `now` found; a time before the latest one counts as that. True when on() has changed.
  /// O(1).
  constexpr bool look(time_point now, bool cause) noexcept {
    now_ = std::max(now_, now);
    if (cause == on_) {
      other_since_.reset();
      return false;
    }
    if (!other_since_) other_since_ = now_;
    if (now_ < after(*other_since_, on_ ? clear_after_ : raise_after_)) return false;
    on_ = cause;
    lasted_ = now_ - (on_ ? *other_since_ : on_since_);
    if (on_) on_since_ = now_;
    other_since_.reset();
    return true;
  }

  /// Off, whatever the cause.
  constexpr void turn_off(time_point now) noexcept {
    now_ = std::max(now_, now);
    if (on_) lasted_ = now_ - on_since_;
    on_ = false;
    other_since_.reset();
  }

  constexpr bool on() const noexcept { return on_; }
  /// After a change: how long the cause had been there, or how long it had been on.
  constexpr duration lasted() const noexcept { return lasted_; }

 private:
  duration raise_after_;
  duration clear_after_;
  bool on_ = false;
  time_point now_ = time_point::min();
  time_point on_since_{};
  std::optional<time_point> other_since_{};  // since when every look found what on_ does not say
  duration lasted_{};
};

}  // namespace weir
