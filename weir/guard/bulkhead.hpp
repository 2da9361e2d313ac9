// How many calls at a time, fixed or as many as the service can bear, with a short line in front.
//
//   weir::bulkhead at_most({.limit = 10, .max_wait = 20ms, .max_waiting = 100});
//   weir::result<reply> r = at_most.call([&] { return ask(service); });  // full | timed_out
//
// Invariants: word_ is the number of calls inside, and `crowded` while the lock is held or anybody is in the
// line: then places are taken and given back under the lock, the line first. Without it both are one
// compare-and-swap. The limit may fall below the number inside: then nobody enters until enough have left.
// Orders: taking a place (acquire) sees what the one who left it did (release).
// Thread-safety: all of it but construction and destruction. Nobody may wait when it is destroyed.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/control/concurrency_limit.hpp>
#include <weir/guard/detail/call.hpp>
#include <weir/guard/detail/shadow.hpp>
#include <weir/guard/detail/wait_line.hpp>
#include <weir/guard/failure.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>

namespace weir {

/// A number, at least 1, or any of the algorithms: control::aimd({}), control::concurrency_limit, ...
class bulkhead_limit {
 public:
  template <std::integral Int>
  bulkhead_limit(Int calls)
      : limit_(control::fixed({.limit = static_cast<std::int64_t>(calls)})), adaptive_(false) {}
  template <std::convertible_to<control::concurrency_limit> Algorithm>
  bulkhead_limit(Algorithm algorithm) : limit_(std::move(algorithm)), adaptive_(true) {}

  const control::concurrency_limit& algorithm() const noexcept { return limit_; }
  bool is_adaptive() const noexcept { return adaptive_; }

 private:
  control::concurrency_limit limit_;
  bool adaptive_;
};

struct bulkhead_options {
  bulkhead_limit limit = 20;
  duration max_wait = duration::zero();  ///< for a place; 0 and less: full at once; duration::max(): for ever
  std::size_t max_waiting = 1024;        ///< in the line; more are refused as full
};

struct bulkhead_stats {
  std::int64_t limit = 0;
  std::int64_t in_flight = 0;
  std::size_t waiting = 0;
  std::uint64_t refused = 0;  ///< full and timed_out
};

namespace detail {

/// The places, and the line in front of them.
class places final : public wait_line {
 public:
  places(std::int64_t limit, std::size_t max_waiting) noexcept : limit_(limit), max_waiting_(max_waiting) {}

  bool try_take() noexcept {
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    while ((seen & crowded) == 0 &&
           static_cast<std::int64_t>(seen) < limit_.load(std::memory_order_relaxed)) {
      if (word_.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire, std::memory_order_relaxed)) {
        return true;
      }
    }
    return (seen & crowded) != 0 && try_take_slowly();
  }
  void give_back() noexcept {
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    while ((seen & crowded) == 0) {
      if (word_.compare_exchange_weak(seen, seen - 1, std::memory_order_release, std::memory_order_relaxed)) {
        return;
      }
    }
    give_back_slowly();
  }
  void set_limit(std::int64_t limit) noexcept { limit_.store(limit, std::memory_order_relaxed); }
  /// After the limit rose: lets in who waits. Under no lock.
  void serve() noexcept;
  std::int64_t limit() const noexcept { return limit_.load(std::memory_order_relaxed); }
  std::int64_t inside() const noexcept {
    return static_cast<std::int64_t>(word_.load(std::memory_order_relaxed) & ~crowded);
  }
  std::size_t max_waiting() const noexcept { return max_waiting_; }
  std::size_t waiting() noexcept {
    const section in(*this);
    return waiters_.size();
  }

 private:
  static constexpr std::uint64_t crowded = std::uint64_t{1} << 63;

  bool try_take_slowly() noexcept;
  void give_back_slowly() noexcept;
  bool has_room() const noexcept { return inside() < limit(); }
  void lock() noexcept override;
  void unlock() noexcept override;
  void enter(line_waiter& w, told_list& told) override;
  void look(told_list& told) noexcept override;
  void gone(const line_waiter&, bool, told_list&) noexcept override {}

