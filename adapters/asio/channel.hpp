// Channels for programs on Boost.Asio: send and receive as asynchronous operations with completion tokens.
//
//   weir::result<job> j = co_await weir::asio::async_receive(jobs, boost::asio::use_awaitable);
//   std::future<weir::result<>> sent = weir::asio::async_send(jobs, std::move(v), boost::asio::use_future);
//
// Completion signatures: void(weir::result<>) and void(weir::result<T>): a closed channel and a cancellation
// are values, not exceptions. The handler is posted to its associated executor, a strand for instance, and
// never called from inside the call that starts the operation, nor from the partner's. A cancellation of any
// type on the handler's slot ends the wait as errc::cancelled; it loses no value.
//
// Lifetimes: the channel (or end), the handler's execution context, and a value given as an rvalue must
// outlive the operation: before a context goes, close the channel or cancel what waits. One allocation an
// operation, and what post needs.
// Thread-safety: as the channel's. The slot is only touched where the operation is started and where its
// handler runs, as Asio asks.
#pragma once

#include <weir/channel/channel.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace weir::asio {

namespace detail {

/// A coroutine that starts at once and belongs to nobody; it goes on where its partner is.
struct detached {
  struct promise_type {
    detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

/// A handler with what belongs to it while its operation is under way.
template <class Handler>
class completion {
 public:
  explicit completion(Handler h)
      : work_(boost::asio::get_associated_executor(h)),
        slot_(boost::asio::get_associated_cancellation_slot(h)),
        handler_(std::move(h)) {
    if (!slot_.is_connected()) return;
    stop_.emplace();
    slot_.assign([stop = *stop_](boost::asio::cancellation_type) mutable { stop.request_stop(); });
  }

  /// Requested by the handler's slot.
  std::stop_token token() const noexcept { return stop_ ? stop_->get_token() : std::stop_token(); }

  /// Posts the handler with its result; at the end of the operation, once.
  template <class Result>
  void finish(Result r) {
    const auto where = work_.get_executor();
    boost::asio::post(where, [work = std::move(work_), slot = slot_, handler = std::move(handler_),
                              r = std::move(r)]() mutable {
      if (slot.is_connected()) slot.clear();
      work.reset();
      std::move(handler)(std::move(r));
    });
  }

 private:
  using executor = boost::asio::associated_executor_t<Handler>;
  boost::asio::executor_work_guard<executor> work_;
  boost::asio::associated_cancellation_slot_t<Handler> slot_;
  Handler handler_;
  std::optional<std::stop_source> stop_;
};

template <class T, class Handler>
detached send_through(weir::detail::channel_core<T>& core, T* value, std::optional<T> copy, Handler handler) {
  completion<Handler> done(std::move(handler));
  weir::detail::async_send_operation<T> op(core, copy ? *copy : *value, done.token());
  const result<> sent = co_await op;
  done.finish(sent);
}

template <class T, class Handler>
detached receive_through(weir::detail::channel_core<T>& core, Handler handler) {
  completion<Handler> done(std::move(handler));
  weir::detail::async_receive_operation<T> op(core, done.token());
  result<T> got = co_await op;
  done.finish(std::move(got));
}

template <class End>
struct element_of;
template <template <class> class End, class T>
struct element_of<End<T>> {
  using type = T;
};

/// A channel<T>, or an end of one.
template <class End>
using element = typename element_of<std::remove_cvref_t<End>>::type;

}  // namespace detail

/// Sends `value` into a channel<T> or sender<T>: void(weir::result<>), closed | cancelled. The value is moved
/// from only on success, and referred to until then.
template <class End, class Token>
auto async_send(End& to, detail::element<End>&& value, Token&& token) {
  using T = detail::element<End>;
  return boost::asio::async_initiate<Token, void(result<>)>(
      [](auto handler, weir::detail::channel_core<T>* core, T* v) {
        detail::send_through<T>(*core, v, std::nullopt, std::move(handler));
      },
      token, std::addressof(weir::detail::channel_access::core(to)), std::addressof(value));
}

/// The same with a copy of its own.
template <class End, class Token>
  requires std::copy_constructible<detail::element<End>>
auto async_send(End& to, const detail::element<End>& value, Token&& token) {
  using T = detail::element<End>;
  return boost::asio::async_initiate<Token, void(result<>)>(
      [](auto handler, weir::detail::channel_core<T>* core, T copy) {
        detail::send_through<T>(*core, nullptr, std::optional<T>(std::move(copy)), std::move(handler));
      },
      token, std::addressof(weir::detail::channel_access::core(to)), value);
}

/// Receives from a channel<T> or receiver<T>: void(weir::result<T>), closed | cancelled.
template <class End, class Token>
auto async_receive(End& from, Token&& token) {
  using T = detail::element<End>;
  return boost::asio::async_initiate<Token, void(result<T>)>(
      [](auto handler, weir::detail::channel_core<T>* core) {
        detail::receive_through<T>(*core, std::move(handler));
      },
      token, std::addressof(weir::detail::channel_access::core(from)));
}

}  // namespace weir::asio
