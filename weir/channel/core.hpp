// A channel without its interface: the state, its lock, and how an operation tries, waits and gives up.
//
// Each operation is: lock, one step of channel_state, unlock, finish whoever was claimed, then run the user's
// code (moving out of a cell, destroying). It first tries; only when it would have to wait do the token and
// the deadline matter, so closed comes before cancelled, and cancelled before timed out. Then it lists its
// waiter in the same critical section as a second try, so no wake can be lost in between. See waiter.hpp for
// the protocol from there on.
//
// Stop callbacks are made before and destroyed after that critical section: a stop request that runs
// meanwhile only sets a bit in the parker.
//
// Thread-safety: all of it but construction and destruction. A channel may be destroyed by whoever got the
// last value out of it, even while that value's sender is still on its way out of send().
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/short_lock.hpp>
#include <weir/base/time.hpp>
#include <weir/channel/state.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <type_traits>

namespace weir::detail {

template <class T>
concept channel_element = std::is_object_v<T> && !std::is_const_v<T> && !std::is_array_v<T> &&
                          std::is_nothrow_destructible_v<T> && std::is_nothrow_move_constructible_v<T>;

/// The messages people see for a T that no channel can hold.
template <class T>
constexpr void check_channel_element() {
  static_assert(std::is_object_v<T> && !std::is_const_v<T> && !std::is_array_v<T>,
                "weir: an element must be a non-const object type, no reference and no array");
  if constexpr (std::is_object_v<T> && !std::is_array_v<T>) {
    static_assert(std::is_nothrow_destructible_v<T>,
                  "weir: an element's destructor must be noexcept; send a std::unique_ptr<T> instead");
    static_assert(!std::is_nothrow_destructible_v<T> || std::is_nothrow_move_constructible_v<T>,
                  "weir: an element's move constructor must be noexcept; send a std::unique_ptr<T> instead");
  }
}

template <class T, class Atomics = native_atomics>
class channel_core {
  static_assert((check_channel_element<T>(), true));

 public:
  using lock_type = short_lock<Atomics>;
  using state_type = channel_state<T, Atomics>;
  using waiter_type = waiter<Atomics>;
  using claimed = claimed_list<Atomics>;

  explicit channel_core(std::size_t capacity) : state_(capacity) {}
  channel_core(const channel_core&) = delete;
  channel_core& operator=(const channel_core&) = delete;
  /// Nobody may be using the channel any more, but for the destructors of the values in it.
  ~channel_core() { abandon(); }

  result<> try_send(T& value) {
    return now([&](claimed& woken) { return state_.offer(value, woken); }, errc::full);
  }

  result<> send(T& value, time_point deadline, const std::stop_token& stop) {
    waiter_type w;
    w.wish = wish::send;
    w.value = std::addressof(value);
    return as_result(
        now_or_wait([&](claimed& woken) { return state_.offer(value, woken); }, w, deadline, stop));
  }

  result<std::optional<T>> force_send(T& value) {
    if (capacity() == 0)
      throw std::logic_error("weir: force_send needs a capacity of at least 1, this channel has 0");
    cell<T>* evicted = nullptr;
    const auto r = now([&](claimed& woken) { return state_.force(value, evicted, woken); }, errc::full);
    if (!r) return std::unexpected(r.error());
    if (evicted == nullptr) return result<std::optional<T>>(std::in_place);
    const cell_emptier emptier{*this, evicted};
    return result<std::optional<T>>(std::in_place, std::in_place, std::move(evicted->value));
  }

  std::size_t send_some(std::span<T> values) {
    std::size_t sent = 0;
    const finisher woken;
    const std::lock_guard hold(lock_);
    while (sent < values.size() && state_.offer(values[sent], woken.list) == step::done) ++sent;
    return sent;
  }

  result<T> try_receive() {
    parcel<T, Atomics> got;
    const auto r = now([&](claimed& woken) { return take_one(got, woken); }, errc::empty);
    if (!r) return std::unexpected(r.error());
    return unpack(got);
  }

