// Waiting for a channel without a thread: what co_await ch.async_send(...) and ch.async_receive() wait in.
//
// The object lives in the coroutine's frame and is listed at the channel like any other waiter (waiter.hpp);
// its party is told by resuming the coroutine, where its promise wants that (base/resumption.hpp).
//
// Invariants
// - From the moment the lock is left after listing, the coroutine may run on another thread and the object be
//   gone: suspend() touches nothing of it afterwards.
// - One of two ends the wait: a partner, who takes the waiter off the list and claims it, or a stop callback,
//   who takes it off and marks it cancelled. Both do so under the channel's lock, so a value that was handed
//   over is never dropped for a cancellation, nor the other way round.
// - Stop callbacks are made before listing and outside the lock; one that runs before the listing leaves
//   `stop_seen_`, which the listing looks at. They are destroyed first thing after the wait.
// Thread-safety: an operation belongs to its coroutine. A coroutine that waits must not be destroyed.
#pragma once

#include <weir/base/resumption.hpp>
#include <weir/channel/core.hpp>

#include <coroutine>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace weir::detail {

template <class T, class Atomics>
class async_operation {
 public:
  async_operation(const async_operation&) = delete;
  async_operation& operator=(const async_operation&) = delete;

 protected:
  using core_type = channel_core<T, Atomics>;
  using claimed = claimed_list<Atomics>;
  enum class outcome : std::uint8_t { by_partner, done, closed, cancelled };

  async_operation(core_type& core, std::stop_token stop) noexcept : core_(&core), stop_(std::move(stop)) {}
  ~async_operation() = default;

  /// For await_ready: true when `p` is a success and the coroutine need not give way to others.
  bool is_through(passage p) noexcept {
    if (p != passage::done) return false;
    outcome_ = outcome::done;
    return !ends_turn();
  }

  /// Tries, then waits. True: the coroutine stays suspended, and this object may be gone.
  template <class Promise, class Attempt>
  bool suspend(std::coroutine_handle<Promise> h, Attempt attempt) {
    if (outcome_ == outcome::done) return gives_way(h);
    party_.emplace(wait_party<Atomics>::shape::single, resumption_of(h, who_));
    waiter_.party = std::addressof(*party_);
    std::stop_token outer = stop_token_of(h);
    if (stop_.stop_possible() || outer.stop_possible()) {
      if (settled(attempt_only(attempt))) return ends_turn() && gives_way(h);
      if (stop_.stop_requested() || outer.stop_requested()) {
        outcome_ = outcome::cancelled;
        return false;
      }
      if (stop_.stop_possible()) on_stop_.emplace(stop_, canceller{this});
      if (outer.stop_possible()) on_outer_stop_.emplace(std::move(outer), canceller{this});
    }
    bool listed = false;
    const step s = attempt_or_list(attempt, listed);
    if (listed) return true;
    if (!settled(s)) outcome_ = outcome::cancelled;
    return ends_turn() && gives_way(h);
  }

  /// After the wait, before anything else: how it went, never `by_partner`.
  outcome end_wait() noexcept {
    on_stop_.reset();
    on_outer_stop_.reset();
    if (outcome_ != outcome::by_partner) return outcome_;
    return waiter_.fate == fate::done ? outcome::done : outcome::closed;
  }

  bool was_by_partner() const noexcept { return outcome_ == outcome::by_partner; }

  core_type* core_;
  waiter<Atomics> waiter_;

 private:
  struct canceller {
    async_operation* operation;
    void operator()() const noexcept { operation->cancel(); }
  };

  /// On the thread that asks to stop.
  void cancel() noexcept {
    {
      const std::lock_guard hold(core_->lock());
      if (!core_->state().unlist(waiter_)) {
        stop_seen_ = true;
        return;
      }
      outcome_ = outcome::cancelled;
    }
    party_->finish();
  }

  template <class Attempt>
  step attempt_only(Attempt& attempt) {
    claimed woken;
    step s;
    {
      const std::lock_guard hold(core_->lock());
      s = attempt(woken);
    }
    woken.finish_all();
    return s;
  }

  template <class Attempt>
  step attempt_or_list(Attempt& attempt, bool& listed) {
    claimed woken;
    step s;
    {
      const std::lock_guard hold(core_->lock());
      s = attempt(woken);
      listed = s == step::blocked && !stop_seen_;
      if (listed) core_->state().list(waiter_);
    }
    woken.finish_all();
    return s;
  }

  bool settled(step s) noexcept {
    if (s == step::blocked) return false;
    outcome_ = s == step::done ? outcome::done : outcome::closed;
    return true;
  }

  outcome outcome_ = outcome::by_partner;
  bool stop_seen_ = false;
  suspended who_;
  std::optional<wait_party<Atomics>> party_;
  std::stop_token stop_;
  std::optional<std::stop_callback<canceller>> on_stop_;
  std::optional<std::stop_callback<canceller>> on_outer_stop_;
};

/// What async_send returns. Refers to the channel and to the value until it ends.
template <class T, class Atomics = native_atomics>
class [[nodiscard]] async_send_operation : private async_operation<T, Atomics> {
  using base = async_operation<T, Atomics>;

 public:
  async_send_operation(channel_core<T, Atomics>& core, T& value, std::stop_token stop) noexcept
      : base(core, std::move(stop)), value_(&value) {}

  bool await_ready() noexcept { return this->is_through(this->core_->state().quick_send(*value_)); }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) {
    this->waiter_.wish = wish::send;
    this->waiter_.value = std::addressof(*value_);
    return this->suspend(h, [this](auto& woken) { return this->core_->state().offer(*value_, woken); });
  }

  /// closed | cancelled; the value is untouched then.
  [[nodiscard]] result<> await_resume() noexcept {
    switch (this->end_wait()) {
      case base::outcome::closed: return std::unexpected(errc::closed);
      case base::outcome::cancelled: return std::unexpected(errc::cancelled);
      default: return {};
    }
  }

 private:
  T* value_;
};

/// What async_receive returns. Refers to the channel until it ends.
template <class T, class Atomics = native_atomics>
class [[nodiscard]] async_receive_operation : private async_operation<T, Atomics> {
  using base = async_operation<T, Atomics>;

 public:
  async_receive_operation(channel_core<T, Atomics>& core, std::stop_token stop) noexcept
      : base(core, std::move(stop)) {}
  ~async_receive_operation() {}

  bool await_ready() noexcept {
    return this->is_through(this->core_->state().quick_receive([this](T& value) {
      std::construct_at(std::addressof(room_), std::move(value));
      got_.in_room = true;
    }));
  }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) {
    this->waiter_.wish = wish::receive;
    this->waiter_.value = std::addressof(room_);
    return this->suspend(h, [this](auto& woken) { return this->core_->take_one(got_, woken); });
  }

  /// closed | cancelled
  [[nodiscard]] result<T> await_resume() noexcept {
    const bool by_partner = this->was_by_partner();
    switch (this->end_wait()) {
      case base::outcome::closed: return std::unexpected(errc::closed);
      case base::outcome::cancelled: return std::unexpected(errc::cancelled);
      default: break;
    }
    got_.in_room |= by_partner;
    return this->core_->unpack(got_);
  }

 private:
  union {
    T room_;  // where a partner puts the value
  };
  parcel<T, Atomics> got_{std::addressof(room_)};
};

}  // namespace weir::detail
