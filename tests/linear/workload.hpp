// Eight threads on one channel, with every operation there is, and a record of what came of each.
//
// A round is one channel's life: windows, of which the last closes it. In a window each thread does its share
// of operations, drawn by a generator of its own, then helps those who still wait (a sender by receiving, a
// receiver by sending) until all are done, so that no operation needs a time limit to end. Between windows,
// while all threads are at a barrier, the channel is emptied, looked at, and filled again as it was.
//
// Without stamps nothing is shared between the threads but the channel, from barrier to barrier; such rounds
// are judged by their values alone.
#pragma once

#include "history.hpp"

#include <weir/channel/select.hpp>

#include <barrier>
#include <chrono>
#include <concepts>
#include <random>
#include <stop_token>
#include <thread>

namespace weir::linear {

struct plan {
  std::size_t capacity = 1;
  std::uint64_t seed = 1;
  std::size_t windows = 10;
  std::size_t calls = 24;  ///< of each thread in each window
  bool evicts = false;     ///< force_send too
  bool reserves = false;   ///< permits too
  bool stamps = true;
};

struct round_record {
  std::vector<window> windows;
  std::vector<std::string> oddities;  ///< seen at rest: a quiet channel that refuses what it must do
};

namespace detail {

/// What the threads of a round share. The stamps' counter has a cache line of its own.
template <class Channel>
struct round_state {
  Channel& channel;
  const plan& how;
  stamp_clock clock;
  std::stop_source stop;                             // of the window
  alignas(64) std::atomic<std::size_t> finished{0};  // threads that did their share of the window
};

/// One thread's part.
template <class Channel, class T>
class participant {
 public:
  participant(round_state<Channel>& shared, std::size_t me)
      : shared_(shared), me_(me), random_(shared.how.seed * 1000 + me) {}

  void play_window(bool closing) {
    steps_.clear();
    steps_.reserve(1024);
    const std::size_t sends_of_8 = 2 + random_() % 5;
    stop_at_ = random_() % 16 == 0 ? random_() % shared_.how.calls : SIZE_MAX;
    const std::size_t close_at = closing && random_() % 2 ? random_() % shared_.how.calls : SIZE_MAX;
    const std::stop_token stop = shared_.stop.get_token();
    for (std::size_t i = 0; i < shared_.how.calls; ++i) {
      if (i == close_at || (closing && me_ == 0 && i + 1 == shared_.how.calls)) close();
      if (i == stop_at_) shared_.stop.request_stop();
      random_() % 8 < sends_of_8 ? send_somehow(stop) : receive_somehow(stop);
    }
    shared_.finished.fetch_add(1, std::memory_order_relaxed);  // no partner: what is read by it is a count
    while (shared_.finished.load(std::memory_order_relaxed) < most_lanes) help();
  }

  lane take_steps() { return std::move(steps_); }

 private:
  static constexpr bool selectable = std::derived_from<Channel, channel<T>>;

  stamp now() { return shared_.how.stamps ? shared_.clock.now() : 0; }
  bool patient() const { return me_ + 1 != most_lanes; }
  value fresh() { return make_value(me_, turn_++); }
  auto some_time() { return std::chrono::microseconds(random_() % 60); }

  /// Does `operation` and notes as what it turned out: deeds(result), then value in, value out.
  template <class Operation, class Judge>
  void note(const char* call, Operation operation, Judge judge) {
    const stamp invoked = now();
    auto outcome = operation();
    const stamp returned = now();
    step s = judge(outcome);
    s.invoked = invoked;
    s.returned = returned;
    s.call = call;
    steps_.push_back(s);
  }

  static deed refused(errc why) { return why == errc::closed ? deed::refuse_closed : deed::refuse_full; }
  static deed found_none(errc why) { return why == errc::closed ? deed::find_closed : deed::find_empty; }

  template <class Operation>
  void note_send(const char* call, Operation operation) {
    const value v = fresh();
    T element(v);
    note(
        call, [&] { return operation(std::move(element)); },
        [&](const result<>& r) { return step{.what = r ? deed::push : refused(r.error()), .given = v}; });
  }

  template <class Operation>
  void note_receive(const char* call, Operation operation) {
    note(call, operation, [&](const result<T>& r) {
      return r ? step{.what = deed::pop, .taken = static_cast<value>(*r)}
               : step{.what = found_none(r.error())};
    });
  }

