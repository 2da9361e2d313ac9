// Bounded channels: how values go from threads that have them to threads that want them.
//
//   weir::channel<job> ch(64);
//   ch.send(std::move(j));                 // waits while 64 are queued
//   for (job& j : ch) work(j);             // until closed and drained
//
// Thread-safety: all operations, from any number of threads at once; a value is received exactly once, in the
// order sent. The interface is in sending.hpp and receiving.hpp, the ends that close by themselves in
// ends.hpp.
#pragma once

#include <weir/channel/ends.hpp>
#include <weir/channel/receiving.hpp>
#include <weir/channel/sending.hpp>
#include <weir/channel/stats.hpp>

#include <cstddef>
#include <memory>

namespace weir {

/// Not copyable, not movable. T is nothrow move constructible and nothrow destructible; no T is destroyed,
/// and nobody woken, under the channel's lock, so a T may use the channel in its destructor.
template <class T>
class channel : public sending<T, channel<T>>, public receiving<T, channel<T>> {
 public:
  /// Holds exactly `capacity` values; 0 is a rendezvous: a send completes when a receiver has the value. The
  /// memory is allocated here, and touched when it is first used. std::length_error or std::bad_alloc when it
  /// cannot be had.
  explicit channel(std::size_t capacity) : core_(capacity) {}
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;
  /// Destroys what is queued. No operation may be in progress.
  ~channel() = default;

  /// No more sends: those that wait fail, what is queued is still received. True for the call that closed it;
  /// closing again is harmless.
  bool close() noexcept { return core_.close(); }
  [[nodiscard]] bool is_closed() const noexcept { return core_.is_closed(); }

  /// Values queued: a snapshot.
  [[nodiscard]] std::size_t size() const noexcept { return core_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return core_.capacity(); }
  [[nodiscard]] channel_stats stats() const noexcept { return core_.stats(); }

 private:
  friend sending<T, channel>;
  friend receiving<T, channel>;
  friend detail::channel_access;

  detail::channel_core<T>& core() const noexcept { return core_; }
  std::shared_ptr<detail::channel_core<T>> place() const noexcept {
    return {std::shared_ptr<void>(), &core_};  // owns nothing
  }

  mutable detail::channel_core<T> core_;  // an operation through a const reference is as good as any
};

namespace detail {

/// Raises the capacity by `extra` places, which the senders who wait get first. std::length_error,
/// std::bad_alloc. For pools: outcomes that must not hold workers back once the pool is closing.
template <class T>
void extend(channel<T>& ch, std::size_t extra) {
  channel_access::core(ch).grow(extra);
}
template <class T>
void extend(const sender<T>& tx, std::size_t extra) {
  channel_access::core(tx).grow(extra);
}

}  // namespace detail

}  // namespace weir
