// The cases of a select: on_receive, on_send, on_timeout, on_stop, otherwise.
//
// A case refers to its channel or end, and on_send to its value, until its select has returned: name what it
// refers to, or build the case in the call to select. Cases are built for one select each. Thread-safety: a
// case belongs to one thread; the channel behind it to all.
#pragma once

#include <weir/channel/channel.hpp>
#include <weir/channel/select_case.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace weir {

namespace detail {

template <class T, class F, class Atomics = native_atomics>
class receive_case final : public channel_case<Atomics> {
 public:
  receive_case(channel_core<T, Atomics>& core, F f) : core_(&core), handler_(std::move(f)) {}
  receive_case(receive_case&& other) noexcept(std::is_nothrow_move_constructible_v<F>)
      : channel_case<Atomics>(std::move(other)), core_(other.core_), handler_(std::move(other.handler_)) {}
  ~receive_case() override {}

  channel_gate<Atomics>& lock() noexcept override { return core_->lock(); }

  bool attempt() override {
    const step s = core_->take_one(got_, this->partners_);
    if (s == step::done) outcome_ = outcome::taken;
    return s != step::blocked;
  }

  void list(wait_party<Atomics>& party, std::uint32_t index) noexcept override {
    waiter<Atomics>& w = this->waiter_;
    w.party = &party;
    w.index = index;
    w.wish = wish::receive;
    w.value = std::addressof(room_);
    core_->state().list(w);
  }

  void unlist() noexcept override {
    const std::lock_guard hold(core_->lock());
    core_->state().unlist(this->waiter_);
  }
  void relieve() noexcept override { core_->relieve(this->waiter_); }

  void run() override {
    if (outcome_ == outcome::taken) {
      static_cast<void>(std::invoke(handler_, core_->unpack(got_)));
    } else if (this->waiter_.fate == fate::done) {
      got_.in_room = true;
      static_cast<void>(std::invoke(handler_, core_->unpack(got_)));
    } else {
      static_cast<void>(std::invoke(handler_, result<T>(std::unexpected(errc::closed))));
    }
  }

 private:
  enum class outcome : std::uint8_t { closed_or_by_partner, taken };
  channel_core<T, Atomics>* core_;
  F handler_;
  outcome outcome_ = outcome::closed_or_by_partner;
  union {
    T room_;  // where the value is put
  };
  parcel<T, Atomics> got_{std::addressof(room_)};
};

template <class T, class F, class Atomics = native_atomics>
class send_case final : public channel_case<Atomics> {
 public:
  send_case(channel_core<T, Atomics>& core, T* value, F f)
      : core_(&core), value_(value), handler_(std::move(f)) {}
  /// Keeps a copy of its own: a lvalue is not to be moved from, and copying under a lock is not done.
  send_case(channel_core<T, Atomics>& core, const T& value, F f)
      : core_(&core), copy_(value), handler_(std::move(f)) {}
  send_case(send_case&& other) noexcept(std::is_nothrow_move_constructible_v<F>)
      : channel_case<Atomics>(std::move(other)),
        core_(other.core_),
        value_(other.value_),
        copy_(std::move(other.copy_)),
        handler_(std::move(other.handler_)) {}

  channel_gate<Atomics>& lock() noexcept override { return core_->lock(); }

  bool attempt() override {
    const step s = core_->state().offer(value(), this->partners_);
    if (s == step::done) sent_ = true;
    return s != step::blocked;
  }

  void list(wait_party<Atomics>& party, std::uint32_t index) noexcept override {
    waiter<Atomics>& w = this->waiter_;
    w.party = &party;
    w.index = index;
    w.wish = wish::send;
    w.value = std::addressof(value());
    core_->state().list(w);
  }

  void unlist() noexcept override {
    const std::lock_guard hold(core_->lock());
    core_->state().unlist(this->waiter_);
  }
  void relieve() noexcept override { core_->relieve(this->waiter_); }

