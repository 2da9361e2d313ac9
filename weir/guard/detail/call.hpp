// How a call goes through a guard: the type that comes out, the clock it shares with other guards, and the
// way in and out of a guard that is a gate.
//
// A gate decides once before the call and learns once how it went: `admit(call_context&)` gives a result<> of
// a permit; the permit's `settle(const failure*, call_context&)` is told how it went (null: well), and its
// destructor gives back what was not settled. A gate that people wait at also has admit_now, async_line and
// after_line (bulkhead.hpp). Other guards (retry, hedge, fallback) have `around<R>(next, call_context&)`,
// which calls next(call_context&) as it likes. Thread-safety: a call belongs to its thread.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/quick_clock.hpp>
#include <weir/base/time.hpp>
#include <weir/guard/failure.hpp>

#include <concepts>
#include <expected>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// What a call has with it on its way through the guards. One reading of the clock serves all of them until
/// time passes: so a call reads it at most twice, before and after.
class call_context {
 public:
  call_context() = default;
  /// The token outlives the call.
  explicit call_context(const std::stop_token& stop) noexcept : stop_(&stop) {}

  time_point now() noexcept {
    if (now_ == time_point::min()) now_ = quick_now();
    return now_;
  }
  /// The function ran, or somebody waited.
  void time_passes() noexcept { now_ = time_point::min(); }

  /// Ends waits.
  std::stop_token stop() const noexcept { return stop_ != nullptr ? *stop_ : std::stop_token(); }

 private:
  time_point now_ = time_point::min();
  const std::stop_token* stop_ = nullptr;
};

/// A guarded function is F() or F(std::stop_token).
template <class F>
decltype(auto) invoke_with(F& f, call_context& context) {
  if constexpr (std::is_invocable_v<F&>) {
    return f();
  } else {
    static_assert(std::is_invocable_v<F&, std::stop_token>,
                  "weir: a guarded function must be callable as F() or F(std::stop_token)");
    return f(context.stop());
  }
}
template <class F>
using answer_of = decltype(invoke_with(std::declval<F&>(), std::declval<call_context&>()));

template <class R>
struct guarded {
  static_assert(
      !std::is_reference_v<R>,
      "weir: a guarded call cannot return a reference; return a pointer or a std::reference_wrapper");
  using type = result<R>;
};
template <class T, class E>
struct guarded<std::expected<T, E>> {
  static_assert(std::is_constructible_v<E, errc>,
                "weir: a guarded call that returns std::expected<T, E> needs an E that can be made from "
                "weir::errc, to say why it was refused; use weir::error, std::error_code, or give E such a "
                "constructor");
  using type = std::expected<T, E>;
};

/// What comes out of a guarded call that gives R.
template <class R>
using guarded_t = typename guarded<std::conditional_t<std::is_void_v<R>, void, std::remove_cv_t<R>>>::type;

template <class R>
R refused(errc why) {
  return R(std::unexpect, why);
}

/// Calls f with its result as an R = guarded_t of it.
template <class R, class F>
R invoke_as(F& f, call_context& context) {
  struct passing {
    call_context& context;
    ~passing() { context.time_passes(); }
  };
  const passing time{context};
  if constexpr (std::is_void_v<answer_of<F>>) {
    invoke_with(f, context);
    return R();
  } else {
    return R(invoke_with(f, context));
  }
}

template <class G>
concept gate = requires(G& g, call_context& context) { g.admit(context); };

template <class R, class Permit>
void settle(Permit& permit, const R& outcome, call_context& context) {
  if (outcome.has_value()) [[likely]] {
    permit.settle(nullptr, context);
  } else {
    const failure f = failure::of(outcome.error());
    permit.settle(&f, context);
  }
}

template <class Permit>
void settle_exception(Permit& permit, call_context& context) {
  const failure f = failure::of_current_exception();
  permit.settle(&f, context);
}

/// next(call_context&) gives R and is called at most once by a gate.
template <class R, class G, class Next>
R pass(G& guard, Next& next, call_context& context) {
  if constexpr (gate<G>) {
    auto admitted = guard.admit(context);
    if (!admitted) return refused<R>(admitted.error());
    try {
      R outcome = next(context);
      settle(*admitted, outcome, context);
      return outcome;
    } catch (...) {
      settle_exception(*admitted, context);
      throw;
    }
  } else {
    return guard.template around<R>(next, context);
  }
}

/// A call through one guard.
template <class G, class F>
auto call_through(G& guard, F& f, call_context context = {}) {
  using R = guarded_t<answer_of<F>>;
  auto next = [&f](call_context& c) -> R { return invoke_as<R>(f, c); };
  return pass<R>(guard, next, context);
}

/// The permit of a gate that has nothing to give back.
struct no_permit {
  void settle(const failure*, call_context&) noexcept {}
};

}  // namespace weir::detail
