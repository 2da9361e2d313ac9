// A place in a channel, taken now for a value that comes later.
//
// Invariant: while a permit is held, its place counts as taken: size() plus permits never exceeds the
// capacity. Thread-safety: one permit belongs to one thread at a time; it may be moved to another.
#pragma once

#include <weir/channel/core.hpp>

#include <concepts>
#include <memory>
#include <stdexcept>
#include <utility>

namespace weir {

/// Move-only; dropped unused, it gives its place back. It keeps no end alive: the last sender going closes
/// the channel in spite of it. A permit of a channel<T> must not outlive it; a permit from a sender may
/// outlive all ends.
template <class T>
class send_permit {
 public:
  send_permit(send_permit&& other) noexcept : core_(std::move(other.core_)) {}
  send_permit& operator=(send_permit&& other) noexcept {
    send_permit taken(std::move(other));
    core_.swap(taken.core_);
    return *this;
  }
  ~send_permit() {
    if (core_) core_->drop_permit();
  }

  /// Puts the value into the place; never waits. Works also after close: receivers see `closed` only when all
  /// permits are used or dropped. `closed`, and the value untouched, when the last receiver has gone. Once
  /// only: a permit that was used or moved from throws std::logic_error.
  [[nodiscard]] result<> send(T&& value) {
    if (!core_) throw std::logic_error("weir: this permit was used already; reserve another one");
    const result<> sent = core_->redeem(value);
    if (sent) core_.reset();
    return sent;
  }
  [[nodiscard]] result<> send(const T& value)
    requires std::copy_constructible<T>
  {
    return send(T(value));
  }

 private:
  using core = detail::channel_core<T>;
  template <class, class>
  friend class sending;

  explicit send_permit(std::shared_ptr<core> place) noexcept : core_(std::move(place)) {}

  std::shared_ptr<core> core_;  // owns nothing when it comes from a channel<T>
};

}  // namespace weir