  void run() override {
    const bool sent = sent_ || this->waiter_.fate == fate::done;
    static_cast<void>(std::invoke(handler_, sent ? result<>() : result<>(std::unexpected(errc::closed))));
  }

 private:
  T& value() noexcept { return copy_ ? *copy_ : *value_; }

  channel_core<T, Atomics>* core_;
  T* value_ = nullptr;
  std::optional<T> copy_;
  F handler_;
  bool sent_ = false;
};

template <class F, class Atomics = native_atomics>
class timeout_case final : public timeout_case_base<Atomics> {
 public:
  timeout_case(duration time, F f) : timeout_case_base<Atomics>(time), handler_(std::move(f)) {}
  void run() override { static_cast<void>(std::invoke(handler_)); }

 private:
  F handler_;
};

template <class F, class Atomics = native_atomics>
class stop_case final : public stop_case_base<Atomics> {
 public:
  stop_case(std::stop_token stop, F f) : stop_case_base<Atomics>(std::move(stop)), handler_(std::move(f)) {}
  void run() override { static_cast<void>(std::invoke(handler_)); }

 private:
  F handler_;
};

template <class F, class Atomics = native_atomics>
class otherwise_case final : public select_case<Atomics> {
 public:
  explicit otherwise_case(F f) : select_case<Atomics>(case_kind::otherwise), handler_(std::move(f)) {}
  void run() override { static_cast<void>(std::invoke(handler_)); }

 private:
  F handler_;
};

}  // namespace detail

/// F(result<T>): ready when a value can be had; a closed and drained channel is ready, with errc::closed.
template <class T, std::invocable<result<T>> F>
[[nodiscard]] auto on_receive(channel<T>& ch, F f) {
  return detail::receive_case<T, F>(detail::channel_access::core(ch), std::move(f));
}
template <class T, std::invocable<result<T>> F>
[[nodiscard]] auto on_receive(const receiver<T>& rx, F f) {
  return detail::receive_case<T, F>(detail::channel_access::core(rx), std::move(f));
}

/// F(result<>): ready when the value can be sent; a closed channel is ready, with errc::closed. An rvalue is
/// referred to and moved from only if this case ran; of a lvalue the case keeps a copy.
template <class T, std::invocable<result<>> F>
[[nodiscard]] auto on_send(channel<T>& ch, std::type_identity_t<T>&& value, F f) {
  return detail::send_case<T, F>(detail::channel_access::core(ch), std::addressof(value), std::move(f));
}
template <class T, std::invocable<result<>> F>
[[nodiscard]] auto on_send(const sender<T>& tx, std::type_identity_t<T>&& value, F f) {
  return detail::send_case<T, F>(detail::channel_access::core(tx), std::addressof(value), std::move(f));
}
template <std::copy_constructible T, std::invocable<result<>> F>
[[nodiscard]] auto on_send(channel<T>& ch, const std::type_identity_t<T>& value, F f) {
  return detail::send_case<T, F>(detail::channel_access::core(ch), value, std::move(f));
}
template <std::copy_constructible T, std::invocable<result<>> F>
[[nodiscard]] auto on_send(const sender<T>& tx, const std::type_identity_t<T>& value, F f) {
  return detail::send_case<T, F>(detail::channel_access::core(tx), value, std::move(f));
}

/// F(): when no channel case was ready for that long, from the start of the select. Negative: 0.
template <std::invocable F>
[[nodiscard]] auto on_timeout(any_duration time, F f) {
  return detail::timeout_case<F>(time, std::move(f));
}

/// F(): when a stop was requested and no channel case is ready; in select_first where it is written.
template <std::invocable F>
[[nodiscard]] auto on_stop(std::stop_token stop, F f) {
  return detail::stop_case<F>(std::move(stop), std::move(f));
}

/// F(): when nothing else is ready; the select does not wait.
template <std::invocable F>
[[nodiscard]] auto otherwise(F f) {
  return detail::otherwise_case<F>(std::move(f));
}

}  // namespace weir
