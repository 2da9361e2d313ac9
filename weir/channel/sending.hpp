// The sending half of the interface: what channel<T> and sender<T> have in common.
//
// Thread-safety: all of it, from any number of threads at once.
#pragma once

#include <weir/channel/async_operation.hpp>
#include <weir/channel/core.hpp>
#include <weir/channel/permit.hpp>

#include <concepts>
#include <optional>
#include <span>
#include <stop_token>

namespace weir {

/// Each operation moves from `value` only when it succeeds; the const T& forms copy. When several reasons to
/// fail hold, it is closed, then cancelled, then timed_out; a token or a deadline matters only when the call
/// would have to wait. Waiting senders are served in order of arrival. O(1) and without allocation (but see
/// `make_channel`). std::bad_alloc only when more than 16 receivers are in their values' destructors at once
/// and the heap is empty.
template <class T, class Self>
class sending {
 public:
  using permit = send_permit<T>;

  /// Never waits. full (at capacity 0: no receiver waits) | closed
  [[nodiscard]] result<> try_send(T&& value) const { return core().try_send(value); }

  /// Waits for a place, at capacity 0 until a receiver has the value. closed | cancelled
  [[nodiscard]] result<> send(T&& value, std::stop_token stop = {}) const {
    return core().send(value, never, stop);
  }

  /// closed | cancelled | timed_out. A negative time counts as 0, the largest as for ever.
  [[nodiscard]] result<> send_for(T&& value, any_duration time, std::stop_token stop = {}) const {
    const result<> tried = core().try_send(value);
    if (tried || tried.error() == errc::closed) return tried;
    return core().send(value, from_now(time), stop);
  }
  [[nodiscard]] result<> send_until(T&& value, time_point deadline, std::stop_token stop = {}) const {
    return core().send(value, deadline, stop);
  }

  /// As send, for coroutines: co_await gives a result<>, and blocks no thread while it waits. `value` is a
  /// named object that outlives the co_await:
  ///   auto op = ch.async_send(std::move(v));
  ///   if (!co_await op) ...  // v is unchanged
  /// Inside a weir::task the wait also ends, as cancelled, when the task is asked to stop.
  [[nodiscard]] auto async_send(T&& value) const {
    return detail::async_send_operation<T, detail::no_token>(core(), value, {});
  }
  [[nodiscard]] auto async_send(T&& value, std::stop_token stop) const {
    return detail::async_send_operation<T>(core(), value, std::move(stop));
  }

  /// Never waits: when the channel is full the oldest value leaves and is returned. full (permits hold every
  /// place) | closed. Capacity 0: std::logic_error.
  [[nodiscard]] result<std::optional<T>> force_send(T&& value) const { return core().force_send(value); }

  /// Never waits: sends from the front what fits, in one pass, and says how many; only those are moved from.
  std::size_t send_some(std::span<T> values) const { return core().send_some(values); }

  /// A place now, the value later. Counts as taken until the permit is used or dropped. closed | cancelled |
  /// timed_out, try_reserve: full | closed. Capacity 0: std::logic_error.
  [[nodiscard]] result<permit> reserve(std::stop_token stop = {}) const {
    return as_permit(core().reserve(never, stop));
  }
  [[nodiscard]] result<permit> try_reserve() const { return as_permit(core().try_reserve()); }
  [[nodiscard]] result<permit> reserve_for(any_duration time, std::stop_token stop = {}) const {
    const result<> tried = core().try_reserve();
    if (tried || tried.error() == errc::closed) return as_permit(tried);
    return as_permit(core().reserve(from_now(time), stop));
  }
  [[nodiscard]] result<permit> reserve_until(time_point deadline, std::stop_token stop = {}) const {
    return as_permit(core().reserve(deadline, stop));
  }

  [[nodiscard]] result<> try_send(const T& value) const
    requires std::copy_constructible<T>
  {
    return try_send(T(value));
  }
  [[nodiscard]] result<> send(const T& value, std::stop_token stop = {}) const
    requires std::copy_constructible<T>
  {
    return send(T(value), std::move(stop));
  }
  [[nodiscard]] result<> send_for(const T& value, any_duration time, std::stop_token stop = {}) const
    requires std::copy_constructible<T>
  {
    return send_for(T(value), time, std::move(stop));
  }
  [[nodiscard]] result<> send_until(const T& value, time_point deadline, std::stop_token stop = {}) const
    requires std::copy_constructible<T>
  {
    return send_until(T(value), deadline, std::move(stop));
  }
  [[nodiscard]] result<std::optional<T>> force_send(const T& value) const
    requires std::copy_constructible<T>
  {
    return force_send(T(value));
  }

 private:
  detail::channel_core<T>& core() const noexcept { return static_cast<const Self&>(*this).core(); }

  result<permit> as_permit(result<> got) const {
    if (!got) return std::unexpected(got.error());
    return permit(static_cast<const Self&>(*this).place());
  }
};

}  // namespace weir