  result<T> receive(time_point deadline, const std::stop_token& stop) {
    parcel<T, Atomics> got;
    room_for_value room;
    waiter_type w;
    w.wish = wish::receive;
    w.value = std::addressof(room.value);
    const waited r = now_or_wait([&](claimed& woken) { return take_one(got, woken); }, w, deadline, stop);
    if (!r.ok) return std::unexpected(r.why);
    if (!r.by_partner) return unpack(got);
    const value_emptier emptier{room.value};
    return result<T>(std::in_place, std::move(room.value));
  }

  std::size_t receive_some(std::span<T> out) {
    cell_queue<T> cells;
    claimed senders;
    std::size_t queued = 0;
    {
      const finisher woken;
      const std::lock_guard hold(lock_);
      for (std::size_t n = 0; n < out.size(); ++n) {
        parcel<T, Atomics> p;
        if (state_.take(p, woken.list) != step::done) break;
        if (p.from_queue != nullptr) {
          cells.push(p.from_queue);
          ++queued;
        } else {
          senders.add(*p.from_sender, fate::done);
        }
      }
      state_.settle(woken.list);
    }
    std::size_t n = queued;  // those who wait first; destroying what was queued may take its time
    while (waiter_type* const s = senders.pop()) {
      replace(out[n++], *static_cast<T*>(s->value));
      s->party->finish();
    }
    for (std::size_t i = 0; i < queued; ++i) {
      const cell_emptier emptier{*this, cells.pop()};
      replace(out[i], emptier.emptied->value);
    }
    return n;
  }

  result<> try_reserve() {
    need_places();
    return now([&](claimed&) { return state_.reserve(); }, errc::full);
  }

  result<> reserve(time_point deadline, const std::stop_token& stop) {
    need_places();
    waiter_type w;
    w.wish = wish::reserve;
    return as_result(now_or_wait([&](claimed&) { return state_.reserve(); }, w, deadline, stop));
  }

  result<> redeem(T& value) {
    return now([&](claimed& woken) { return state_.redeem(value, woken); }, errc::full);
  }

  void drop_permit() noexcept {
    const finisher woken;
    const std::lock_guard hold(lock_);
    state_.drop_permit(woken.list);
  }

  bool close() noexcept {
    const finisher woken;
    const std::lock_guard hold(lock_);
    return state_.close(woken.list);
  }

  /// The last receiver has gone: close, and destroy what is queued.
  void abandon() noexcept {
    cell_queue<T> lost;
    {
      const finisher woken;
      const std::lock_guard hold(lock_);
      state_.close(woken.list);
      lost = state_.abandon();
    }
    while (cell<T>* const c = lost.pop()) const cell_emptier emptier{*this, c};
  }

  void grow(std::size_t extra) {
    if (extra == 0) return;
    auto room = cell_pool<T, Atomics>::make_block(state_type::with_spare(extra));
    const finisher woken;
    const std::lock_guard hold(lock_);
    state_.grow(extra, std::move(room), woken.list);
  }

  bool is_closed() const noexcept { return state_.is_closed(); }
  std::size_t size() const noexcept { return state_.size(); }
  std::size_t capacity() const noexcept { return state_.capacity(); }
  channel_stats stats() const noexcept {
    const std::lock_guard hold(lock_);
    return state_.stats();
  }

  // For select, which holds the locks of several channels at once and takes its steps one by one.
  lock_type& lock() noexcept { return lock_; }
  state_type& state() noexcept { return state_; }

  step take_one(parcel<T, Atomics>& got, claimed& woken) noexcept {
    const step s = state_.take(got, woken);
    if (s == step::done) state_.settle(woken);
    return s;
  }

  /// The value of a parcel. The user's code runs here, so no lock may be held.
  result<T> unpack(parcel<T, Atomics> got) noexcept {
    if (got.from_queue != nullptr) {
      const cell_emptier emptier{*this, got.from_queue};
      return result<T>(std::in_place, std::move(got.from_queue->value));
    }
    const sender_finisher finish{*got.from_sender};
    return result<T>(std::in_place, std::move(*static_cast<T*>(got.from_sender->value)));
  }

