// When to stop calling what keeps failing: control::circuit_breaker, shared by threads.
//
//   weir::circuit_breaker breaker({.max_failures = 3});
//   weir::result<reply> r = breaker.call([&] { return ask(service); });  // circuit_open: it was not called
//
// A closed breaker that counts consecutive failures and has none counted is passed without a lock and without
// reading the clock; otherwise a call takes a short lock, twice at the most, and reads the clock twice at the
// most.
//
// Invariants: core_ is used under lock_ alone; word_ is its generation and state as of the last section, so a
// reading of it is as good as having been there then. A result whose generation is not that of the word
// changes nothing. Orders: the release of word_ pairs with the acquire that reads it, and covers open_until_.
// Thread-safety: all of it but construction and destruction; on_change before the first call or at any time.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/short_lock.hpp>
#include <weir/base/time.hpp>
#include <weir/control/circuit_breaker.hpp>
#include <weir/guard/detail/call.hpp>
#include <weir/guard/detail/shadow.hpp>
#include <weir/guard/failure.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

struct breaker_stats {
  control::breaker_state state = control::breaker_state::closed;
  std::uint64_t succeeded = 0;  ///< calls that went through and did not fail
  std::uint64_t failed = 0;     ///< calls that counted as failures
  std::uint64_t refused = 0;    ///< circuit_open
  std::uint64_t opened = 0;     ///< how often it opened
};

class circuit_breaker : public shadowable {
 public:
  /// Leave to make one call. Say how it went by succeeded() or failed(); one that is dropped counts as a call
  /// that was never made. Move-only; the breaker outlives it.
  class permit {
   public:
    permit(permit&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), leave_(other.leave_), began_(other.began_) {}
    permit& operator=(permit&&) = delete;
    ~permit() {
      if (of_ != nullptr) of_->release(leave_);
    }

    void succeeded() {
      detail::call_context context;
      settle(nullptr, context);
    }
    void failed() {
      detail::call_context context;
      if (circuit_breaker* const b = std::exchange(of_, nullptr)) b->failure_of(*this, context);
    }
    /// Null: it went well; else the breaker's classifier is asked.
    void settle(const failure* what, detail::call_context& context) {
      circuit_breaker* const b = std::exchange(of_, nullptr);
      if (b == nullptr) return;
      if (what == nullptr || !b->counts_(*what, true)) {
        b->success_of(*this, context);
      } else {
        b->failure_of(*this, context);
      }
    }

   private:
    friend class circuit_breaker;
    permit(circuit_breaker* of, control::circuit_breaker::permit leave, time_point began) noexcept
        : of_(of), leave_(leave), began_(began) {}

    circuit_breaker* of_;  // null: in shadow mode, or settled
    control::circuit_breaker::permit leave_;
    time_point began_;  // when slow calls count
  };

  /// Throws std::invalid_argument that names the option, its value and a right one. `counts`: which
  /// unexpected values and exceptions are failures; by default all of them.
  explicit circuit_breaker(const control::circuit_breaker_options& options = {}, classifier counts = {});

  /// While nobody uses the other, and nobody has a permit of it.
  circuit_breaker(circuit_breaker&& other) noexcept;

  /// Calls f() unless the breaker is open: circuit_open. What f gives, as result<R>; result and expected stay
  /// as they are. An exception of f counts, and leaves as it came.
  template <class F>
  [[nodiscard]] auto call(F&& f) {
    return detail::call_through(*this, f);
  }
  /// With a judge of its own for this call: bool fails(const R&) of what comes out; exceptions fail.
  template <class F, class Judge>
  [[nodiscard]] auto call(F&& f, Judge fails) -> detail::guarded_t<detail::answer_of<F>>;

  /// For calls that are no function: circuit_open, or a permit to make one call.
  [[nodiscard]] result<permit> acquire() {
    detail::call_context context;
    return admit(context);
  }

