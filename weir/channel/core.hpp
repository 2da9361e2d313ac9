// A channel without its interface: the state, and how an operation tries, waits and gives up.
//
// An operation first tries to pass the open gate (gate.hpp), which takes no lock. Else it is: lock, one step
// of channel_state, unlock, finish whoever was claimed, then run the user's code (moving out of a cell,
// destroying). Only when it would have to wait do the token and the deadline matter, so closed comes before
// cancelled, and cancelled before timed out. It polls the gate for a moment, then lists its waiter in the
// same critical section as a last try, so no wake can be lost in between. See waiter.hpp for the protocol
// from there on.
//
// Stop callbacks are made before and destroyed after that critical section: a stop request that runs
// meanwhile only sets a bit in the parker.
//
// Thread-safety: all of it but construction and destruction. A channel may be destroyed by whoever got the
// last value out of it, even while that value's sender is still on its way out of send().
#pragma once

#include <weir/base/error.hpp>
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
  using gate_type = channel_gate<Atomics>;
  using state_type = channel_state<T, Atomics>;
  using waiter_type = waiter<Atomics>;
  using claimed = claimed_list<Atomics>;
  using parcel_type = parcel<T, Atomics>;

  explicit channel_core(std::size_t capacity) : state_(capacity) {
    static_cast<void>(Atomics::may_poll());  // the first answer is read from files, which allocates
  }
  channel_core(const channel_core&) = delete;
  channel_core& operator=(const channel_core&) = delete;
  /// Nobody may be using the channel any more, but for the destructors of the values in it.
  ~channel_core() {
    abandon();
    await_those_on_their_way();
  }

  result<> try_send(T& value) {
    switch (state_.quick_send(value)) {
      case passage::done: return {};
      case passage::blocked:
        if (state_.surely_full()) return std::unexpected(errc::full);
        break;
      case passage::shut: break;
    }
    return now([&](claimed& woken) { return state_.offer(value, woken); }, errc::full);
  }

  result<> send(T& value, time_point deadline, const std::stop_token& stop) {
    waiter_type w;
    w.wish = wish::send;
    w.value = std::addressof(value);
    return as_result(now_or_wait([&] { return state_.quick_send(value); },
                                 [&](claimed& woken, manner how) { return state_.offer(value, woken, how); },
                                 w, deadline, stop));
  }

  result<std::optional<T>> force_send(T& value) {
    if (capacity() == 0)
      throw std::logic_error("weir: force_send needs a capacity of at least 1, this channel has 0");
    room_for_value room;
    parcel_type evicted{&room.value};
    const auto r = now([&](claimed& woken) { return state_.force(value, evicted, woken); }, errc::full);
    if (!r) return std::unexpected(r.error());
    if (!evicted.in_room && evicted.from_queue == nullptr) return result<std::optional<T>>(std::in_place);
    return result<std::optional<T>>(std::in_place, *unpack(evicted));
  }

  std::size_t send_some(std::span<T> values) {
    std::size_t sent = quick_send_some(values);
    if (sent == values.size()) return sent;
    const finisher woken;
    const std::lock_guard hold(gate());
    while (sent < values.size() && state_.offer(values[sent], woken.list) == step::done) ++sent;
    return sent;
  }

  result<T> try_receive() {
    result<T> quick = std::unexpected(errc::empty);
    switch (quick_receive(quick)) {
      case passage::done: return quick;
      case passage::blocked:
        if (state_.surely_empty()) return quick;
        break;
      case passage::shut: break;
    }
    room_for_value room;
    parcel_type got{&room.value};
    const auto r = now([&](claimed& woken) { return take_one(got, woken); }, errc::empty);
    if (!r) return std::unexpected(r.error());
    return unpack(got);
  }

  result<T> receive(time_point deadline, const std::stop_token& stop) {
    result<T> quick = std::unexpected(errc::empty);
    room_for_value room;
    parcel_type got{&room.value};
    waiter_type w;
    w.wish = wish::receive;
    w.value = got.room;
    const waited r =
        now_or_wait([&] { return quick_receive(quick); },
                    [&](claimed& woken, manner how) { return take_one(got, woken, how); }, w, deadline, stop);
    if (quick) return quick;
    if (!r.ok) return std::unexpected(r.why);
    got.in_room |= r.by_partner;
    return unpack(got);
  }

  std::size_t receive_some(std::span<T> out) {
    if constexpr (plain_element<T>) return receive_some_plain(out);
    std::size_t n = 0;
    for (; n < out.size(); ++n) {
      result<T> got = try_receive();
      if (!got) break;
      replace(out[n], *got);
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
    return as_result(now_or_wait([] { return passage::shut; },
                                 [&](claimed&, manner) { return state_.reserve(); }, w, deadline, stop));
  }

  result<> redeem(T& value) {
    return now([&](claimed& woken) { return state_.redeem(value, woken); }, errc::full);
  }

  void drop_permit() noexcept {
    const finisher woken;
    const std::lock_guard hold(gate());
    state_.drop_permit(woken.list);
  }

  bool close() noexcept {
    const finisher woken;
    const std::lock_guard hold(gate());
    return state_.close(woken.list);
  }

  /// The last receiver has gone: close, and destroy what is queued.
  void abandon() noexcept {
    lost_values<T> lost;
    {
      const finisher woken;
      const std::lock_guard hold(gate());
      state_.close(woken.list);
      state_.abandon(lost);
    }
    if constexpr (quiet_when_moved_from<T>) state_.destroy(lost.in_ring);
    while (cell<T>* const c = lost.in_cells.pop()) const cell_emptier emptier{*this, c};
  }

  void grow(std::size_t extra) {
    if (extra == 0) return;
    auto room = cell_pool<T, Atomics>::make_block(state_.with_spare(extra));
    const finisher woken;
    const std::lock_guard hold(gate());
    state_.grow(extra, std::move(room), woken.list);
  }

  bool is_closed() const noexcept { return state_.is_closed(); }
  std::size_t size() const noexcept { return state_.size(); }
  std::size_t capacity() const noexcept { return state_.capacity(); }
  channel_stats stats() const noexcept {
    const std::lock_guard hold(state_.bare_lock());
    return state_.stats();
  }

  // For select, which holds the locks of several channels at once and takes its steps one by one.
  gate_type& lock() noexcept { return state_; }
  state_type& state() noexcept { return state_; }

  step take_one(parcel_type& got, claimed& woken, manner how = manner::eager) noexcept {
    const step s = state_.take(got, woken, how);
    if (s == step::done) state_.settle(woken);
    return s;
  }

  /// By a thread that was woken and obliged to look after others of its side.
  void relieve(const waiter_type& w) noexcept {
    const finisher woken;
    const std::lock_guard hold(gate());
    state_.relieve(w, woken.list);
  }

  /// The value of a parcel. The user's code runs here, so no lock may be held.
  result<T> unpack(parcel_type got) noexcept {
    if (got.in_room) {
      const value_emptier emptier{*got.room};
      return result<T>(std::in_place, std::move(*got.room));
    }
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

  gate_type& gate() const noexcept { return state_; }

  passage quick_receive(result<T>& into) noexcept {
    return state_.quick_receive([&](T& value) { into.emplace(std::move(value)); });
  }

  std::size_t quick_send_some(std::span<T> values) noexcept {
    if constexpr (quiet_when_moved_from<T>) return state_.try_push_some(values);
    return 0;
  }

  /// Elements that move without user code are taken in one pass.
  std::size_t receive_some_plain(std::span<T> out)
    requires plain_element<T>
  {
    std::size_t n = state_.try_pop_some(out);
    if (n == out.size()) return n;
    const finisher woken;
    const std::lock_guard hold(gate());
    while (n < out.size()) {
      room_for_value room;
      parcel_type got{&room.value};
      if (take_one(got, woken.list) != step::done) break;
      if (got.in_room) {
        out[n++] = room.value;
      } else if (got.from_queue != nullptr) {
        out[n++] = got.from_queue->value;
        state_.cells().give_back(got.from_queue);
      } else {
        out[n++] = *static_cast<T*>(got.from_sender->value);
        woken.list.add(*got.from_sender, fate::done);
      }
    }
    return n;
  }

  /// A sender whose value was received may still have to look after others, though there are none any more.
  void await_those_on_their_way() noexcept {
    for (patience<Atomics> wait;; wait()) {
      const std::lock_guard hold(state_.bare_lock());
      if (!state_.expects_somebody()) return;
    }
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
    const std::lock_guard hold(gate());
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

  template <class Quick, class Attempt>
  waited now_or_wait(Quick quick, Attempt attempt, waiter_type& w, time_point deadline,
                     const std::stop_token& stop) {
    const passage first = quick();
    if (first == passage::done) return {};
    const bool stopped = stop.stop_requested();
    if (stopped || (deadline != never && deadline <= Atomics::now())) {
      auto last_attempt = [&](claimed& woken) { return attempt(woken, manner::eager); };
      switch (locked(last_attempt)) {
        case step::done: return {};
        case step::closed: return {.ok = false};
        case step::blocked: return {.ok = false, .why = stopped ? errc::cancelled : errc::timed_out};
      }
    }
    if (first == passage::blocked && poll(quick)) return {};
    return wait(attempt, w, deadline, stop);
  }

  /// For under a microsecond, and a few yields: what it waits for is often on its way. Not on one processor.
  template <class Quick>
  static bool poll(Quick& quick) {
    if (!Atomics::may_poll()) return false;
    for (int i = 0; i < polls + yields; ++i) {
      i < polls ? Atomics::pause() : Atomics::yield();
      if (const passage p = quick(); p != passage::blocked) return p == passage::done;
    }
    return false;
  }

  template <class Attempt>
  waited wait(Attempt& attempt, waiter_type& w, time_point deadline, const std::stop_token& stop) {
    wait_party<Atomics> party(wait_party<Atomics>::shape::single);
    w.party = &party;
    std::optional<std::stop_callback<interrupter>> on_stop;
    if (stop.stop_possible()) on_stop.emplace(stop, interrupter{&party.parker});
    auto attempt_or_list = [&](claimed& woken) {
      const step s = attempt(woken, manner::patient);
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
    party.tell_next();
    if (party.is_obliged()) relieve(w);
    return {.ok = w.fate == fate::done, .by_partner = true};
  }

  bool withdraw(waiter_type& w) noexcept {
    const std::lock_guard hold(gate());
    return state_.unlist(w);
  }

  static constexpr int polls = 25;  // of about 30 ns each
  static constexpr int yields = 8;

  mutable state_type state_;
};

}  // namespace weir::detail
