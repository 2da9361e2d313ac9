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
// - What an operation has of waiting is made where it must wait: one that need not, and one that nobody can
//   stop, pays for nothing of it. But for the callbacks, none of it needs destroying.
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
#include <type_traits>
#include <utility>

namespace weir::detail {

/// In place of a stop token, of an operation that was given none.
struct no_token {
  static constexpr bool stop_possible() noexcept { return false; }
  static constexpr bool stop_requested() noexcept { return false; }
};

template <class T, class Atomics, class Token>
class async_operation {
 public:
  async_operation(const async_operation&) = delete;
  async_operation& operator=(const async_operation&) = delete;

 protected:
  using core_type = channel_core<T, Atomics>;
  using claimed = claimed_list<Atomics>;
  enum class outcome : std::uint8_t { by_partner, passed, done, closed, cancelled };

  async_operation(core_type& core, Token&& stop) noexcept : core_(&core), stop_(std::move(stop)) {}
  ~async_operation() {}

  /// For await_ready: true when `p` is a success and the coroutine need not give way to others.
  bool is_through(passage p) noexcept {
    if (p != passage::done) return false;
    outcome_ = outcome::passed;
    return !ends_turn();
  }

  /// Tries, then waits. True: the coroutine stays suspended, and this object may be gone.
  template <class Promise, class Attempt>
  bool suspend(std::coroutine_handle<Promise> h, wish what, void* value, Attempt attempt) {
    if (outcome_ == outcome::passed) return gives_way(h);
    step s;
    if (stop_.stop_possible() || can_be_stopped(h)) {
      s = attempt_then_list_cancellable(h, what, value, attempt);
    } else {
      s = attempt_or(attempt, [&](core_type& core) {
        make_wait(h, what, value);
        core.state().list(wait_.node);
      });
    }
    if (s == step::blocked) return true;
    if (outcome_ != outcome::cancelled) outcome_ = s == step::done ? outcome::done : outcome::closed;
    return ends_turn() && gives_way(h);
  }

  /// After the wait, before anything else: how it went.
  outcome end_wait() noexcept {
    if (armed_) disarm();
    if (outcome_ == outcome::by_partner && wait_.node.fate == fate::closed) return outcome::closed;
    return outcome_;
  }

  core_type* core_;

 private:
  struct canceller {
    async_operation* operation;
    void operator()() const noexcept { operation->cancel(); }
  };
  struct waiting {
    waiter<Atomics> node;
    suspended who;
    wait_party<Atomics> party;

    template <class Promise>
    explicit waiting(std::coroutine_handle<Promise> h)
        : party(wait_party<Atomics>::shape::single, resumption_of(h, who)) {}
  };
  static_assert(std::is_trivially_destructible_v<waiting>);
  struct stop_callbacks {
    std::optional<std::stop_callback<canceller>> own;
    std::optional<std::stop_callback<canceller>> outer;
  };

  template <class Promise>
  void make_wait(std::coroutine_handle<Promise> h, wish what, void* value) {
    std::construct_at(&wait_, h);
    wait_.node.party = &wait_.party;
    wait_.node.wish = what;
    wait_.node.value = value;
  }

  void arm(std::stop_token outer) {
    std::construct_at(&on_stop_);
    armed_ = true;
    if constexpr (!std::is_same_v<Token, no_token>) {
      if (stop_.stop_possible()) on_stop_.own.emplace(stop_, canceller{this});
    }
    if (outer.stop_possible()) on_stop_.outer.emplace(std::move(outer), canceller{this});
  }
  [[gnu::noinline]] void disarm() noexcept {
    std::destroy_at(&on_stop_);
    armed_ = false;
  }

  /// On the thread that asks to stop.
  void cancel() noexcept {
    {
      const std::lock_guard hold(core_->lock());
      if (!core_->state().unlist(wait_.node)) {
        stop_seen_ = true;
        return;
      }
      outcome_ = outcome::cancelled;
    }
    wait_.party.finish();
  }

  /// One step under the lock; where it is blocked, `list(core)` in the same section.
  template <class Attempt, class List>
  step attempt_or(Attempt attempt, const List& list) {
    core_type& core = *core_;
    claimed woken;
    step s;
    {
      const std::lock_guard hold(core.lock());
      s = attempt(core, woken);
      if (s == step::blocked) list(core);
    }
    woken.finish_all();
    return s;
  }

