// What concerns places: permits, forced sends, growing, many values at once.
#include "channel_scenario.hpp"

#include <array>
#include <chrono>
#include <span>

namespace {

using namespace model;
using std::chrono::seconds;

template <class T>
void reserve_against_close(std::size_t capacity) {
  channel<T> c(capacity);
  numbers in;
  numbers out;
  threads({[&] {
             if (!c.reserve(weir::never, {})) return;
             T v(11);
             in.push_back(sent(v, 11, c.redeem(v)));
             check(in.back() == 11, "a permit got before the close may be used after it");
           },
           [&] { c.close(); },
           [&] {
             while (const int n = receive(c)) out.push_back(n);
           }});
  check_conserved({in}, {out});
}

SCENARIO(cells_of_1_reserve_against_close) { reserve_against_close<loud>(1); }
SCENARIO(ring_of_1_reserve_against_close) { reserve_against_close<quiet>(1); }

template <class T>
void permits_and_sends(std::size_t capacity) {
  channel<T> c(capacity);
  numbers a;
  numbers b;
  numbers out;
  threads({[&] {
             check(c.reserve(weir::never, {}).has_value(), "nobody closes");
             T v(11);
             a.push_back(sent(v, 11, c.redeem(v)));
           },
           [&] {
             b.push_back(send(c, 21));
             b.push_back(send(c, 22));
           },
           [&] {
             for (int i = 0; i < 3; ++i) out.push_back(receive(c));
           }});
  check_conserved({a, b}, {out});
}

SCENARIO(cells_of_1_permit_against_sends) { permits_and_sends<loud>(1); }
SCENARIO(ring_of_1_permit_against_sends) { permits_and_sends<quiet>(1); }

template <class T>
void dropped_permit(std::size_t capacity) {
  channel<T> c(capacity);
  check(c.try_reserve().has_value(), "there is a place");
  numbers in;
  numbers out;
  threads({[&] {
             c.drop_permit();
             out.push_back(receive(c));
           },
           [&] { in.push_back(send(c, 11)); },
           [&] {
             check(c.reserve(weir::never, {}).has_value(), "a place comes");
             c.drop_permit();
           }});
  check_conserved({in}, {out});
}

SCENARIO(cells_of_1_dropped_permit_lets_a_sender_in) { dropped_permit<loud>(1); }
SCENARIO(ring_of_1_dropped_permit_lets_a_sender_in) { dropped_permit<quiet>(1); }

SCENARIO(ring_of_1_dropped_permit_ends_a_closed_channel) {
  channel<quiet> c(1);
  check(c.try_reserve().has_value(), "there is a place");
  threads(
      {[&] { check(receive(c) == 0, "nothing was sent"); }, [&] { c.close(); }, [&] { c.drop_permit(); }});
}

template <class T>
void force_against_receive(std::size_t capacity) {
  channel<T> c(capacity);
  numbers in;
  numbers evicted[3];
  numbers out;
  const auto force = [&](int who) {
    return [&, who] {
      for (int i = 1; i <= 2; ++i) {
        T v(10 * who + i);
        const auto r = c.force_send(v);
        in.push_back(sent(v, 10 * who + i, r));
        check(r.has_value(), "nobody closes, and no permit is out");
        if (*r) evicted[who].push_back((*r)->number());
      }
    };
  };
  threads({force(1), force(2), [&] {
             out.push_back(receive(c));
             out.push_back(try_receive(c));
           }});
  numbers all = drain(c);
  check(all.size() <= capacity, "no more values than places");
  check_conserved({in}, {out, evicted[1], evicted[2], all});
}

SCENARIO(cells_of_1_force_send_against_receive) { force_against_receive<loud>(1); }
SCENARIO(ring_of_1_force_send_against_receive) { force_against_receive<quiet>(1); }
SCENARIO(ring_of_2_force_send_against_receive) { force_against_receive<quiet>(2); }

template <class T>
void grow_under_way(std::size_t capacity) {
  channel<T> c(capacity);
  numbers in;
  numbers out;
  threads({[&] {
             for (int i = 1; i <= 4; ++i) in.push_back(send(c, 10 + i));
           },
           [&] { c.grow(1); },
           [&] {
             for (int i = 0; i < 2; ++i) out.push_back(receive(c));
             while (out.size() < 4) out.push_back(receive(c));
           }});
  check(c.capacity() == capacity + 1, "it has grown");
  check_conserved({in}, {out});
}

SCENARIO(cells_of_1_grow_while_values_pass) { grow_under_way<loud>(1); }
SCENARIO(ring_of_1_grow_while_values_pass) { grow_under_way<quiet>(1); }

SCENARIO(ring_of_1_grow_lets_a_waiting_sender_in) {
  channel<quiet> c(1);
  send(c, 1);
  numbers in{1};
  threads({[&] { in.push_back(send(c, 11)); }, [&] { c.grow(1); }});
  check_conserved({in}, {drain(c)});
}

template <class T, std::size_t... I>
std::array<T, sizeof...(I)> several(int from, std::index_sequence<I...>) {
  return {T(from + static_cast<int>(I))...};
}

template <class T>
void some_at_once(std::size_t capacity) {
  channel<T> c(capacity);
  int senders = 2;
  numbers in;
  numbers other;
  numbers out;
  const auto leave = [&] {
    if (--senders == 0) c.close();
  };
  threads({[&] {
             auto values = several<T>(11, std::make_index_sequence<3>());
             const std::size_t n = c.send_some(values);
             for (std::size_t i = 0; i < 3; ++i)
               check(values[i].is_full() == (i >= n), "the first n were sent");
             for (int i = 0; i < static_cast<int>(n); ++i) in.push_back(11 + i);
             other.push_back(send(c, 31));
             leave();
           },
           [&] {
             other.push_back(send(c, 21));
             leave();
           },
           [&] {
             auto room = several<T>(91, std::make_index_sequence<2>());
             const std::size_t n = c.receive_some(room);
             for (std::size_t i = 0; i < n; ++i) out.push_back(room[i].number());
             while (const int value = receive(c)) out.push_back(value);
           }});
  check_conserved({in, other}, {out});
}

SCENARIO(cells_of_2_some_at_once) { some_at_once<loud>(2); }
SCENARIO(ring_of_2_some_at_once) { some_at_once<quiet>(2); }
SCENARIO(ring_of_3_some_at_once) { some_at_once<quiet>(3); }

/// Numbers move without user code, so they are received in one pass.
SCENARIO(ring_of_2_numbers_received_some_at_once) {
  channel<int> c(2);
  numbers out[2];
  threads({[&] {
             std::array<int, 4> values{11, 12, 13, 14};
             std::size_t n = 0;
             while (n < values.size()) {
               n += c.send_some(std::span(values).subspan(n));
               if (n == values.size()) break;
               check(c.send(values[n], weir::never, {}).has_value(), "nobody closes");
               ++n;
             }
           },
           [&] {
             std::array<int, 2> room{};
             while (out[0].size() < 3) {
               const std::size_t n = c.receive_some(room);
               out[0].insert(out[0].end(), room.begin(), room.begin() + n);
               if (out[0].size() < 3) out[0].push_back(*c.receive(weir::never, {}));
             }
           }});
  while (const auto n = c.try_receive()) out[0].push_back(*n);
  check_conserved({{11, 12, 13, 14}}, {out[0]});
}

}  // namespace
