// Something else instead of a failure: a value, or a function that makes one.
//
//   weir::fallback cached([&](const weir::failure&) { return last_known; });
//   weir::result<price> p = cached.call([&] { return ask(service); });
//
// Thread-safety: call() as far as the value can be copied, or the function called, by several threads at
// once.
#pragma once

#include <weir/base/error.hpp>
#include <weir/guard/detail/call.hpp>
#include <weir/guard/detail/shadow.hpp>
#include <weir/guard/failure.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace weir {

/// V: the value to give, copied each time; or a function of nothing or of the failure, which gives a value, a
/// result, an expected, or nothing (for calls that give nothing). What a function throws leaves instead.
template <class V>
class fallback : public shadowable {
 public:
  /// `when`: which failures are replaced; by default all of them, exceptions included.
  explicit fallback(V instead, classifier when = {}) : instead_(std::move(instead)), when_(std::move(when)) {}

  /// While nobody uses the other.
  fallback(fallback&&) = default;

  /// Calls f(); when it fails, gives the other thing. In shadow mode the failure leaves as it came, and is
  /// counted.
  template <class F>
  [[nodiscard]] auto call(F&& f) {
    return detail::call_through(*this, f);
  }

  /// How often the other thing was given.
  [[nodiscard]] std::uint64_t used() const noexcept { return used_.value(); }

  /// What compositions call.
  template <class R, class Next>
  R around(Next& next, detail::call_context& context) {
    std::optional<R> outcome;
    failure what;
    try {
      outcome.emplace(next(context));
      if (outcome->has_value()) [[likely]]
        return std::move(*outcome);
      what = failure::of(outcome->error());
    } catch (...) {
      what = failure::of_current_exception();
      if (!replaces(what)) throw;
      outcome.reset();
    }
    if (outcome && !replaces(what)) return std::move(*outcome);
    return make<R>(what);
  }
  bool replaces(const failure& what) {
    if (!when_(what, true) || passes_as_shadow()) return false;
    used_.add();
    return true;
  }
  template <class R>
  R make(const failure& what) {
    if constexpr (std::is_invocable_v<V&, const failure&>) {
      return from<R>([&]() -> decltype(auto) { return instead_(what); });
    } else if constexpr (std::is_invocable_v<V&>) {
      return from<R>(instead_);
    } else {
      static_assert(std::is_constructible_v<R, const V&>,
                    "weir: a fallback gives a value that the call's result can be made from");
      return R(instead_);
    }
  }

 private:
  template <class R, class Make>
  static R from(Make&& make) {
    if constexpr (std::is_void_v<std::invoke_result_t<Make&>>) {
      make();
      return R();
    } else {
      return R(make());
    }
  }

  V instead_;
  classifier when_;
  detail::counter used_;
};

}  // namespace weir