  /// `closed` also for a cancelled one, whose outcome is set.
  template <class Promise, class Attempt>
  [[gnu::noinline]] step attempt_then_list_cancellable(std::coroutine_handle<Promise> h, wish what,
                                                       void* value, Attempt attempt) {
    std::stop_token outer = stop_token_of(h);
    if (const step s = attempt_or(attempt, [](core_type&) {}); s != step::blocked) return s;
    bool cancelled = stop_.stop_requested() || outer.stop_requested();
    if (!cancelled) {
      make_wait(h, what, value);
      arm(std::move(outer));
      const auto list_unless_stopped = [&](core_type& core) {
        if (stop_seen_) {
          cancelled = true;
        } else {
          core.state().list(wait_.node);
        }
      };
      step s;
      try {
        s = attempt_or(attempt, list_unless_stopped);
      } catch (...) {
        disarm();
        throw;
      }
      if (s == step::blocked && !cancelled) return s;
      disarm();
      if (s != step::blocked) return s;
    }
    outcome_ = outcome::cancelled;
    return step::closed;
  }

  outcome outcome_ = outcome::by_partner;
  bool stop_seen_ = false;
  bool armed_ = false;  // there are `on_stop_`, until disarm()
  [[no_unique_address]] Token stop_;
  union {
    waiting wait_;
  };
  union {
    stop_callbacks on_stop_;
  };
};

/// What async_send returns. Refers to the channel and to the value until it ends.
template <class T, class Token = std::stop_token, class Atomics = native_atomics>
class [[nodiscard]] async_send_operation : private async_operation<T, Atomics, Token> {
  using base = async_operation<T, Atomics, Token>;

 public:
  async_send_operation(channel_core<T, Atomics>& core, T& value, Token&& stop) noexcept
      : base(core, std::move(stop)), value_(std::addressof(value)) {}

  bool await_ready() noexcept { return this->is_through(this->core_->state().quick_send(*value_)); }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) {
    return this->suspend(h, wish::send, value_, [v = value_](auto& core, auto& woken) {
      return core.state().offer(*v, woken, manner::patient);
    });
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
template <class T, class Token = std::stop_token, class Atomics = native_atomics>
class [[nodiscard]] async_receive_operation : private async_operation<T, Atomics, Token> {
  using base = async_operation<T, Atomics, Token>;

 public:
  async_receive_operation(channel_core<T, Atomics>& core, Token&& stop) noexcept
      : base(core, std::move(stop)) {}

  bool await_ready() noexcept {
    return this->is_through(this->core_->state().quick_receive(
        [this](T& value) { std::construct_at(&room_.value, std::move(value)); }));
  }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> h) {
    return this->suspend(h, wish::receive, &room_.value,
                         [this](auto& core, auto& woken) { return take(core, woken); });
  }

  /// closed | cancelled
  [[nodiscard, gnu::always_inline]] result<T> await_resume() noexcept {
    switch (this->end_wait()) {
      case base::outcome::closed: return std::unexpected(errc::closed);
      case base::outcome::cancelled: return std::unexpected(errc::cancelled);
      default: return this->core_->unpack({&room_.value, in_cell_ == nullptr, in_cell_});
    }
  }

 private:
  /// Where the value is put.
  union room {
    T value;
    room() noexcept {}
    ~room() {}
  };

  /// Under the lock. A value that waits with its sender is moved at once, so that this one is told with
  /// others.
  step take(channel_core<T, Atomics>& core, claimed_list<Atomics>& woken) noexcept {
    parcel<T, Atomics> got{&room_.value};
    const step s = core.take_one(got, woken, manner::patient);
    if (got.from_sender != nullptr) {
      std::construct_at(&room_.value, std::move(*static_cast<T*>(got.from_sender->value)));
      woken.add(*got.from_sender, fate::done);
    }
    in_cell_ = got.from_queue;
    return s;
  }

  room room_;
  cell<T>* in_cell_ = nullptr;  // unless it is there
};

}  // namespace weir::detail
