// Trying again: how often, after how long, and only as long as retries are few beside requests.
//
//   weir::retry again({.backoff = {.jitter = weir::control::jitter::full}, .budget = {{}}});
//   weir::result<reply> r = again.call([&] { return ask(service); }, stop);
//
// A retry waits the backoff's delay, or longer when the error names a longer one (failure::retry_after). A
// call that was cancelled is never retried. The budget is shared by all calls through this object: when the
// service fails for everybody, retries end at a share of the requests instead of multiplying them.
// Thread-safety: all of it but construction and destruction; the function runs on the caller's thread.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/short_lock.hpp>
#include <weir/base/time.hpp>
#include <weir/control/backoff.hpp>
#include <weir/control/retry_budget.hpp>
#include <weir/guard/detail/call.hpp>
#include <weir/guard/detail/shadow.hpp>
#include <weir/guard/failure.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <optional>
#include <stop_token>
#include <utility>

namespace weir {

struct retry_options {
  int max_attempts = 3;                                   ///< the first one included; at least 1
  control::backoff_options backoff{};                     ///< before each further one
  std::optional<control::retry_budget_options> budget{};  ///< none: retries are not bounded by requests
  duration total = duration::max();  ///< no attempt begins later than this after the first; at least 0
  /// Which failures are worth another attempt; by default all but those that will not change soon: closed,
  /// expired, circuit_open. Never asked about a cancelled call.
  weir::classifier classifier{};
};

/// What is wrong with the options, if anything: the first bad one in the order written.
std::optional<option_error> check(const retry_options&);

struct retry_stats {
  std::uint64_t retries = 0;    ///< attempts after the first
  std::uint64_t exhausted = 0;  ///< calls that failed after max_attempts, or had no time for another
  std::uint64_t refused = 0;    ///< retries for which the budget had nothing
};

class retry : public shadowable {
 public:
  /// Throws std::invalid_argument that names the option, its value and a right one.
  explicit retry(retry_options options = {});
  /// While nobody uses the other.
  retry(retry&& other) noexcept;

  /// Calls f, F() or F(std::stop_token), until it does not fail, or no attempt is left: then the last failure
  /// leaves as it came, value or exception. When `stop` ends a delay: cancelled, or the exception. In shadow
  /// mode the budget is only counted.
  template <class F>
  [[nodiscard]] auto call(F&& f, std::stop_token stop = {}) {
    return detail::call_through(*this, f, detail::call_context(stop));
  }

  [[nodiscard]] retry_stats stats() const noexcept;

  /// One call on its way: how long to wait before the next attempt, and whether there is one.
  class course {
   public:
    course(retry& of, detail::call_context& context);
    /// The call failed so. None: it is over.
    std::optional<duration> delay_after(const failure& why, detail::call_context& context);
    /// The delay has passed: the next attempt begins.
    void go_on();

   private:
    bool may_go_on(const failure& why) const;

    retry& of_;
    control::backoff backoff_;
    int attempts_ = 1;
    time_point last_start_ = never;
  };

  /// What compositions call.
  template <class R, class Next>
  R around(Next& next, detail::call_context& context);

 private:
  bool withdraw(time_point now) noexcept;
  static bool pause(duration delay, detail::call_context& context);

  retry_options options_;
  detail::short_lock<> lock_;
  std::optional<control::retry_budget> budget_;  // under lock_
  detail::counter retries_;                      // relaxed, as all counts
  detail::counter exhausted_;
  detail::counter refused_;
};

template <class R, class Next>
R retry::around(Next& next, detail::call_context& context) {
  course attempts(*this, context);
  for (;;) {
    std::optional<duration> delay;
    std::exception_ptr thrown;
    try {
      R outcome = next(context);
      if (outcome.has_value()) [[likely]]
        return outcome;
      delay = attempts.delay_after(failure::of(outcome.error()), context);
      if (!delay) return outcome;
    } catch (...) {
      delay = attempts.delay_after(failure::of_current_exception(), context);
      if (!delay) throw;
      thrown = std::current_exception();
    }
    if (!pause(*delay, context)) {
      if (thrown) std::rethrow_exception(thrown);
      return detail::refused<R>(errc::cancelled);
    }
    attempts.go_on();
  }
}

}  // namespace weir