  alignas(64) std::atomic<std::uint64_t> word_{0};
  std::atomic<std::int64_t>
      limit_;  // relaxed: a limit that is read late is as good as a call that came early
  const std::size_t max_waiting_;
};

}  // namespace detail

class bulkhead : public shadowable {
 public:
  /// A place inside, given back when it is dropped. Move-only; the bulkhead outlives it.
  class permit {
   public:
    permit(permit&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), began_(other.began_), beside_(other.beside_) {}
    permit& operator=(permit&&) = delete;
    ~permit() {
      if (of_ != nullptr) of_->places_.give_back();
    }
    /// How the call went, for a limit that adapts: it learns from calls that went well, and from those that
    /// were turned away or too late (overloaded, full, rate_limited, timed_out, which count as dropped).
    void settle(const failure* what, detail::call_context& context) {
      if (of_ != nullptr && of_->adaptive_) of_->learn(*this, what, context);
    }

   private:
    friend class bulkhead;
    permit(bulkhead* of, time_point began, std::int64_t beside) noexcept
        : of_(of), began_(began), beside_(beside) {}

    bulkhead* of_;  // null: let through in shadow mode
    time_point began_;
    std::int64_t beside_;  // calls inside when it began
  };

  /// Throws std::invalid_argument that names the option, its value and a right one.
  explicit bulkhead(const bulkhead_options& options = {})
      : max_wait_(options.max_wait),
        adaptive_(options.limit.is_adaptive()),
        algorithm_(options.limit.algorithm()),
        places_(algorithm_.limit(), options.max_waiting) {}

  /// While nobody uses the other, and nobody has a permit of it.
  bulkhead(bulkhead&& other) noexcept
      : shadowable(static_cast<shadowable&&>(other)),
        max_wait_(other.max_wait_),
        adaptive_(other.adaptive_),
        algorithm_(other.algorithm_),
        refused_(std::move(other.refused_)),
        places_(algorithm_.limit(), other.places_.max_waiting()) {}

  /// Calls f, F() or F(std::stop_token), when there is a place: full | timed_out | cancelled (`stop` ends the
  /// wait for a place). What f gives, as result<R>; result and expected stay as they are.
  template <class F>
  [[nodiscard]] auto call(F&& f, std::stop_token stop = {}) {
    return detail::call_through(*this, f, detail::call_context(stop));
  }

  /// For calls that are no function: a place, or why there is none.
  [[nodiscard]] result<permit> acquire(std::stop_token stop = {}) {
    detail::call_context context(stop);
    return admit(context);
  }

  [[nodiscard]] bulkhead_stats stats() const {
    return {.limit = places_.limit(),
            .in_flight = places_.inside(),
            .waiting = places_.waiting(),
            .refused = refused_.value()};
  }

  /// What compositions call: the answer where it needs no waiting; the wait; what comes of it.
  std::optional<result<permit>> admit_now(detail::call_context& context) {
    if (places_.try_take()) [[likely]]
      return inside(context);
    if (max_wait_ > duration::zero() && !is_shadow()) return std::nullopt;
    return refuse(errc::full, context);
  }
  auto async_line(detail::call_context& context) {
    return detail::line_operation(places_, 1, after_max_wait(context), context.stop(), std::nullopt);
  }
  result<permit> after_line(result<> got, detail::call_context& context) {
    context.time_passes();
    return got ? inside(context) : refuse(got.error(), context);
  }
  result<permit> admit(detail::call_context& context) {
    if (auto answer = admit_now(context)) return std::move(*answer);
    return after_line(places_.wait(1, after_max_wait(context), context.stop()), context);
  }

 private:
  result<permit> inside(detail::call_context& context) {
    if (!adaptive_) return permit(this, {}, 0);
    return permit(this, context.now(), places_.inside());
  }
  result<permit> refuse(errc why, detail::call_context&);
  void learn(const permit& p, const failure* what, detail::call_context& context);
  time_point after_max_wait(detail::call_context& context) const noexcept {
    return max_wait_ == duration::max() ? never : after(context.now(), max_wait_);
  }

  const duration max_wait_;
  const bool adaptive_;
  detail::short_lock<> algorithm_lock_;
  control::concurrency_limit algorithm_;  // under algorithm_lock_
  detail::counter refused_;
  mutable detail::places places_;
};

}  // namespace weir
