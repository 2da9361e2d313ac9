// Giving up while somebody hands over: deadlines and stop requests. Ends that go away.
#include "channel_scenario.hpp"

#include <chrono>
#include <memory>
#include <optional>

namespace {

using namespace model;
using std::chrono::seconds;

weir::time_point soon() { return model::now() + seconds(1); }

/// The callbacks of a stop request are the standard library's to order with their end.
void request_stop(std::stop_source& source) {
  const ordered_elsewhere callbacks;
  source.request_stop();
}

template <class T>
void timeout_against_hand_over(std::size_t capacity) {
  channel<T> c(capacity);
  numbers in;
  numbers out;
  threads({[&] {
             in.push_back(send(c, 11, soon()));
             in.push_back(send(c, 12, soon()));
           },
           [&] {
             out.push_back(receive(c, soon()));
             out.push_back(receive(c, soon()));
           }});
  check_conserved({in}, {out, drain(c)});
}

SCENARIO(channel_of_0_timeout_against_hand_over) { timeout_against_hand_over<loud>(0); }
SCENARIO(cells_of_1_timeout_against_hand_over) { timeout_against_hand_over<loud>(1); }
SCENARIO(ring_of_1_timeout_against_hand_over) { timeout_against_hand_over<quiet>(1); }

template <class T>
void timeout_of_a_full_channel(std::size_t capacity) {
  channel<T> c(capacity);
  numbers in{1};
  send(c, 1);
  numbers out;
  threads({[&] { in.push_back(send(c, 11, soon())); }, [&] { in.push_back(send(c, 21, soon())); },
           [&] {
             out.push_back(receive(c));
             out.push_back(try_receive(c));
           }});
  check_conserved({in}, {out, drain(c)});
}

SCENARIO(cells_of_1_timeout_of_two_senders_against_a_receiver) { timeout_of_a_full_channel<loud>(1); }
SCENARIO(ring_of_1_timeout_of_two_senders_against_a_receiver) { timeout_of_a_full_channel<quiet>(1); }

template <class T>
void stop_against_hand_over(std::size_t capacity) {
  channel<T> c(capacity);
  std::stop_source stop;
  numbers in;
  numbers out;
  threads({[&] {
             for (int i = 1; i <= 2; ++i) in.push_back(send(c, 10 + i));
           },
           [&] {
             while (const int n = receive(c, weir::never, stop.get_token())) out.push_back(n);
             while (out.size() < 2) out.push_back(receive(c));
           },
           [&] { request_stop(stop); }});
  check_conserved({in}, {out});
}

SCENARIO(channel_of_0_stop_of_a_receiver_against_hand_over) { stop_against_hand_over<loud>(0); }
SCENARIO(ring_of_1_stop_of_a_receiver_against_hand_over) { stop_against_hand_over<quiet>(1); }

template <class T>
void stop_of_a_sender(std::size_t capacity) {
  channel<T> c(capacity);
  std::stop_source stop;
  numbers in;
  if (capacity != 0) in.push_back(send(c, 1));
  numbers out;
  threads({[&] { in.push_back(send(c, 11, weir::never, stop.get_token())); },
           [&] {
             out.push_back(receive(c, soon()));
             out.push_back(receive(c, soon()));
           },
           [&] { request_stop(stop); }});
  check_conserved({in}, {out, drain(c)});
}

SCENARIO(channel_of_0_stop_of_a_sender_against_a_receiver) { stop_of_a_sender<loud>(0); }
SCENARIO(cells_of_1_stop_of_a_sender_against_a_receiver) { stop_of_a_sender<loud>(1); }
SCENARIO(ring_of_1_stop_of_a_sender_against_a_receiver) { stop_of_a_sender<quiet>(1); }

/// What the last receiver does to its channel, while somebody sends.
template <class T>
void last_receiver_leaves(std::size_t capacity) {
  channel<T> c(capacity);
  numbers out;
  threads({[&] {
             while (send(c, 11) != 0) {
             }
           },
           [&] {
             out.push_back(receive(c));
             c.abandon();
           }});
  check(c.size() == 0 && alive == 0, "what nobody can receive any more is destroyed");
  check(out[0] == 11, "a value was received");
}

SCENARIO(channel_of_0_last_receiver_leaves_during_a_send) { last_receiver_leaves<loud>(0); }
SCENARIO(cells_of_2_last_receiver_leaves_during_a_send) { last_receiver_leaves<loud>(2); }
SCENARIO(ring_of_2_last_receiver_leaves_during_a_send) { last_receiver_leaves<quiet>(2); }

/// What the last sender does to its channel, while somebody receives.
template <class T>
void last_sender_leaves(std::size_t capacity) {
  channel<T> c(capacity);
  numbers in;
  numbers out;
  threads({[&] {
             in.push_back(send(c, 11));
             in.push_back(send(c, 12));
             c.close();
           },
           [&] {
             while (const int n = receive(c)) out.push_back(n);
           },
           [&] { c.stats(); }});
  check_conserved({in}, {out});
  check(out.size() == 2, "a close takes nothing away");
}

SCENARIO(channel_of_0_last_sender_leaves_during_a_receive) { last_sender_leaves<loud>(0); }
SCENARIO(cells_of_1_last_sender_leaves_during_a_receive) { last_sender_leaves<loud>(1); }
SCENARIO(ring_of_1_last_sender_leaves_during_a_receive) { last_sender_leaves<quiet>(1); }

/// Whoever has received the last value may end the channel, though its sender has not returned yet.
template <class T>
void receiver_ends_the_channel(std::size_t capacity) {
  std::optional<channel<T>> c(std::in_place, capacity);
  threads({[&] { check(send(*c, 11) == 11, "nobody has closed it"); },
           [&] {
             check(receive(*c) == 11, "what was sent is received");
             c.reset();
           }});
}

SCENARIO(channel_of_0_ends_when_the_last_value_was_received, .preemptions = 3) {
  receiver_ends_the_channel<loud>(0);
}
SCENARIO(cells_of_1_end_when_the_last_value_was_received, .preemptions = 3) {
  receiver_ends_the_channel<loud>(1);
}
SCENARIO(ring_of_1_ends_when_the_last_value_was_received, .preemptions = 3) {
  receiver_ends_the_channel<quiet>(1);
}

/// The destructor destroys what was left in the channel by those who have seen its close.
template <class T>
void destructor_after_close(std::size_t capacity) {
  channel<T> c(capacity);
  int accepted = 0;
  const auto sender = [&](int who) {
    return [&, who] {
      for (int i = 1; try_send(c, 10 * who + i) != 0; ++i) ++accepted;
    };
  };
  threads({sender(1), sender(2), [&] { c.close(); }});
  check(c.size() == static_cast<std::size_t>(accepted), "what was accepted is in the channel");
  check(alive == accepted, "what was not accepted is nowhere");
}

SCENARIO(cells_of_2_destructor_after_close) { destructor_after_close<loud>(2); }
SCENARIO(ring_of_2_destructor_after_close) { destructor_after_close<quiet>(2); }

}  // namespace