  void send_somehow(const std::stop_token& stop) {
    const bool places = shared_.how.capacity != 0;
    switch (random_() % 8) {
      case 0:
      case 1: return note_send("try_send", [&](T&& v) { return shared_.channel.try_send(std::move(v)); });
      case 2:
        if constexpr (selectable)
          return note_send("select", [&](T&& v) { return select_send(std::move(v)); });
        break;
      case 3: return send_some();
      case 4:
        if (shared_.how.evicts && places) return force_send();
        break;
      case 5:
        if (shared_.how.reserves && places) return reserve(stop);
        break;
      default: break;
    }
    note_send("send", [&](T&& v) { return wait_to_send(std::move(v), stop); });
  }

  result<> wait_to_send(T&& v, const std::stop_token& stop) {
    auto& ch = shared_.channel;
    switch (random_() % (patient() ? 5 : 3)) {
      case 0: return ch.send_for(std::move(v), some_time());
      case 1: return ch.send_for(std::move(v), some_time(), stop);
      case 2: return ch.send_until(std::move(v), from_now(some_time()));
      case 3: return ch.send(std::move(v), stop);
      default: return ch.send(std::move(v));
    }
  }

  void receive_somehow(const std::stop_token& stop) {
    switch (random_() % 8) {
      case 0:
      case 1: return note_receive("try_receive", [&] { return shared_.channel.try_receive(); });
      case 2:
        if constexpr (selectable) return note_receive("select", [&] { return select_receive(); });
        break;
      case 3: return receive_some();
      default: break;
    }
    note_receive("receive", [&] { return wait_to_receive(stop); });
  }

  result<T> wait_to_receive(const std::stop_token& stop) {
    auto& ch = shared_.channel;
    switch (random_() % (patient() ? 5 : 3)) {
      case 0: return ch.receive_for(some_time());
      case 1: return ch.receive_for(some_time(), stop);
      case 2: return ch.receive_until(from_now(some_time()));
      case 3: return ch.receive(stop);
      default: return ch.receive();
    }
  }

  /// Sent, or there was no place: what `otherwise` and a timeout come to.
  result<> select_send(T&& v)
    requires selectable
  {
    result<> sent;
    const auto none = [&] { sent = std::unexpected(errc::full); };
    const auto case_of_send = [&](result<> r) { sent = r; };
    if (random_() % 2) {
      select(on_send(shared_.channel, std::move(v), case_of_send), otherwise(none));
    } else {
      select(on_send(shared_.channel, std::move(v), case_of_send), on_timeout(some_time(), none));
    }
    return sent;
  }

  result<T> select_receive()
    requires selectable
  {
    result<T> got = std::unexpected(errc::empty);
    const auto case_of_receive = [&](result<T> r) { got = std::move(r); };
    if (random_() % 2) {
      select(on_receive(shared_.channel, case_of_receive), otherwise([] {}));
    } else {
      select(on_receive(shared_.channel, case_of_receive), on_timeout(some_time(), [] {}));
    }
    return got;
  }

  void send_some() {
    std::vector<value> values(1 + random_() % 4);
    std::vector<T> elements;
    for (value& v : values) elements.emplace_back(v = fresh());
    const stamp invoked = now();
    const std::size_t n = shared_.channel.send_some(elements);
    const stamp returned = now();
    const step all{.invoked = invoked, .returned = returned, .call = "send_some"};
    for (std::size_t i = 0; i < n; ++i) {
      steps_.push_back(all);
      steps_.back().given = values[i];
    }
    if (n == values.size()) return;
    steps_.push_back(all);
    steps_.back().what = deed::refuse_rest;
  }

  void receive_some() {
    std::vector<T> room;
    const std::size_t most = 1 + random_() % 4;
    for (std::size_t i = 0; i < most; ++i) room.emplace_back(nothing);
    const stamp invoked = now();
    const std::size_t n = shared_.channel.receive_some(room);
    const stamp returned = now();
    const step all{.what = deed::pop, .invoked = invoked, .returned = returned, .call = "receive_some"};
    for (std::size_t i = 0; i < n; ++i) {
      steps_.push_back(all);
      steps_.back().taken = static_cast<value>(room[i]);
    }
    if (n == most) return;
    steps_.push_back(all);
    steps_.back().what = deed::find_no_more;
  }

  void force_send() {
    const value v = fresh();
    T element(v);
    note(
        "force_send", [&] { return shared_.channel.force_send(std::move(element)); },
        [&](const result<std::optional<T>>& r) -> step {
          if (!r)
            return {.what = r.error() == errc::closed ? deed::refuse_closed : deed::refuse_held, .given = v};
          if (!*r) return {.what = deed::push, .given = v};
          return {.what = deed::push_evicting, .given = v, .taken = static_cast<value>(**r)};
        });
  }

