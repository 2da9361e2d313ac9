// The state of a channel and the steps that change it, all under the channel's lock.
//
// Invariants between steps (values: cells queued; places: capacity less values less permits):
// - values + permits never exceed the capacity, but while it grows;
// - a sender waits only while there is no place, a receiver only while there is no value; at capacity 0,
//   while there is no partner. A listed waiter whose select has been decided elsewhere counts for nothing
//   and is dropped when met;
// - after close() no sender waits, and no receiver waits once the last value and permit are gone.
// A step never destroys a T and never wakes anybody: emptied cells and claimed parties go to the caller, who
// deals with them after unlocking. T's move constructor, which is nothrow, is the only user code that runs
// here.
//
// A select never pairs with itself: its attempts run before its waiters are listed, and others settle its
// waiters by claims, of which one select has only one to give.
#pragma once

#include <weir/channel/cell_pool.hpp>
#include <weir/channel/stats.hpp>
#include <weir/channel/waiter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace weir::detail {

/// What an attempt came to.
enum class step : std::uint8_t { done, blocked, closed };

/// A value taken from a channel, still where it was: in a cell, or with a sender who waits until it has been
/// moved.
template <class T, class Atomics>
struct parcel {
  cell<T>* from_queue = nullptr;
  waiter<Atomics>* from_sender = nullptr;
};

template <class T, class Atomics>
class channel_state {
 public:
  using waiter_type = waiter<Atomics>;
  using claimed = claimed_list<Atomics>;

  explicit channel_state(std::size_t capacity) : capacity_(capacity) {
    if (capacity == 0) return;
    cells_.add_block(cells_.make_block(with_spare(capacity)));
  }

  /// Queues `value` or hands it to a receiver. std::bad_alloc: see cell_pool::acquire(); nothing has happened
  /// then.
  step offer(T& value, claimed& woken) {
    if (is_closed()) return step::closed;
    if (capacity() == 0) {
      waiter_type* const r = claim_receiver();
      if (r == nullptr) return step::blocked;
      hand_over(value, *r, woken);
      return step::done;
    }
    if (!has_place()) return step::blocked;
    place(value, woken);
    return step::done;
  }

  /// As offer(), but a full queue gives up its oldest value, which goes to `evicted`. Capacity at least 1.
  step force(T& value, cell<T>*& evicted, claimed& woken) {
    if (is_closed()) return step::closed;
    if (!has_place()) {
      if (size() == 0) return step::blocked;
      cell<T>* const room = need_cell();
      evicted = pop();
      push(room, value);
      return step::done;
    }
    place(value, woken);
    return step::done;
  }

  /// A place for a value that comes later.
  step reserve() noexcept {
    if (is_closed()) return step::closed;
    if (!has_place()) return step::blocked;
    ++permits_;
    return step::done;
  }

  /// Uses a permit. `closed` when nobody can receive any more: the permit is still held. May throw as
  /// offer().
  step redeem(T& value, claimed& woken) {
    if (abandoned_) return step::closed;
    place(value, woken);  // a permit is a place
    --permits_;
    settle(woken);  // there is a free one if the value went straight to a receiver
    fail_receivers_if_drained(woken);
    return step::done;
  }

  void drop_permit(claimed& woken) noexcept {
    --permits_;
    settle(woken);
    fail_receivers_if_drained(woken);
  }

  /// Takes the oldest value. Call settle() when done taking.
  step take(parcel<T, Atomics>& out, claimed& woken) noexcept {
    out.from_queue = pop();
    if (out.from_queue != nullptr) return step::done;
    out.from_sender = claim_value(woken);
    if (out.from_sender != nullptr) return step::done;
    return is_closed() && permits_ == 0 ? step::closed : step::blocked;
  }

  /// Fills free places from the senders who wait, in their order.
  void settle(claimed& woken) noexcept {
    while (has_place() && !senders_.empty()) {
      waiter_type& s = *senders_.front();
      if (s.wish == wish::reserve) {
        grant(s, woken);
        continue;
      }
      cell<T>* const room = cells_.acquire();
      if (room == nullptr) return;  // out of memory: the next step on this channel tries again
      senders_.remove(s);
      if (!s.claim()) {
        cells_.release(room);
        continue;
      }
      if (waiter_type* const r = claim_receiver()) {
        cells_.release(room);
        hand_over(*static_cast<T*>(s.value), *r, woken);
      } else {
        push(room, *static_cast<T*>(s.value));
      }
      woken.add(s, fate::done);
    }
  }

