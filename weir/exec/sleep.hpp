// Waiting for a time to pass, without a thread.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/channel/async_gate.hpp>
#include <weir/channel/async_operation.hpp>

#include <coroutine>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>

namespace weir {

namespace detail {

class [[nodiscard]] sleep_operation {
 public:
  sleep_operation(duration time, std::stop_token stop) noexcept : time_(time), stop_(std::move(stop)) {}
  sleep_operation(const sleep_operation&) = delete;
  sleep_operation& operator=(const sleep_operation&) = delete;

  bool await_ready() const noexcept { return time_ <= duration::zero(); }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) {
    std::stop_token outer = stop_token_of(h);
    if (stop_.stop_requested() || outer.stop_requested()) {
      cancelled_ = true;
      return false;
    }
    gate_.emplace().open(h);
    if (stop_.stop_possible()) on_stop_.emplace(std::move(stop_), canceller{&*gate_});
    if (outer.stop_possible()) on_outer_stop_.emplace(std::move(outer), canceller{&*gate_});
    gate_->plan_timeout(from_now(time_), passed);
    return gate_->waits();
  }

  /// cancelled, when a stop was requested before the time had passed.
  [[nodiscard]] result<> await_resume() noexcept {
    on_stop_.reset();
    on_outer_stop_.reset();
    if (gate_) {
      gate_->cancel_timeout();
      cancelled_ = gate_->party.winner() == stopped;
    }
    if (cancelled_) return std::unexpected(errc::cancelled);
    return {};
  }

 private:
  static constexpr std::uint32_t passed = 0;
  static constexpr std::uint32_t stopped = 1;
  struct canceller {
    async_gate<native_atomics>* gate;
    void operator()() const noexcept {
      if (gate->party.claim(stopped)) gate->party.finish();
    }
  };

  duration time_;
  bool cancelled_ = false;
  std::stop_token stop_;
  std::optional<async_gate<native_atomics>> gate_;
  std::optional<std::stop_callback<canceller>> on_stop_;
  std::optional<std::stop_callback<canceller>> on_outer_stop_;
};

}  // namespace detail

/// co_await gives a result<>: success when the time has passed, cancelled when a stop was requested sooner,
/// by `stop` or of the task that sleeps. Zero and less do not wait; the largest time is for ever. Precise to
/// the system's timers, never early. std::system_error when the process's timer thread cannot be started.
///   auto nap = weir::sleep_for(10ms);
///   co_await nap;
[[nodiscard]] inline auto sleep_for(any_duration time, std::stop_token stop = {}) {
  return detail::sleep_operation(time, std::move(stop));
}

}  // namespace weir
