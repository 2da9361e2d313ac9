// A second attempt when the first is slower than nearly all: the first good answer counts.
//
//   weir::hedge hedge({.quantile = 0.95});
//   weir::result<reply> r = hedge.call([&](std::stop_token stop) { return ask(service, stop); });
//
// After the time that the share `quantile` of the last calls did not exceed, the function is called once
// more, on a thread of its own (async: as a second task), as long as the budget allows it. The first attempt
// decides, unless the second succeeds before; a failure of the second counts for nothing. The other one is
// asked to stop and waited for: so the function gains by a hedge only if it heeds its stop token, and it must
// be able to run twice at once. Only for what may be done twice. Source: J. Dean, L. A. Barroso, "The Tail at
// Scale", CACM 2013.
//
// Invariant: a call leaves nothing behind: threads are joined, timers cancelled, before it returns.
// Thread-safety: all of it but construction and destruction.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/short_lock.hpp>
#include <weir/base/time.hpp>
#include <weir/base/timer.hpp>
#include <weir/control/retry_budget.hpp>
#include <weir/guard/detail/call.hpp>
#include <weir/guard/detail/shadow.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <utility>

namespace weir {

struct hedge_options {
  double quantile = 0.95;  ///< of the times that calls took; above 0, at most 1
  /// Hedges beside calls; by default 1 in 20, and 1 a second in any case. none: as many as the quantile
  /// gives.
  std::optional<control::retry_budget_options> budget =
      control::retry_budget_options{.min_per_second = 1, .ratio = 0.05};
  std::int64_t minimum_calls = 20;  ///< so many have to be measured first; at least 1
};

/// What is wrong with the options, if anything: the first bad one in the order written.
std::optional<option_error> check(const hedge_options&);

struct hedge_stats {
  std::uint64_t hedges = 0;   ///< second attempts
  std::uint64_t won = 0;      ///< of these, those whose answer counted
  std::uint64_t refused = 0;  ///< second attempts for which the budget had nothing
};

class hedge : public shadowable {
 public:
  /// Throws std::invalid_argument that names the option, its value and a right one.
  explicit hedge(const hedge_options& options = {});
  /// While nobody uses the other.
  hedge(hedge&& other) noexcept;

  /// Calls f, F(std::stop_token) or F(), once or twice. What f gives, as result<R>; result and expected stay
  /// as they are; an exception of the first attempt leaves as it came. In shadow mode the budget is only
  /// counted.
  template <class F>
  [[nodiscard]] auto call(F&& f, std::stop_token stop = {}) {
    return detail::call_through(*this, f, detail::call_context(stop));
  }

  /// After this time a second attempt is made; none while too few calls were measured.
  [[nodiscard]] std::optional<duration> delay() const noexcept;
  [[nodiscard]] hedge_stats stats() const noexcept {
    return {.hedges = hedges_.value(), .won = won_.value(), .refused = refused_.value()};
  }

  /// What compositions call: a call begins, and when its hedge would; whether that may be; how long a call
  /// took that succeeded; that the second attempt's answer counts.
  std::optional<duration> begin(time_point now) noexcept;
  bool may_hedge(time_point now) noexcept;
  void took(duration time) noexcept;
  void won() noexcept { won_.add(); }
  template <class R, class Next>
  R around(Next& next, detail::call_context& context);

 private:
  template <class R, class Next>
  class race;

  const hedge_options options_;
  detail::short_lock<> lock_;
  std::optional<control::retry_budget> budget_;  // under lock_
  // All relaxed: each is one value, and a quantile of times of which one is older or newer is as good.
  std::array<std::atomic<duration::rep>, 512> times_{};  // of the last calls, in a ring
  std::atomic<std::uint64_t> measured_{0};
  std::atomic<duration::rep> delay_{-1};  // -1: not known
  detail::counter hedges_, won_, refused_;
};

/// Two attempts at once. The timer starts the second one's thread, unless it is cancelled before.
template <class R, class Next>
class hedge::race {
 public:
  race(hedge& of, Next& next, const std::stop_token& outer)
      : of_(of), next_(next), on_outer_(outer, both{this}) {}
  race(const race&) = delete;
  race& operator=(const race&) = delete;
  ~race() { end(); }

  R run(duration delay, time_point began) {
    timer_.at = after(began, delay);
    timer_.fire = {[](void* r) noexcept { static_cast<race*>(r)->start_second(); }, this};
    plan(timer_);
    const std::stop_token stop = stop_first_.get_token();
    detail::call_context context(stop);
    std::optional<R> first;
    try {
      first.emplace(next_(context));
    } catch (...) {
      // Unless the second's answer counts: then it is what the first, asked to stop, ended with.
      if (!decided_.exchange(true)) throw;
    }
    decided_.exchange(true);
    end();
    if (second_) of_.won();
    R& counts = second_ ? *second_ : *first;
    if (counts.has_value()) of_.took(clock::now() - began);
    return std::move(counts);
  }

 private:
  struct both {
    race* r;
    void operator()() const noexcept {
      r->stop_first_.request_stop();
      r->stop_second_.request_stop();
    }
  };

  void start_second() noexcept {
    if (!of_.may_hedge(clock::now())) return;
    try {
      thread_ = std::thread([this] { run_second(); });
    } catch (...) {
      // no thread to be had: then the first attempt is the only one
    }
  }
  void run_second() noexcept {
    try {
      const std::stop_token stop = stop_second_.get_token();
      detail::call_context context(stop);
      R outcome = next_(context);
      if (!outcome.has_value()) return;
      second_.emplace(std::move(outcome));
      if (decided_.exchange(true)) return second_.reset();
      stop_first_.request_stop();
    } catch (...) {
      // the first attempt tells what is wrong
    }
  }
  void end() noexcept {
    cancel(timer_);
    stop_second_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  hedge& of_;
  Next& next_;
  std::stop_source stop_first_, stop_second_;
  std::atomic<bool> decided_{false};
  std::optional<R> second_;  // by its thread, before that is joined; then: if it decided
  std::thread thread_;       // by the timer, before it is cancelled
  detail::timer_entry timer_;
  std::stop_callback<both> on_outer_;
};

template <class R, class Next>
R hedge::around(Next& next, detail::call_context& context) {
  const time_point began = context.now();
  const std::optional<duration> delay = begin(began);
  if (delay) {
    race<R, Next> both(*this, next, context.stop());
    R outcome = both.run(*delay, began);
    context.time_passes();
    return outcome;
  }
  R outcome = next(context);
  if (outcome.has_value()) took(context.now() - began);
  return outcome;
}

}  // namespace weir