  /// True for the first.
  bool close(claimed& woken) noexcept {
    if (is_closed()) return false;
    closed_.store(true, std::memory_order_release);  // pairs with the acquire in is_closed()
    while (waiter_type* const s = claim_first(senders_)) woken.add(*s, fate::closed);
    fail_receivers_if_drained(woken);
    return true;
  }

  /// Nobody will receive any more: what is queued goes to the caller, to be destroyed.
  cell_queue<T> abandon() noexcept {
    abandoned_ = true;
    discarded_ += size();
    size_.store(0, std::memory_order_relaxed);
    return std::exchange(queue_, {});
  }

  void grow(std::size_t extra, typename cell_pool<T, Atomics>::block_ptr room, claimed& woken) noexcept {
    capacity_.store(capacity() + extra, std::memory_order_relaxed);
    cells_.add_block(std::move(room));
    settle(woken);
  }
  static std::size_t with_spare(std::size_t places) noexcept {
    const std::size_t sum = places + cell_pool<T, Atomics>::spare;
    return sum < places ? places : sum;
  }

  void list(waiter_type& w) noexcept { list_of(w).push_back(w); }
  /// False when somebody has claimed it, or found its select decided.
  bool unlist(waiter_type& w) noexcept {
    if (!w.linked) return false;
    list_of(w).remove(w);
    return true;
  }

  channel_stats stats() const noexcept {
    return {size(), capacity(), senders_.size(), receivers_.size(), discarded_};
  }

  // Written under the lock, read without it: snapshots.
  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  std::size_t capacity() const noexcept { return capacity_.load(std::memory_order_relaxed); }
  bool is_closed() const noexcept { return closed_.load(std::memory_order_acquire); }

  cell_pool<T, Atomics>& cells() noexcept { return cells_; }

 private:
  fifo_list<waiter_type>& list_of(const waiter_type& w) noexcept {
    return w.wish == wish::receive ? receivers_ : senders_;
  }

  bool has_place() const noexcept { return size() + permits_ < capacity(); }

  cell<T>* need_cell() {
    cell<T>* const room = cells_.acquire();
    if (room == nullptr) throw std::bad_alloc();
    return room;
  }

  /// A place must be free, or held by a permit that is being used.
  void place(T& value, claimed& woken) {
    if (waiter_type* const r = claim_receiver()) {
      hand_over(value, *r, woken);
    } else {
      push(need_cell(), value);
    }
  }

  void push(cell<T>* room, T& value) noexcept {
    std::construct_at(&room->value, std::move(value));
    queue_.push(room);
    size_.store(size() + 1, std::memory_order_relaxed);
  }

  cell<T>* pop() noexcept {
    cell<T>* const c = queue_.pop();
    if (c != nullptr) size_.store(size() - 1, std::memory_order_relaxed);
    return c;
  }

  static void hand_over(T& value, waiter_type& receiver, claimed& woken) noexcept {
    std::construct_at(static_cast<T*>(receiver.value), std::move(value));
    woken.add(receiver, fate::done);
  }

  void grant(waiter_type& s, claimed& woken) noexcept {
    senders_.remove(s);
    if (!s.claim()) return;
    ++permits_;
    woken.add(s, fate::done);
  }

  static waiter_type* claim_first(fifo_list<waiter_type>& list) noexcept {
    while (waiter_type* const w = list.front()) {
      list.remove(*w);
      if (w->claim()) return w;
    }
    return nullptr;
  }
  waiter_type* claim_receiver() noexcept { return claim_first(receivers_); }

  /// A sender whose value may be taken now: at capacity 0 the first, else one for whom there is a place,
  /// which it never uses. Reservations before it get theirs.
  waiter_type* claim_value(claimed& woken) noexcept {
    while (waiter_type* const s = senders_.front()) {
      if (capacity() != 0 && !has_place()) return nullptr;
      if (s->wish == wish::reserve) {
        grant(*s, woken);
        continue;
      }
      senders_.remove(*s);
      if (!s->claim()) continue;
      s->fate = fate::done;
      return s;
    }
    return nullptr;
  }

  void fail_receivers_if_drained(claimed& woken) noexcept {
    if (!is_closed() || size() != 0 || permits_ != 0) return;
    while (waiter_type* const r = claim_receiver()) woken.add(*r, fate::closed);
  }

  template <class V>
  using atomic = typename Atomics::template atomic<V>;

  atomic<std::size_t> size_{0};
  atomic<std::size_t> capacity_;
  atomic<bool> closed_{false};
  bool abandoned_ = false;
  std::size_t permits_ = 0;
  std::uint64_t discarded_ = 0;
  cell_queue<T> queue_;
  fifo_list<waiter_type> senders_;
  fifo_list<waiter_type> receivers_;
  cell_pool<T, Atomics> cells_;
};

}  // namespace weir::detail