  void reserve(const std::stop_token& stop) {
    auto& ch = shared_.channel;
    std::optional<typename Channel::permit> permit;
    const auto keep = [&](result<typename Channel::permit> r) -> result<> {
      if (!r) return std::unexpected(r.error());
      permit.emplace(std::move(*r));
      return {};
    };
    const auto reserve_somehow = [&] {
      switch (random_() % 3) {
        case 0: return keep(ch.try_reserve());
        case 1: return keep(ch.reserve_for(some_time()));
        default: return keep(patient() ? ch.reserve(stop) : ch.reserve_for(some_time(), stop));
      }
    };
    note("reserve", reserve_somehow,
         [&](const result<>& r) { return step{.what = r ? deed::reserve : refused(r.error())}; });
    if (!permit) return;
    if (random_() % 4 == 0) {
      note(
          "~permit",
          [&] {
            permit.reset();
            return 0;
          },
          [](int) { return step{.what = deed::give_back}; });
      return;
    }
    const value v = fresh();
    T element(v);
    note(
        "permit.send", [&] { return permit->send(std::move(element)); },
        [&](const result<>& r) { return step{.what = r ? deed::redeem : deed::refuse_closed, .given = v}; });
  }

  void close() {
    note(
        "close", [&] { return shared_.channel.close(); },
        [](bool first) { return step{.what = first ? deed::close_first : deed::close_again}; });
  }

  /// One try for those who wait. One that came to nothing is left out of the record: it changed nothing, and
  /// while a thread with a permit is not scheduled there could be thousands.
  void help() {
    const channel_stats seen = shared_.channel.stats();
    const std::size_t before = steps_.size();
    if (seen.waiting_senders != 0) {
      note_receive("try_receive", [&] { return shared_.channel.try_receive(); });
    } else if (seen.waiting_receivers != 0) {
      note_send("try_send", [&](T&& v) { return shared_.channel.try_send(std::move(v)); });
    }
    if (steps_.size() > before && (steps_.back().what == deed::push || steps_.back().what == deed::pop))
      return;
    steps_.resize(before);
    std::this_thread::yield();
  }

  round_state<Channel>& shared_;
  const std::size_t me_;
  std::mt19937_64 random_;
  std::uint32_t turn_ = 0;
  std::size_t stop_at_ = SIZE_MAX;
  lane steps_;
};

/// What a quiet channel holds, taken out and put back. What goes wrong is an oddity.
template <class T, class Channel>
contents look_into(Channel& ch, std::vector<std::string>& oddities) {
  contents c{{}, ch.is_closed()};
  const std::size_t size = ch.size();
  result<T> got = ch.try_receive();
  for (; got; got = ch.try_receive()) c.values.push_back(static_cast<value>(*got));
  if (got.error() != (c.closed ? errc::closed : errc::empty))
    oddities.push_back("drained, and says otherwise");
  if (c.values.size() != size) oddities.push_back("at rest, size() is not what it holds");
  if (size > ch.capacity()) oddities.push_back("at rest, it holds more than its capacity");
  if (c.closed) return c;
  for (const value v : c.values)
    if (!ch.try_send(T(v))) oddities.push_back("at rest, with room, it refused a value");
  return c;
}

/// What is below a channel with a fault put in is asked when all is quiet.
template <class Channel>
Channel& right_one(Channel& ch) {
  return ch;
}
template <class Channel>
auto& right_one(Channel& ch)
  requires requires { ch.below(); }
{
  return ch.below();
}

}  // namespace detail

/// One channel's life. T is made from a value and turns back into one.
template <class Channel, class T = value>
round_record play(const plan& how) {
  Channel ch(how.capacity);
  detail::round_state<Channel> shared{.channel = ch, .how = how, .clock = {}, .stop = {}};
  std::vector<detail::participant<Channel, T>> all;
  for (std::size_t l = 0; l < most_lanes; ++l) all.emplace_back(shared, l);

  round_record record;
  contents before;
  const auto cut = [&]() noexcept {
    window w{.capacity = how.capacity, .before = before, .lanes = {}, .after = {}};
    for (auto& one : all) w.lanes.push_back(one.take_steps());
    before = detail::look_into<T>(detail::right_one(ch), record.oddities);
    w.after = before;
    record.windows.push_back(std::move(w));
    shared.finished = 0;
    shared.stop = {};
  };
  std::barrier at_rest(most_lanes, cut);
  {
    std::vector<std::jthread> threads;
    for (auto& one : all) {
      threads.emplace_back([&] {
        for (std::size_t w = 0; w < how.windows; ++w) {
          one.play_window(w + 1 == how.windows);
          at_rest.arrive_and_wait();
        }
      });
    }
  }
  return record;
}

}  // namespace weir::linear
