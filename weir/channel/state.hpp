// The state of a channel and the steps that change it, all under the channel's lock.
//
// Its values are in a ring (ring.hpp) when they are quiet once moved from and the channel never grew, else in
// cells (cell_pool.hpp). With the gate open, senders and receivers pass the ring without the lock; what is
// said here of the lock is said of the shut gate as well.
//
// Invariants between steps (values: queued; places: capacity less values less permits):
// - values + permits never exceed the capacity, but while it grows;
// - a sender waits only while there is no place, a receiver only while there is no value; at capacity 0,
//   while there is no partner. A listed waiter whose select has been decided elsewhere counts for nothing
//   and is dropped when met;
// - in a ring, where serving the next is left to one who is on its way (gate.hpp), they may wait on until it
//   comes;
// - after close() no sender waits, and no receiver waits once the last value and permit are gone.
// A step never wakes anybody, and destroys no T but a quiet one: emptied cells and claimed parties go to the
// caller, who deals with them after unlocking. T's move constructor, which is nothrow, is the only user code
// that runs here.
//
// A select never pairs with itself: its attempts run before its waiters are listed, and others settle its
// waiters by claims, of which one select has only one to give.
#pragma once

#include <weir/channel/cell_pool.hpp>
#include <weir/channel/gate.hpp>
#include <weir/channel/ring.hpp>
#include <weir/channel/stats.hpp>
#include <weir/channel/waiter.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace weir::detail {

/// What an operation does that finds a partner whose serving is left to one on its way (gate.hpp): one that
/// waits anyway lets it be, one that must not fail while a partner waits serves it.
enum class manner : std::uint8_t { patient, eager };

/// What an attempt came to.
enum class step : std::uint8_t { done, blocked, closed };

/// A value taken from a channel: in the taker's room, or still where it was, in a cell, or with a sender who
/// waits until it has been moved.
template <class T, class Atomics>
struct parcel {
  T* room;  // the taker's, without a T in it
  bool in_room = false;
  cell<T>* from_queue = nullptr;
  waiter<Atomics>* from_sender = nullptr;
};

/// Values that nobody will receive, for destroy().
template <class T>
struct lost_values {
  ring_range in_ring;
  cell_queue<T> in_cells;
};

