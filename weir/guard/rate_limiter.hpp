// How fast: a token bucket that threads and coroutines share and can wait at.
//
//   weir::rate_limiter limiter(100, 10);  // 100 a second, 10 at once
//   if (!limiter.try_acquire()) return busy();
//   if (!limiter.wait_for(50ms)) return busy();  // in order of arrival; at once if it cannot make it
//
// Decisions are those of control::token_bucket. A try that nobody waits before is one reading of the clock
// and one compare-and-swap. Those who wait form a line whose first alone has tokens reserved: who gives up
// costs the others nothing, and a new rate counts at once. Nobody overtakes the line. A line moves as fast as
// its threads can be woken: for more than some thousands of waits a second give the limiter a burst that
// covers 1 ms or so, or tokens that were not used in time are lost, as they are meant to be. Thread-safety:
// all of it but construction and destruction. Nobody may wait when it is destroyed.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/quick_clock.hpp>
#include <weir/base/time.hpp>
#include <weir/guard/detail/call.hpp>
#include <weir/guard/detail/rate_line.hpp>
#include <weir/guard/detail/shadow.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>

namespace weir {

struct rate_limiter_stats {
  std::uint64_t refused = 0;  ///< by try_acquire, and waits that could not make it
  std::uint64_t waited = 0;   ///< waits that had to wait and got their tokens
  std::size_t waiting = 0;    ///< now
};

class rate_limiter : public shadowable {
 public:
  /// A full bucket of `burst` tokens (finite, at least 1) that fills at `per_second` (finite, above 0).
  /// Throws std::invalid_argument that names the option, its value and a right one.
  rate_limiter(double per_second, double burst) : line_(per_second, burst) {}
  /// While nobody uses the other.
  rate_limiter(rate_limiter&&) = default;

  /// Takes n tokens if they are there. Never waits. Never for an n that is negative, NaN or above the burst.
  /// Lock-free while nobody waits; O(1).
  [[nodiscard]] bool try_acquire(double n = 1) noexcept { return try_acquire_at(detail::quick_now(), n); }

  /// Waits for n tokens, in order of arrival. cancelled | rate_limited (an n that can never be had). In
  /// shadow mode it does not wait. Throws std::system_error when the process's timer thread cannot be
  /// started.
  [[nodiscard]] result<> wait(double n = 1, std::stop_token stop = {}) {
    return wait_until(never, n, std::move(stop));
  }
  /// + rate_limited at once when the tokens cannot be there in time, also once a new rate makes it so, and
  /// timed_out when threads run too late to be there in time.
  [[nodiscard]] result<> wait_for(any_duration time, double n = 1, std::stop_token stop = {}) {
    const time_point now = clock::now();
    const duration length = time;
    return wait_from(now, length == duration::max() ? never : after(now, length), n, std::move(stop));
  }
  [[nodiscard]] result<> wait_until(time_point deadline, double n = 1, std::stop_token stop = {}) {
    return wait_from(clock::now(), deadline, n, std::move(stop));
  }

  /// As wait, for coroutines: co_await gives a result<>, and blocks no thread while it waits.
  ///   auto op = limiter.async_wait();
  ///   weir::result<> got = co_await op;
  [[nodiscard]] auto async_wait(double n = 1, std::stop_token stop = {}) {
    return detail::line_operation(line_, n, never, std::move(stop), at_once(clock::now(), n));
  }
  /// As wait_until, for coroutines.
  [[nodiscard]] auto async_wait_until(time_point deadline, double n = 1, std::stop_token stop = {}) {
    return detail::line_operation(line_, n, deadline, std::move(stop), at_once(clock::now(), n));
  }

  /// From now on another rate: the tokens there are stay, and those who wait are planned anew; who cannot
  /// make its deadline any more is told so at once. Throws as the constructor, and changes nothing then.
  /// O(waiting).
  void set_rate(double per_second) { line_.set_rate(per_second); }
  double per_second() const noexcept { return line_.per_second(); }
  /// How many there are; 0 or less while somebody waits. A snapshot.
  double tokens() const noexcept { return line_.tokens(); }

  [[nodiscard]] rate_limiter_stats stats() const noexcept {
    const auto line = line_.count();
    return {.refused = refused_.value() + line.refused, .waited = line.waited, .waiting = line.waiting};
  }

  /// try_acquire at a time that the caller has read from weir::clock just now.
  bool try_acquire_at(time_point now, double n = 1) noexcept {
    return line_.try_acquire(now, n) || refuse_unless_shadow();
  }

  /// What compositions call: rate_limited, when there is no token now. To wait for one, see waiting().
  result<detail::no_permit> admit(detail::call_context& context) noexcept {
    if (try_acquire_at(context.now())) [[likely]]
      return detail::no_permit();
    return std::unexpected(errc::rate_limited);
  }
  /// Calls f(), or does not: rate_limited. What f gives, as result<R>; result and expected stay as they are.
  template <class F>
  [[nodiscard]] auto call(F&& f) {
    return detail::call_through(*this, f);
  }
  /// For compositions: calls wait for their token, at most so long. Refers to the limiter.
  [[nodiscard]] auto waiting(any_duration at_most = duration::max()) noexcept;

 private:
  bool refuse_unless_shadow() noexcept {
    if (passes_as_shadow()) return true;
    refused_.add();
    return false;
  }
  /// The answer where it needs no waiting.
  std::optional<result<>> at_once(time_point now, double n) noexcept {
    if (line_.try_acquire(now, n) || passes_as_shadow()) return result<>();
    return std::nullopt;
  }
  result<> wait_from(time_point now, time_point deadline, double n, std::stop_token stop) {
    if (const auto answer = at_once(now, n)) return *answer;
    return line_.wait(n, deadline, stop);
  }

  friend class waiting_limiter;

  mutable detail::rate_line line_;
  detail::counter refused_;  // by try_acquire; relaxed: a count alone
};

/// A limiter at which calls wait, as a guard: weir::guard(limiter.waiting(50ms), breaker).
class waiting_limiter {
 public:
  waiting_limiter(rate_limiter& limiter, duration at_most) noexcept : limiter_(&limiter), at_most_(at_most) {}

  /// As those of bulkhead.
  std::optional<result<detail::no_permit>> admit_now(detail::call_context& context) noexcept {
    if (limiter_->at_once(context.now(), 1)) return detail::no_permit();
    return std::nullopt;
  }
  auto async_line(detail::call_context& context) {
    return detail::line_operation(limiter_->line_, 1, deadline(context), context.stop(), std::nullopt);
  }
  result<detail::no_permit> after_line(result<> got, detail::call_context& context) noexcept {
    context.time_passes();
    if (!got) return std::unexpected(got.error());
    return detail::no_permit();
  }
  result<detail::no_permit> admit(detail::call_context& context) {
    if (const auto answer = admit_now(context)) return *answer;
    return after_line(limiter_->line_.wait(1, deadline(context), context.stop()), context);
  }

 private:
  time_point deadline(detail::call_context& context) const noexcept {
    return at_most_ == duration::max() ? never : after(context.now(), at_most_);
  }

  rate_limiter* limiter_;
  duration at_most_;
};

inline auto rate_limiter::waiting(any_duration at_most) noexcept { return waiting_limiter(*this, at_most); }

}  // namespace weir
