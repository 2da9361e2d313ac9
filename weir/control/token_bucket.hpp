// How fast: a rate with a burst.
//
// The bucket keeps one time instead of a number of tokens: when it would be full again if nothing more came
// (`tat_`, the theoretical arrival time). Taking n tokens moves it n intervals on; that is allowed while it
// stays within `capacity` of now. Nothing is added up, so no rounding error grows, and a full bucket that
// rests costs nothing.
//
// Invariant: in any window of length t at most burst + per_second * t tokens are admitted, also when the
// clock stands still or jumps back; tat_ only goes back by what a cancelled reservation gives up, or a new
// rate. A value type: no clock, thread, lock or allocation; not thread-safe (guard/rate_limiter.hpp is).
// Rules to the bit: tests/vectors/README.md, "token_bucket". Sources: ITU-T I.371, generic cell rate
// algorithm (the arithmetic); Go x/time/rate (the behaviour).
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <cstdint>
#include <optional>

namespace weir::control {

struct token_bucket_options {
  double per_second = 1;  ///< tokens a second; finite, above 0; above 10^9 counts as 10^9
  double burst = 1;       ///< most that may be taken at once; finite, at least 1
};

/// What is wrong with the options, if anything: the first bad one in the order written.
std::optional<option_error> check(const token_bucket_options&);

class token_bucket {
 public:
  /// A promise to let the caller go ahead after `wait`. A plain value; only the bucket that gave it can
  /// cancel it.
  class reservation {
   public:
    duration wait;  ///< from the time of the call on; at least 0

   private:
    friend class token_bucket;
    reservation(duration w, std::int64_t cost, time_point tat, time_point at, std::uint64_t epoch) noexcept
        : wait(w), cost_(cost), tat_(tat), at_(at), epoch_(epoch) {}

    // Mutable, as giving up a reservation is no change of what was promised; 0 once it is given up.
    mutable std::int64_t cost_;
    time_point tat_;  // of the bucket, just after
    time_point at_;   // when to go ahead
    std::uint64_t epoch_;
  };

  /// A full bucket. Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit token_bucket(const token_bucket_options& = {});
  token_bucket(double per_second, double burst)
      : token_bucket(token_bucket_options{.per_second = per_second, .burst = burst}) {}

  /// Takes n tokens if they are there; a refusal costs nothing. Never, for an n that is negative, NaN or
  /// above the burst. With n = 0: whether no reservation waits beyond the burst. O(1).
  bool try_acquire(time_point now, double n = 1) noexcept;

  /// Takes n tokens that need not be there yet and says when they are. None for an n that can never be had,
  /// as in try_acquire, or not before the end of time: then nothing is taken. O(1).
  std::optional<reservation> reserve(time_point now, double n = 1) noexcept;

  /// Gives back what a reservation took, but for what later ones already wait behind. Nothing happens when
  /// its time has passed, when it was cancelled before, or when the rate has changed since. Cancel one of two
  /// copies, not both. O(1).
  void cancel(time_point now, const reservation&) noexcept;

  /// How many tokens there are, at most the burst; negative while reservations wait. Changes nothing. O(1).
  double tokens(time_point now) const noexcept;

  /// From now on another rate; the tokens there are and the time owed, counted in tokens, stay. A rate that
  /// `check` refuses is refused as by the constructor and changes nothing. O(1).
  void set_rate(time_point now, double per_second);

  double per_second() const noexcept { return options_.per_second; }
  double burst() const noexcept { return options_.burst; }

  /// The time one token takes, rounded up to a nanosecond: never more than the rate is admitted.
  duration interval() const noexcept { return duration(interval_); }

  /// The time n tokens take, n at least 0, at most 2^62 ns; that of the burst is how far ahead of now the
  /// theoretical arrival time may be. For those that keep that time themselves, such as an atomic one.
  duration cost(double n) const noexcept { return cost(n, interval()); }
  static duration cost(double n, duration interval) noexcept;
  duration capacity() const noexcept { return duration(capacity_); }

  /// The theoretical arrival time; and the same put back, after somebody else has kept it for a while.
  time_point arrival() const noexcept { return tat_; }
  void set_arrival(time_point tat) noexcept { tat_ = tat; }

 private:
  // Where tat_ would go; none when n tokens can never be had.
  std::optional<time_point> plan(double n) const noexcept;
  void set_interval() noexcept;

  token_bucket_options options_;
  std::int64_t interval_;  // ns a token
  std::int64_t capacity_;  // ns of the whole burst
  time_point tat_ = time_point::min();
  time_point now_ = time_point::min();  // the largest time seen
  std::uint64_t epoch_ = 0;             // how often the rate has changed
};

}  // namespace weir::control