template <class T, class Atomics>
class channel_state
    : public std::conditional_t<quiet_when_moved_from<T>, channel_ring<T, Atomics>, channel_gate<Atomics>> {
  static constexpr bool has_ring = quiet_when_moved_from<T>;
  using base = std::conditional_t<has_ring, channel_ring<T, Atomics>, channel_gate<Atomics>>;

 public:
  using waiter_type = waiter<Atomics>;
  using claimed = claimed_list<Atomics>;

  explicit channel_state(std::size_t capacity) : base(has_ring ? capacity : 0), capacity_(capacity) {
    if (!has_ring && capacity != 0) cells_.add_block(cells_.make_block(with_spare(capacity)));
  }

  /// Sends without the lock, if the gate is open and there is a place.
  passage quick_send(T& value) noexcept {
    if constexpr (has_ring) return base::try_push(value);
    return passage::shut;
  }
  template <class Take>
  passage quick_receive(Take take) noexcept {
    if constexpr (has_ring) return base::try_pop(take);
    return passage::shut;
  }

  /// True: it was so, without the lock, at one moment of this call. False says nothing.
  bool surely_full() const noexcept {
    if constexpr (has_ring) return base::is_surely_full();
    return false;
  }
  bool surely_empty() const noexcept {
    if constexpr (has_ring) return base::is_surely_empty();
    return false;
  }

  // From here on the lock is held.

  /// Queues `value` or hands it to a receiver. std::bad_alloc: see cell_pool::acquire(); nothing has happened
  /// then.
  step offer(T& value, claimed& woken, manner how = manner::eager) {
    if (is_closed()) return step::closed;
    if (!this->receiver_on_its_way_ && permits_ == 0) {  // no value is queued while a receiver waits
      if (waiter_type* const r = claim_receiver()) {
        hand_over(value, *r, woken);
        return step::done;
      }
    }
    if (capacity() == 0) return step::blocked;
    if (!has_place() && !(how == manner::eager && pop_to_receiver(woken))) return step::blocked;
    place(value, woken);
    return step::done;
  }

  /// As offer(), but a full queue gives up its oldest value, which goes to `evicted`. Capacity at least 1.
  step force(T& value, parcel<T, Atomics>& evicted, claimed& woken) {
    if (is_closed()) return step::closed;
    if (!has_place()) {
      if (count() == 0) return step::blocked;
      cell<T>* const room = need_room();
      pop(evicted);
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
  step take(parcel<T, Atomics>& out, claimed& woken, manner how = manner::eager) noexcept {
    if (capacity() != 0 && pop(out)) return step::done;
    out.from_sender = claim_value(woken, how);
    if (out.from_sender != nullptr) return step::done;
    return is_closed() && permits_ == 0 ? step::closed : step::blocked;
  }

  /// Fills free places from the senders who wait, in their order.
  void settle(claimed& woken) noexcept {
    if (!senders_.empty()) fill_places(woken);
  }

  /// By a thread that was obliged to, once it runs: those who waited on behind it.
  void relieve(const waiter_type& w, claimed& woken) noexcept {
    (w.wish == wish::receive ? this->receiver_on_its_way_ : this->sender_on_its_way_) = false;
    while (!receivers_.empty() && !is_left_to(*receivers_.front(), this->receiver_on_its_way_)) {
      if (!pop_to_receiver(woken)) break;
    }
    settle(woken);
    fail_receivers_if_drained(woken);
  }
  bool expects_somebody() const noexcept { return this->sender_on_its_way_ || this->receiver_on_its_way_; }

  /// True for the first.
  bool close(claimed& woken) noexcept {
    if (is_closed()) return false;
    closed_.store(true, std::memory_order_release);  // pairs with the acquire in is_closed()
    while (waiter_type* const s = claim_first(senders_)) woken.add(*s, fate::closed);
    fail_receivers_if_drained(woken);
    return true;
  }

  /// Nobody will receive any more. What is queued goes to `lost`.
  void abandon(lost_values<T>& lost) noexcept {
    abandoned_ = true;
    discarded_ += count();
    if constexpr (has_ring) lost.in_ring = base::give_up();
    size_.store(0, std::memory_order_relaxed);
    lost.in_cells = std::exchange(queue_, {});
  }

  /// From now on the values are in cells: a ring cannot grow while others pass through it.
  void grow(std::size_t extra, typename cell_pool<T, Atomics>::block_ptr room, claimed& woken) noexcept {
    cells_.add_block(std::move(room));
    if constexpr (has_ring) {
      if (std::exchange(this->ringed_, false)) {
        while (!base::is_empty()) {
          cell<T>* const c = cells_.acquire();  // of the new block: it has enough for all
          base::pop([&](T& value) { push_cell(c, value); });
        }
      }
    }
    capacity_.store(capacity() + extra, std::memory_order_relaxed);
    settle(woken);
  }
  /// Cells for a channel that grows by `extra`: those of a ring move into cells as well.
  std::size_t with_spare(std::size_t extra) const noexcept {
    const std::size_t most = extra + cell_pool<T, Atomics>::spare + (has_ring ? capacity() : 0);
    return most < extra ? extra : most;
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

  // Read without the lock, too: snapshots.
  std::size_t size() const noexcept {
    const std::size_t in_cells = size_.load(std::memory_order_relaxed);
    if constexpr (has_ring) return in_cells + base::queued();
    return in_cells;
  }
  std::size_t capacity() const noexcept { return capacity_.load(std::memory_order_relaxed); }
  bool is_closed() const noexcept { return closed_.load(std::memory_order_acquire); }

  cell_pool<T, Atomics>& cells() noexcept { return cells_; }

 private:
  fifo_list<waiter_type>& list_of(const waiter_type& w) noexcept {
    return w.wish == wish::receive ? receivers_ : senders_;
  }

  /// As size(), under the lock.
  std::size_t count() const noexcept {
    if constexpr (has_ring) {
      if (this->ringed_) return base::count();
    }
    return size_.load(std::memory_order_relaxed);
  }
  bool has_place() const noexcept { return count() + permits_ < capacity(); }

  /// Null and true: the ring has it. False: there is no memory for a cell.
  bool find_room(cell<T>*& room) noexcept {
    if (this->ringed_) return true;
    room = cells_.acquire();
    return room != nullptr;
  }
  cell<T>* need_room() {
    cell<T>* room = nullptr;
    if (!find_room(room)) throw std::bad_alloc();
    return room;
  }
  void release(cell<T>* room) noexcept {
    if (room != nullptr) cells_.release(room);
  }

  /// A place must be free, or held by a permit that is being used.
  void place(T& value, claimed& woken) {
    if (waiter_type* const r = claim_receiver_of_new()) {
      hand_over(value, *r, woken);
    } else {
      push(need_room(), value);
    }
  }

  /// The oldest value goes to the first receiver who waits behind one on its way. False: there is no such.
  bool pop_to_receiver(claimed& woken) noexcept {
    if constexpr (has_ring) {
      if (receivers_.empty() || size() == 0) return false;
      waiter_type* const r = claim_receiver();
      if (r == nullptr) return false;
      const auto fill = [r](T& value) { std::construct_at(static_cast<T*>(r->value), std::move(value)); };
      if (!base::is_empty()) {
        base::pop(fill);
      } else {  // the channel has grown since that one was woken
        cell<T>* const c = pop_cell();
        fill(c->value);
        std::destroy_at(&c->value);  // quiet
        cells_.release(c);
      }
      call(*r, this->receiver_on_its_way_, woken);
      return true;
    }
    return false;
  }

  void push(cell<T>* room, T& value) noexcept {
    if constexpr (has_ring) {
      if (room == nullptr) return base::push(value);
    }
    push_cell(room, value);
  }
  void push_cell(cell<T>* room, T& value) noexcept {
    std::construct_at(&room->value, std::move(value));
    queue_.push(room);
    size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  bool pop(parcel<T, Atomics>& out) noexcept {
    if constexpr (has_ring) {
      if (this->ringed_ && !base::is_empty()) {
        base::pop([&](T& value) { std::construct_at(out.room, std::move(value)); });
        return out.in_room = true;
      }
    }
    out.from_queue = pop_cell();
    return out.from_queue != nullptr;
  }
  cell<T>* pop_cell() noexcept {
    cell<T>* const c = queue_.pop();
    if (c != nullptr) size_.store(size_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
    return c;
  }

  [[gnu::noinline]] void fill_places(claimed& woken) noexcept {
    while (!senders_.empty() && has_place()) {
      waiter_type& s = *senders_.front();
      if (is_left_to(s, this->sender_on_its_way_)) return;
      if (s.wish == wish::reserve) {
        grant(s, woken);
        continue;
      }
      cell<T>* room = nullptr;
      if (!find_room(room)) return;  // out of memory: the next step on this channel tries again
      senders_.remove(s);
      if (!s.claim()) {
        release(room);
        continue;
      }
      if (waiter_type* const r = claim_receiver_of_new()) {
        release(room);
        hand_over(*static_cast<T*>(s.value), *r, woken);
      } else {
        push(room, *static_cast<T*>(s.value));
      }
      call(s, this->sender_on_its_way_, woken);
    }
  }

  void hand_over(T& value, waiter_type& receiver, claimed& woken) noexcept {
    std::construct_at(static_cast<T*>(receiver.value), std::move(value));
    call(receiver, this->receiver_on_its_way_, woken);
  }

  void grant(waiter_type& s, claimed& woken) noexcept {
    senders_.remove(s);
    if (!s.claim()) return;
    ++permits_;
    call(s, this->sender_on_its_way_, woken);
  }

  /// True: serving `next`, a thread, is left to one of its side who is on its way.
  static bool is_left_to(const waiter_type& next, bool on_its_way) noexcept {
    return on_its_way && next.party->is_thread();
  }

  /// `w` has what it waited for. If others of its side wait on, it is to look after them.
  void call(waiter_type& w, bool& on_its_way, claimed& woken) noexcept {
    if (this->ringed_ && !on_its_way && w.party->is_thread() && !list_of(w).empty()) {
      on_its_way = true;
      w.party->oblige();
    }
    woken.add(w, fate::done);
  }

  static waiter_type* claim_first(fifo_list<waiter_type>& list) noexcept {
    while (waiter_type* const w = list.front()) {
      list.remove(*w);
      if (w->claim()) return w;
    }
    return nullptr;
  }
  waiter_type* claim_receiver() noexcept { return claim_first(receivers_); }
  /// A receiver for a value that comes in now. None while older ones are queued, which one of its side is on
  /// its way to hand out: the new one goes behind them.
  waiter_type* claim_receiver_of_new() noexcept {
    if (receivers_.empty() || is_left_to(*receivers_.front(), this->receiver_on_its_way_) || count() != 0)
      return nullptr;
    return claim_receiver();
  }

  /// A sender whose value may be taken now: at capacity 0 the first, else one for whom there is a place,
  /// which it never uses. Reservations before it get theirs.
  waiter_type* claim_value(claimed& woken, manner how) noexcept {
    while (waiter_type* const s = senders_.front()) {
      if (capacity() != 0 && !has_place()) return nullptr;
      if (how == manner::patient && is_left_to(*s, this->sender_on_its_way_)) return nullptr;
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
    if (!is_closed() || count() != 0 || permits_ != 0) return;
    while (waiter_type* const r = claim_receiver()) woken.add(*r, fate::closed);
  }

  template <class V>
  using atomic = typename Atomics::template atomic<V>;
  using base::closed_;
  using base::permits_;
  using base::receivers_;
  using base::senders_;

  atomic<std::size_t> size_{0};  // values in cells
  atomic<std::size_t> capacity_;
  bool abandoned_ = false;
  std::uint64_t discarded_ = 0;
  cell_queue<T> queue_;
  cell_pool<T, Atomics> cells_;
};

}  // namespace weir::detail
