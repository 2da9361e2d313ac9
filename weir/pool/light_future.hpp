// What task_pool::async_light returns: a future in one small block of memory, for tasks so short that
// std::future (two blocks, a mutex and a condition variable) would cost more than they do.
//
// Invariants: the state belongs to a promise and a future; whoever lets go of it last deletes it. The promise
// writes the result, then `ready`, then wakes, then lets go; the future touches the result only after it saw
// `ready` or was woken. Orders: the release of `ready` pairs with the acquire in is_ready(); finish() with
// wait() as parker.hpp says; letting go is acquire and release, so the last one sees all that the other did.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/parker.hpp>
#include <weir/base/time.hpp>

#include <atomic>
#include <cassert>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace weir {

namespace detail {

template <class R>
struct light_state {
  using object = std::conditional_t<std::is_void_v<R>, std::monostate, R>;
  using kept = std::conditional_t<std::is_reference_v<R>, std::remove_reference_t<R>*, object>;

  std::optional<kept> value;
  std::exception_ptr thrown;  // when there is no value
  parker<> sleep;
  std::atomic<bool> ready{false};
  std::atomic<int> owners{1};

  static void let_go(light_state* state) noexcept {
    if (state && state->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete state;
  }
};

template <class R>
class light_promise;

}  // namespace detail

/// Belongs to one thread at a time: not copied, not shared. Every wait is bounded or for a task that a pool
/// has accepted, and thus ends.
template <class R>
class light_future {
 public:
  light_future() = default;
  light_future(light_future&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  light_future& operator=(light_future&& other) noexcept {
    if (this != &other)
      detail::light_state<R>::let_go(std::exchange(state_, std::exchange(other.state_, nullptr)));
    return *this;
  }
  /// Does not wait: the task still runs.
  ~light_future() { detail::light_state<R>::let_go(state_); }

  /// False after get(), and of one that was not made by async_light: then nothing but these two, destruction
  /// and assignment is allowed.
  bool valid() const noexcept { return state_ != nullptr; }
  /// Whether get() would not wait.
  bool is_ready() const noexcept {
    assert(valid());
    return state_->ready.load(std::memory_order_acquire);
  }

  void wait() const noexcept { static_cast<void>(wait_until(never)); }
  /// False when the task has not ended by then.
  [[nodiscard]] bool wait_until(time_point deadline) const noexcept {
    return is_ready() || state_->sleep.wait(deadline) == detail::parker<>::reason::done;
  }
  [[nodiscard]] bool wait_for(any_duration time) const noexcept { return wait_until(from_now(time)); }

  /// Waits; what the task returned or threw, or, when it was lost, a std::system_error with its errc. Once.
  R get() {
    wait();
    const std::unique_ptr<detail::light_state<R>, let_go> state(std::exchange(state_, nullptr));
    if (!state->value) std::rethrow_exception(std::move(state->thrown));
    if constexpr (std::is_reference_v<R>) {
      return **state->value;
    } else if constexpr (!std::is_void_v<R>) {
      return std::move(*state->value);
    }
  }

 private:
  friend class detail::light_promise<R>;

  struct let_go {
    void operator()(detail::light_state<R>* state) const noexcept { detail::light_state<R>::let_go(state); }
  };

  explicit light_future(detail::light_state<R>* state) noexcept : state_(state) {}

  detail::light_state<R>* state_ = nullptr;
};

namespace detail {

/// The task's end of a light_future; as much of std::promise as tasks use. Each is fulfilled once, unless its
/// future is gone or never was.
template <class R>
class light_promise {
 public:
  /// May throw std::bad_alloc.
  light_promise() : state_(new light_state<R>) {}
  light_promise(light_promise&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  light_promise& operator=(light_promise&&) = delete;
  ~light_promise() { light_state<R>::let_go(state_); }

  /// Once.
  light_future<R> get_future() noexcept {
    state_->owners.store(2, std::memory_order_relaxed);  // nobody else knows the state yet
    return light_future<R>(state_);
  }

  /// Throws what the move throws; not fulfilled then.
  template <class... Value>
  void set_value(Value&&... value) {
    if constexpr (std::is_reference_v<R>) {
      state_->value.emplace(std::addressof(value)...);
    } else {
      state_->value.emplace(std::forward<Value>(value)...);
    }
    publish();
  }
  void set_exception(std::exception_ptr what) noexcept {
    state_->thrown = std::move(what);
    publish();
  }

 private:
  void publish() noexcept {
    light_state<R>* const state = std::exchange(state_, nullptr);
    state->ready.store(true, std::memory_order_release);
    state->sleep.finish();
    light_state<R>::let_go(state);
  }

  light_state<R>* state_;
};

}  // namespace detail

}  // namespace weir