 private:
  struct finisher {  // declared before the lock guard, so that it runs after it
    mutable claimed list;
    ~finisher() { list.finish_all(); }
  };
  struct cell_emptier {
    channel_core& core;
    cell<T>* emptied;
    ~cell_emptier() {
      std::destroy_at(&emptied->value);
      core.state_.cells().give_back(emptied);
    }
  };
  struct value_emptier {
    T& value;
    ~value_emptier() { std::destroy_at(&value); }
  };
  struct sender_finisher {
    waiter_type& sender;
    ~sender_finisher() { sender.party->finish(); }
  };
  union room_for_value {
    T value;
    room_for_value() noexcept {}
    ~room_for_value() {}
  };
  struct interrupter {
    detail::parker<Atomics>* parker;
    void operator()() const noexcept { parker->interrupt(); }
  };
  struct waited {
    bool ok = true;
    errc why = errc::closed;
    bool by_partner = false;  // a partner did it, into or out of the waiter
  };

  static result<> as_result(waited w) {
    if (w.ok) return {};
    return std::unexpected(w.why);
  }

  void need_places() const {
    if (capacity() == 0)
      throw std::logic_error("weir: reserve needs a capacity of at least 1, this channel has 0");
  }

  /// std::span elements may have throwing or no assignment; construction is what T promises.
  static void replace(T& to, T& from) noexcept {
    if constexpr (std::is_nothrow_move_assignable_v<T>) {
      to = std::move(from);
    } else {
      std::destroy_at(std::addressof(to));
      std::construct_at(std::addressof(to), std::move(from));
    }
  }

  template <class Attempt>
  step locked(Attempt& attempt) {
    const finisher woken;
    const std::lock_guard hold(lock_);
    return attempt(woken.list);
  }

  template <class Attempt>
  result<> now(Attempt attempt, errc blocked) {
    switch (locked(attempt)) {
      case step::done: return {};
      case step::closed: return std::unexpected(errc::closed);
      case step::blocked: break;
    }
    return std::unexpected(blocked);
  }

  template <class Attempt>
  waited now_or_wait(Attempt attempt, waiter_type& w, time_point deadline, const std::stop_token& stop) {
    switch (locked(attempt)) {
      case step::done: return {};
      case step::closed: return {.ok = false};
      case step::blocked: break;
    }
    if (stop.stop_requested()) return {.ok = false, .why = errc::cancelled};
    if (deadline != never && deadline <= Atomics::now()) return {.ok = false, .why = errc::timed_out};
    return wait(attempt, w, deadline, stop);
  }

  template <class Attempt>
  waited wait(Attempt& attempt, waiter_type& w, time_point deadline, const std::stop_token& stop) {
    wait_party<Atomics> party(wait_party<Atomics>::shape::single);
    w.party = &party;
    std::optional<std::stop_callback<interrupter>> on_stop;
    if (stop.stop_possible()) on_stop.emplace(stop, interrupter{&party.parker});
    auto attempt_or_list = [&](claimed& woken) {
      const step s = attempt(woken);
      if (s == step::blocked) state_.list(w);
      return s;
    };
    switch (locked(attempt_or_list)) {
      case step::done: return {};
      case step::closed: return {.ok = false};
      case step::blocked: break;
    }
    if (party.parker.wait(deadline) != detail::parker<Atomics>::reason::done) {
      if (withdraw(w)) return {.ok = false, .why = stop.stop_requested() ? errc::cancelled : errc::timed_out};
      party.parker.wait_done();
    }
    return {.ok = w.fate == fate::done, .by_partner = true};
  }

  bool withdraw(waiter_type& w) noexcept {
    const std::lock_guard hold(lock_);
    return state_.unlist(w);
  }

  mutable lock_type lock_;
  state_type state_;
};

}  // namespace weir::detail
