// The channel on atomics that now and then give the processor away: half-done operations, which on a quiet
// machine last for nanoseconds and are hardly ever met, last long enough for others to run into them.
//
// Every atomic operation of the channel is the real one, with the order asked for; only before it the thread
// may yield. So what is found here is a fault of the channel, and ThreadSanitizer sees no more order than
// there is.
#pragma once

#include "history.hpp"

#include <weir/channel/core.hpp>

#include <atomic>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>

namespace weir::linear {

/// One time in sixteen, by a sequence of each thread's own.
inline void jitter() noexcept {
  static constinit thread_local std::uint32_t state = 0;
  static constinit std::atomic<std::uint32_t> threads{0};
  if (state == 0) state = 2654435761u * (threads.fetch_add(1, std::memory_order_relaxed) + 1) | 1u;
  state ^= state << 13, state ^= state >> 17, state ^= state << 5;  // G. Marsaglia, "Xorshift RNGs", 2003
  if (state % 16 == 0) std::this_thread::yield();
}

struct jittery_atomics {
  template <class V>
  class atomic {
   public:
    constexpr atomic() noexcept = default;
    constexpr atomic(V v) noexcept : real(v) {}
    V load(std::memory_order o) const noexcept { return jitter(), real.load(o); }
    void store(V v, std::memory_order o) noexcept { jitter(), real.store(v, o); }
    V exchange(V v, std::memory_order o) noexcept { return jitter(), real.exchange(v, o); }
    V fetch_add(V v, std::memory_order o) noexcept { return jitter(), real.fetch_add(v, o); }
    V fetch_sub(V v, std::memory_order o) noexcept { return jitter(), real.fetch_sub(v, o); }
    V fetch_or(V v, std::memory_order o) noexcept { return jitter(), real.fetch_or(v, o); }
    V fetch_and(V v, std::memory_order o) noexcept { return jitter(), real.fetch_and(v, o); }
    template <class... Orders>
    bool compare_exchange_weak(V& seen, V v, Orders... o) noexcept {
      return jitter(), real.compare_exchange_weak(seen, v, o...);
    }
    template <class... Orders>
    bool compare_exchange_strong(V& seen, V v, Orders... o) noexcept {
      return jitter(), real.compare_exchange_strong(seen, v, o...);
    }

    std::atomic<V> real;
  };

  using native = weir::detail::native_atomics;
  static bool wait(atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
    return native::wait(word.real, expected, deadline);
  }
  static void wake_one(atomic<std::uint32_t>* word) noexcept { native::wake_one(&word->real); }
  static bool may_poll() noexcept { return native::may_poll(); }
  static time_point now() noexcept { return native::now(); }
  static void pause() noexcept { native::pause(); }
  static void yield() noexcept { native::yield(); }
};

/// channel<T> as far as its core goes; select is written for the native atomics.
template <class T>
class jittery_channel {
 public:
  class permit {
   public:
    explicit permit(jittery_channel& ch) noexcept : channel_(&ch) {}
    permit(permit&& other) noexcept : channel_(std::exchange(other.channel_, nullptr)) {}
    ~permit() {
      if (channel_ != nullptr) channel_->core_.drop_permit();
    }
    result<> send(T&& v) { return std::exchange(channel_, nullptr)->core_.redeem(v); }

   private:
    jittery_channel* channel_;
  };

  explicit jittery_channel(std::size_t capacity) : core_(capacity) {}

  result<> try_send(T&& v) { return core_.try_send(v); }
  result<> send(T&& v, std::stop_token stop = {}) { return core_.send(v, never, stop); }
  result<> send_until(T&& v, time_point t, std::stop_token stop = {}) { return core_.send(v, t, stop); }
  result<> send_for(T&& v, duration d, std::stop_token stop = {}) { return core_.send(v, from_now(d), stop); }
  result<std::optional<T>> force_send(T&& v) { return core_.force_send(v); }
  std::size_t send_some(std::span<T> values) { return core_.send_some(values); }
  result<T> try_receive() { return core_.try_receive(); }
  result<T> receive(std::stop_token stop = {}) { return core_.receive(never, stop); }
  result<T> receive_until(time_point t, std::stop_token stop = {}) { return core_.receive(t, stop); }
  result<T> receive_for(duration d, std::stop_token stop = {}) { return core_.receive(from_now(d), stop); }
  std::size_t receive_some(std::span<T> out) { return core_.receive_some(out); }
  result<permit> try_reserve() { return as_permit(core_.try_reserve()); }
  result<permit> reserve(std::stop_token stop) { return as_permit(core_.reserve(never, stop)); }
  result<permit> reserve_for(duration d, std::stop_token stop = {}) {
    return as_permit(core_.reserve(from_now(d), stop));
  }
  bool close() { return core_.close(); }
  bool is_closed() const { return core_.is_closed(); }
  std::size_t size() const { return core_.size(); }
  std::size_t capacity() const { return core_.capacity(); }
  channel_stats stats() const { return core_.stats(); }

 private:
  result<permit> as_permit(result<> reserved) {
    if (!reserved) return std::unexpected(reserved.error());
    return permit(*this);
  }

  weir::detail::channel_core<T, jittery_atomics> core_;
};

}  // namespace weir::linear
