// Not sending what the service would turn away anyway: control::adaptive_throttle, shared by threads.
//
//   weir::throttle throttle;
//   weir::result<reply> r = throttle.call([&] { return ask(service); });  // overloaded: it was not sent
//
// For clients: while the service accepts what it gets, nothing is held back; when it turns away more than
// half (k = 2), the client rejects as many by itself. Every call counts as a request, each that the service
// did not turn away as accepted. Thread-safety: all of it but construction and destruction.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/short_lock.hpp>
#include <weir/control/adaptive_throttle.hpp>
#include <weir/guard/detail/call.hpp>
#include <weir/guard/detail/shadow.hpp>
#include <weir/guard/failure.hpp>

#include <atomic>
#include <cstdint>

namespace weir {

class throttle : public shadowable {
 public:
  class permit {
   public:
    /// Null: it was accepted; else the classifier is asked whether the service turned it away.
    void settle(const failure* what, detail::call_context& context) {
      if (what == nullptr || !of_->turned_away_(*what, is_overload(*what))) of_->accepted(context);
    }

   private:
    friend class throttle;
    explicit permit(throttle* of) noexcept : of_(of) {}
    throttle* of_;
  };

  /// Throws std::invalid_argument that names the option, its value and a right one. `turned_away`: which
  /// failures say that the service has too much; by default overloaded, rate_limited, full, dropped,
  /// circuit_open, timed_out (also std::errc's), std::errc::resource_unavailable_try_again, and exceptions
  /// without a code. Other failures are the call's own, and count as accepted.
  explicit throttle(const control::adaptive_throttle_options& options = {}, classifier turned_away = {});

  /// While nobody uses the other, and nobody has a permit of it.
  throttle(throttle&& other) noexcept;

  /// Calls f(), or does not: overloaded. What f gives, as result<R>; result and expected stay as they are.
  template <class F>
  [[nodiscard]] auto call(F&& f) {
    return detail::call_through(*this, f);
  }

  /// How likely the next call is held back, in [0, 1).
  [[nodiscard]] double probability() const;
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.value(); }

  /// What compositions call.
  result<permit> admit(detail::call_context& context);

 private:
  static bool is_overload(const failure& what);
  void accepted(detail::call_context& context);

  classifier turned_away_;
  mutable detail::short_lock<> lock_;
  control::adaptive_throttle core_;  // under lock_
  detail::counter refused_;          // relaxed: a count alone
};

}  // namespace weir