  /// half_open also for an open breaker that has waited long enough for a probe.
  [[nodiscard]] control::breaker_state state() const;
  /// Opens, or closes, by hand.
  void trip();
  void reset();

  /// Calls g(from, to), or g(to), after each change of state, on the thread that caused it, under no lock.
  /// Two changes by two threads may be told in either order. g must not throw.
  template <class G>
  void on_change(G g) {
    using control::breaker_state;
    if constexpr (std::is_invocable_v<G&, breaker_state, breaker_state>) {
      add_listener(std::move(g));
    } else if constexpr (std::is_invocable_v<G&, breaker_state>) {
      add_listener([g = std::move(g)](breaker_state, breaker_state to) mutable { g(to); });
    } else {
      static_assert(std::is_invocable_v<G&>, "weir: on_change takes g(from, to), g(to) or g()");
      add_listener([g = std::move(g)](breaker_state, breaker_state) mutable { g(); });
    }
  }

  [[nodiscard]] breaker_stats stats() const;

  /// What compositions call.
  result<permit> admit(detail::call_context& context) {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    if (is_closed(word)) [[likely]] {
      return permit(this, {word >> mark_bits}, timed_ ? context.now() : time_point());
    }
    return admit_unless_open(word, context);
  }

 private:
  using listener = std::function<void(control::breaker_state from, control::breaker_state to)>;
  using hand_operation = decltype(&control::circuit_breaker::trip);
  struct change;

  // The lowest bits of the word; the others are the generation.
  enum mark : std::uint64_t { closed = 0, closed_quiet = 1, open = 2, half_open = 3 };
  static constexpr int mark_bits = 2;
  static constexpr bool is_closed(std::uint64_t word) noexcept { return (word & 2) == 0; }
  static control::breaker_state state_of(std::uint64_t word) noexcept;

  result<permit> admit_unless_open(std::uint64_t word, detail::call_context& context);
  void success_of(const permit& p, detail::call_context& context) {
    succeeded_.add();
    // Nothing failed lately, so one more success changes nothing.
    if (word_.load(std::memory_order_acquire) == (p.leave_.generation << mark_bits | closed_quiet)) return;
    settle(p, true, context);
  }
  void failure_of(const permit& p, detail::call_context& context) {
    failed_.add();
    settle(p, false, context);
  }
  void settle(const permit& p, bool well, detail::call_context& context);
  void release(control::circuit_breaker::permit leave);
  void by_hand(hand_operation operation);
  void note(time_point now, bool failures_counted, change& changed);
  void tell(const change& changed) const;
  void add_listener(listener l);

  const control::circuit_breaker_options options_;
  classifier counts_;
  const bool timed_;  // how long calls take matters
  alignas(64) std::atomic<std::uint64_t> word_{0};
  std::atomic<time_point::rep> open_until_{0};
  alignas(64) detail::counter succeeded_;  // relaxed, as all counts
  detail::counter failed_;
  detail::counter refused_;
  detail::counter opened_;
  mutable detail::short_lock<> lock_;
  control::circuit_breaker core_;
  mutable std::mutex listeners_lock_;
  std::shared_ptr<const std::vector<listener>> listeners_;
};

template <class F, class Judge>
auto circuit_breaker::call(F&& f, Judge fails) -> detail::guarded_t<detail::answer_of<F>> {
  using R = detail::guarded_t<detail::answer_of<F>>;
  detail::call_context context;
  result<permit> admitted = admit(context);
  if (!admitted) return detail::refused<R>(admitted.error());
  circuit_breaker* const b = std::exchange(admitted->of_, nullptr);
  try {
    R outcome = detail::invoke_as<R>(f, context);
    if (b != nullptr)
      fails(std::as_const(outcome)) ? failure_of(*admitted, context) : success_of(*admitted, context);
    return outcome;
  } catch (...) {
    if (b != nullptr) failure_of(*admitted, context);
    throw;
  }
}

}  // namespace weir
