// Selects against each other, against plain operations, deadlines, stop requests and closing.
#include "channel_scenario.hpp"

#include <weir/channel/cases.hpp>
#include <weir/channel/select_run.hpp>

#include <array>
#include <chrono>
#include <utility>

namespace {

using namespace model;
using std::chrono::seconds;
using weir::detail::preference;

template <class T, class F>
auto on_receive(channel<T>& c, F f) {
  return weir::detail::receive_case<T, F, atomics>(c, std::move(f));
}
template <class T, class F>
auto on_send(channel<T>& c, T& value, F f) {
  return weir::detail::send_case<T, F, atomics>(c, &value, std::move(f));
}
template <class F>
auto on_timeout(weir::duration time, F f) {
  return weir::detail::timeout_case<F, atomics>(time, std::move(f));
}
template <class F>
auto on_stop(std::stop_token stop, F f) {
  return weir::detail::stop_case<F, atomics>(std::move(stop), std::move(f));
}

template <class... Cases>
std::size_t select_by(preference which, Cases&&... cases) {
  std::array<weir::detail::select_case<atomics>*, sizeof...(Cases)> list{&cases...};
  std::array<std::uint32_t, sizeof...(Cases)> order{};
  std::array<weir::detail::channel_gate<atomics>*, sizeof...(Cases)> locks{};
  return weir::detail::select_run<atomics>({list, order, locks}, which).run();
}
template <class... Cases>
std::size_t select(Cases&&... cases) {
  return select_by(preference::as_written, std::forward<Cases>(cases)...);
}

/// Into `log`, as a number; 0 when the channel is closed.
auto into(numbers& log) {
  return [&log](auto r) { log.push_back(received(r)); };
}

template <class T>
void opposite_order(std::size_t capacity) {
  channel<T> a(capacity);
  channel<T> b(capacity);
  numbers in;
  numbers x;
  numbers y;
  threads({[&] { select(on_receive(a, into(x)), on_receive(b, into(x))); },
           [&] { select(on_receive(b, into(y)), on_receive(a, into(y))); },
           [&] {
             in.push_back(send(a, 11));
             in.push_back(send(b, 21));
           }});
  check(x.size() == 1 && y.size() == 1, "one case of each has run");
  check_conserved({in}, {x, y});
}

SCENARIO(select_of_0_against_select_in_opposite_order) { opposite_order<loud>(0); }
SCENARIO(select_of_1_against_select_in_opposite_order) { opposite_order<loud>(1); }
SCENARIO(select_of_ring_against_select_in_opposite_order) { opposite_order<quiet>(1); }

/// Each offers what the other wants: one of the two exchanges happens, and both agree which.
SCENARIO(select_of_0_pairs_with_a_select) {
  channel<loud> a(0);
  channel<loud> b(0);
  loud one(11);
  loud two(21);
  numbers x;
  numbers y;
  std::size_t first = 9;
  std::size_t second = 9;
  threads({[&] { first = select(on_send(a, one, [](weir::result<>) {}), on_receive(b, into(x))); },
           [&] { second = select(on_send(b, two, [](weir::result<>) {}), on_receive(a, into(y))); }});
  check(first != second && first < 2 && second < 2, "one sends, the other receives");
  check(one.is_full() == (first == 1) && two.is_full() == (second == 1),
        "what was sent is gone, the rest is not");
  check((first == 0 ? y : x).size() == 1, "one value has passed");
}

template <class T>
void plain_senders(std::size_t capacity) {
  channel<T> a(capacity);
  channel<T> b(capacity);
  numbers in;
  numbers out;
  threads({[&] {
             select_by(preference::none, on_receive(a, into(out)), on_receive(b, into(out)));
             check(out.size() == 1, "one case has run");
             if (out.back() != 21) out.push_back(receive(b));
           },
           [&] { in.push_back(send(a, 11, model::now() + seconds(1))); },
           [&] { in.push_back(send(b, 21)); }});
  check_conserved({in}, {out, drain(a), drain(b)});
}

SCENARIO(select_of_0_against_plain_sends) { plain_senders<loud>(0); }
SCENARIO(select_of_1_against_plain_sends) { plain_senders<loud>(1); }
SCENARIO(select_of_ring_against_plain_sends) { plain_senders<quiet>(1); }

/// The same value is offered to two channels.
template <class T>
void plain_receivers(std::size_t capacity) {
  channel<T> a(capacity);
  channel<T> b(capacity);
  if (capacity != 0) send(a, 1), send(b, 2);
  T value(31);
  numbers x;
  numbers y;
  std::size_t ran = 9;
  threads({[&] {
             const auto sent = [](weir::result<> r) { check(r.has_value(), "nobody closes"); };
             ran = select(on_send(a, value, sent), on_send(b, value, sent));
           },
           [&] { x.push_back(receive(a, model::now() + seconds(1))); }, [&] { y.push_back(receive(b)); },
           [&] {
             if (capacity == 0) send(b, 41);
           }});
  check(!value.is_full() && ran < 2, "the value was sent to one of them");
  numbers in{31};
  if (capacity == 0) {
    in.push_back(41);
  } else {
    in.insert(in.end(), {1, 2});
  }
  check_conserved({in}, {x, y, drain(a), drain(b)});
}

SCENARIO(select_of_1_sends_one_value_once) { plain_receivers<loud>(1); }
SCENARIO(select_of_ring_sends_one_value_once) { plain_receivers<quiet>(1); }

template <class T>
void timeout_against_hand_over(std::size_t capacity) {
  channel<T> a(capacity);
  channel<T> b(capacity);
  numbers in;
  numbers out;
  bool late = false;
  threads({[&] {
             select(on_receive(a, into(out)), on_receive(b, into(out)),
                    on_timeout(seconds(1), [&] { late = true; }));
           },
           [&] { in.push_back(send(a, 11, model::now() + seconds(2))); },
           [&] { in.push_back(send(b, 21, model::now() + seconds(2))); }});
  check(late == out.empty(), "the timeout is one of the cases");
  check_conserved({in}, {out, drain(a), drain(b)});
}

SCENARIO(select_of_0_timeout_against_hand_over) { timeout_against_hand_over<loud>(0); }
SCENARIO(select_of_ring_timeout_against_hand_over) { timeout_against_hand_over<quiet>(1); }

template <class T>
void stop_against_hand_over(std::size_t capacity) {
  channel<T> a(capacity);
  channel<T> b(capacity);
  std::stop_source stop;
  numbers in;
  numbers out;
  bool stopped = false;
  threads({[&] {
             select(on_receive(a, into(out)), on_receive(b, into(out)),
                    on_stop(stop.get_token(), [&] { stopped = true; }));
           },
           [&] { in.push_back(send(a, 11, model::now() + seconds(1))); },
           [&] {
             const ordered_elsewhere callbacks;
             stop.request_stop();
           }});
  check(stopped == out.empty(), "the stop request is one of the cases");
  check_conserved({in}, {out, drain(a), drain(b)});
}

SCENARIO(select_of_0_stop_against_hand_over) { stop_against_hand_over<loud>(0); }
SCENARIO(select_of_ring_stop_against_hand_over) { stop_against_hand_over<quiet>(1); }

template <class T>
void close_against_selects(std::size_t capacity) {
  channel<T> a(capacity);
  channel<T> b(capacity);
  numbers x;
  numbers y;
  threads({[&] { select(on_receive(a, into(x)), on_receive(b, into(x))); },
           [&] { select(on_receive(b, into(y)), on_receive(a, into(y))); }, [&] { a.close(); }});
  check(x == numbers{0} && y == numbers{0}, "both have found it closed");
}

SCENARIO(select_of_0_close_wakes_every_select) { close_against_selects<loud>(0); }
SCENARIO(select_of_ring_close_wakes_every_select) { close_against_selects<quiet>(1); }

template <class T>
void close_or_value(std::size_t capacity) {
  channel<T> a(capacity);
  channel<T> b(capacity);
  numbers in;
  numbers out;
  threads({[&] {
             select(on_receive(a, into(out)), on_receive(b, into(out)));
             select(on_receive(b, into(out)), on_receive(a, into(out)));
           },
           [&] { a.close(); }, [&] { in.push_back(send(b, 21, model::now() + seconds(1))); }});
  check(out.size() == 2, "each select has run one case");
  check_conserved({in}, {out, drain(b)});
}

SCENARIO(select_of_0_close_against_a_value) { close_or_value<loud>(0); }
SCENARIO(select_of_ring_close_against_a_value) { close_or_value<quiet>(1); }

/// A select with two cases on one channel takes one value, though both its waiters are listed there.
template <class T>
void twin_cases(std::size_t capacity) {
  channel<T> a(capacity);
  numbers in;
  numbers out;
  threads({[&] {
             select(on_receive(a, into(out)), on_receive(a, into(out)));
             check(out.size() == 1, "one case has run");
             if (out.back() != 21) out.push_back(receive(a));
             if (out.back() != 21) out.push_back(receive(a));
           },
           [&] { in.push_back(send(a, 11, model::now() + seconds(1))); },
           [&] { in.push_back(send(a, 21)); }});
  check_conserved({in}, {out, drain(a)});
}

SCENARIO(select_of_0_with_twin_cases) { twin_cases<loud>(0); }
SCENARIO(select_of_ring_with_twin_cases) { twin_cases<quiet>(1); }

}  // namespace
