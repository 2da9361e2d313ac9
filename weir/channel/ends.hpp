// The two ends of a channel, counted: when one side has gone, the other learns it.
//
// Invariants: the channel lives as long as an end or a permit. The count of a side only falls to 0 once,
// since an end is copied from an end (but for receiver_of, after which it may fall to 0 again: abandoning an
// abandoned channel does nothing). Orders: each decrement is acquire-release, so the one that reaches 0
// sees what the others did. Thread-safety: the operations, from any number of threads; copying, assigning and
// moving as for std::shared_ptr.
#pragma once

#include <weir/channel/receiving.hpp>
#include <weir/channel/sending.hpp>
#include <weir/channel/stats.hpp>

#include <atomic>
#include <cassert>
#include <cstddef>
#include <memory>
#include <utility>

namespace weir {

template <class T>
class sender;
template <class T>
class receiver;

namespace detail {

enum class side { senders, receivers };

template <class T>
struct counted_channel {
  explicit counted_channel(std::size_t capacity) : core(capacity) {}
  channel_core<T> core;
  std::atomic<std::size_t> ends[2] = {1, 1};
};

/// One counted reference to a side. Empty only when moved from.
template <class T, side Side>
class counted_end {
 public:
  explicit counted_end(std::shared_ptr<counted_channel<T>> shared) noexcept : shared_(std::move(shared)) {}
  counted_end(const counted_end& other) noexcept : shared_(other.shared_) {
    if (shared_) count().fetch_add(1, std::memory_order_relaxed);  // no partner: the count cannot be 0
  }
  counted_end(counted_end&& other) noexcept : shared_(std::move(other.shared_)) {}
  counted_end& operator=(counted_end other) noexcept {
    shared_.swap(other.shared_);
    return *this;
  }
  ~counted_end() {
    if (!shared_ || count().fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    if constexpr (Side == side::senders) {
      shared_->core.close();
    } else {
      shared_->core.abandon();
    }
  }

  channel_core<T>& core() const noexcept {
    assert(shared_ && "this end was moved from");
    return shared_->core;
  }
  std::shared_ptr<channel_core<T>> place() const noexcept { return {shared_, &core()}; }
  const std::shared_ptr<counted_channel<T>>& shared() const noexcept { return shared_; }

 private:
  std::atomic<std::size_t>& count() const noexcept { return shared_->ends[static_cast<int>(Side)]; }

  std::shared_ptr<counted_channel<T>> shared_;
};

/// How select and the pools reach the core of a channel or an end.
struct channel_access {
  template <class C>
  static auto& core(const C& c) noexcept {
    return c.core();
  }
  template <class T>
  static receiver<T> receiver_of(const sender<T>& tx) noexcept;
};

}  // namespace detail

template <class T>
struct channel_ends;
template <class T>
channel_ends<T> make_channel(std::size_t capacity);

/// The sending end. Copyable; the last one gone closes the channel, and what is queued is still received.
template <class T>
class sender : public sending<T, sender<T>> {
 public:
  /// As channel<T>::close: for all ends.
  bool close() const noexcept { return core().close(); }
  [[nodiscard]] bool is_closed() const noexcept { return core().is_closed(); }
  [[nodiscard]] std::size_t size() const noexcept { return core().size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return core().capacity(); }
  [[nodiscard]] channel_stats stats() const noexcept { return core().stats(); }

 private:
  friend sending<T, sender>;
  friend detail::channel_access;
  friend channel_ends<T> make_channel<T>(std::size_t);

  explicit sender(std::shared_ptr<detail::counted_channel<T>> shared) noexcept : end_(std::move(shared)) {}
  detail::channel_core<T>& core() const noexcept { return end_.core(); }
  std::shared_ptr<detail::channel_core<T>> place() const noexcept { return end_.place(); }

  detail::counted_end<T, detail::side::senders> end_;
};

/// The receiving end. Copyable; the last one gone closes the channel and destroys what is queued, counted in
/// stats().discarded; sends then fail with `closed`.
template <class T>
class receiver : public receiving<T, receiver<T>> {
 public:
  bool close() const noexcept { return core().close(); }
  [[nodiscard]] bool is_closed() const noexcept { return core().is_closed(); }
  [[nodiscard]] std::size_t size() const noexcept { return core().size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return core().capacity(); }
  [[nodiscard]] channel_stats stats() const noexcept { return core().stats(); }

 private:
  friend receiving<T, receiver>;
  friend detail::channel_access;
  friend channel_ends<T> make_channel<T>(std::size_t);

  explicit receiver(std::shared_ptr<detail::counted_channel<T>> shared) noexcept : end_(std::move(shared)) {}
  detail::channel_core<T>& core() const noexcept { return end_.core(); }

  detail::counted_end<T, detail::side::receivers> end_;
};

/// One more receiver of a sender's channel. When the last one is gone already: of a closed, empty channel.
template <class T>
receiver<T> detail::channel_access::receiver_of(const sender<T>& tx) noexcept {
  auto shared = tx.end_.shared();
  shared->ends[static_cast<int>(side::receivers)].fetch_add(1, std::memory_order_relaxed);
  return receiver<T>(std::move(shared));
}

template <class T>
struct channel_ends {
  sender<T> tx;
  receiver<T> rx;
};

/// A channel and its first two ends. std::length_error or std::bad_alloc as for channel<T>.
template <class T>
channel_ends<T> make_channel(std::size_t capacity) {
  auto shared = std::make_shared<detail::counted_channel<T>>(capacity);
  return {sender<T>(shared), receiver<T>(shared)};
}

}  // namespace weir
