// Sending and receiving: waiting on both sides, laps of the ring, closing.
#include "channel_scenario.hpp"

#include <chrono>

namespace {

using namespace model;
using std::chrono::seconds;

template <class T>
void send_and_receive(std::size_t capacity, int each, int senders, int receivers) {
  channel<T> c(capacity);
  std::array<numbers, 2> in;
  std::array<numbers, 2> out;
  const auto sender = [&](int who) {
    return [&, who] {
      for (int i = 1; i <= each; ++i)
        in[static_cast<std::size_t>(who)].push_back(send(c, 10 * (who + 1) + i));
    };
  };
  const auto receiver = [&](std::size_t who) {
    return [&, who] {
      for (int i = 0; i < each * senders / receivers; ++i) out[who].push_back(receive(c));
    };
  };
  if (senders == 2 && receivers == 2) {
    threads({sender(0), sender(1), receiver(0), receiver(1)});
  } else if (senders == 2) {
    threads({sender(0), sender(1), receiver(0)});
  } else if (receivers == 2) {
    threads({sender(0), receiver(0), receiver(1)});
  } else {
    threads({sender(0), receiver(0)});
  }
  check_conserved({in[0], in[1]}, {out[0], out[1]});
  check(c.size() == 0 && try_receive(c) == 0, "nothing is left over");
}

SCENARIO(channel_of_0_two_senders_two_receivers) { send_and_receive<loud>(0, 1, 2, 2); }
SCENARIO(channel_of_0_one_sender_one_receiver, .preemptions = 3) { send_and_receive<loud>(0, 3, 1, 1); }
SCENARIO(cells_of_1_two_senders_two_receivers) { send_and_receive<loud>(1, 2, 2, 2); }
SCENARIO(cells_of_1_one_sender_one_receiver, .preemptions = 3) { send_and_receive<loud>(1, 4, 1, 1); }
SCENARIO(cells_of_2_two_senders_one_receiver) { send_and_receive<loud>(2, 3, 2, 1); }
SCENARIO(ring_of_1_two_senders_two_receivers) { send_and_receive<quiet>(1, 2, 2, 2); }
SCENARIO(ring_of_1_one_sender_one_receiver, .preemptions = 3) { send_and_receive<quiet>(1, 4, 1, 1); }
SCENARIO(ring_of_2_two_senders_one_receiver) { send_and_receive<quiet>(2, 3, 2, 1); }
SCENARIO(ring_of_2_one_sender_two_receivers) { send_and_receive<quiet>(2, 6, 1, 2); }
SCENARIO(ring_of_3_one_sender_one_receiver, .preemptions = 3) { send_and_receive<quiet>(3, 7, 1, 1); }
SCENARIO(ring_of_1_while_everybody_polls) {
  polling = true;
  send_and_receive<quiet>(1, 3, 1, 1);
}

template <class T>
void spin(std::size_t capacity, int each) {
  channel<T> c(capacity);
  numbers in[2];
  numbers out;
  const auto sender = [&](int who) {
    return [&, who] {
      for (int i = 1; i <= each; ++i) {
        while (try_send(c, 10 * (who + 1) + i) == 0) give_way();
        in[who].push_back(10 * (who + 1) + i);
      }
    };
  };
  threads({sender(0), sender(1), [&] {
             while (out.size() < static_cast<std::size_t>(2 * each)) {
               if (const int n = try_receive(c)) {
                 out.push_back(n);
               } else {
                 give_way();
               }
             }
           }});
  check_conserved({in[0], in[1]}, {out});
}

SCENARIO(cells_of_1_try_in_a_loop) { spin<loud>(1, 2); }
SCENARIO(ring_of_1_try_in_a_loop) { spin<quiet>(1, 2); }
SCENARIO(ring_of_2_try_in_a_loop) { spin<quiet>(2, 3); }

/// "Empty" and "full" are true at one moment of the call.
SCENARIO(ring_of_2_try_receive_finds_what_this_thread_has_sent, .preemptions = 3, .odd_reads = 2) {
  channel<quiet> c(2);
  int own = 0;
  threads({[&] {
             check(try_send(c, 11) != 0, "there is a place for each");
             own = try_receive(c);
             check(own != 0, "empty, though a value was in it all the time");
           },
           [&] { check(try_send(c, 21) != 0, "there is a place for each"); }});
  check_conserved({{11, 21}}, {{own}, drain(c)});
}

SCENARIO(ring_of_2_try_send_finds_the_place_this_thread_has_made, .preemptions = 3, .odd_reads = 2) {
  channel<quiet> c(2);
  send(c, 1);
  send(c, 2);
  int a = 0;
  int b = 0;
  threads({[&] {
             a = try_receive(c);
             check(a != 0, "there is a value for each");
             check(try_send(c, 11) != 0, "full, though a place was free all the time");
           },
           [&] {
             b = try_receive(c);
             check(b != 0, "there is a value for each");
           }});
  check_conserved({{1, 2, 11}}, {{a}, {b}, drain(c)});
}

template <class T>
void close_against_both(std::size_t capacity) {
  channel<T> c(capacity);
  numbers in;
  numbers out;
  threads({[&] {
             for (int i = 1; i <= 3; ++i) in.push_back(send(c, 10 + i));
           },
           [&] {
             while (const int n = receive(c)) out.push_back(n);
           },
           [&] {
             check(c.close(), "the first to close is told so");
             check(c.is_closed() && !c.close(), "closed once is closed");
           }});
  check(send(c, 99) == 0, "no send after the close");
  check_conserved({in}, {out});
}

SCENARIO(channel_of_0_close_against_send_and_receive) { close_against_both<loud>(0); }
SCENARIO(cells_of_1_close_against_send_and_receive) { close_against_both<loud>(1); }
SCENARIO(ring_of_1_close_against_send_and_receive) { close_against_both<quiet>(1); }
SCENARIO(ring_of_2_close_against_send_and_receive) { close_against_both<quiet>(2); }

template <class T>
void close_wakes_all_who_wait(std::size_t capacity) {
  channel<T> c(capacity);
  int a = 0;
  int b = 0;
  threads({[&] { a = receive(c); }, [&] { b = receive(c); }, [&] { c.close(); }});
  check(a == 0 && b == 0, "there was nothing to receive");
}

SCENARIO(channel_of_0_close_wakes_all_who_wait) { close_wakes_all_who_wait<loud>(0); }
SCENARIO(ring_of_1_close_wakes_all_who_wait) { close_wakes_all_who_wait<quiet>(1); }

template <class T>
void close_leaves_what_was_accepted(std::size_t capacity) {
  channel<T> c(capacity);
  numbers in;
  numbers out;
  threads({[&] { in.push_back(send(c, 11)); }, [&] { in.push_back(send(c, 21)); },
           [&] {
             c.close();
             while (const int n = receive(c)) out.push_back(n);
             check(receive(c) == 0, "drained once is drained");
           }});
  check_conserved({in}, {out});
}

SCENARIO(cells_of_1_close_leaves_what_was_accepted) { close_leaves_what_was_accepted<loud>(1); }
SCENARIO(ring_of_1_close_leaves_what_was_accepted) { close_leaves_what_was_accepted<quiet>(1); }
SCENARIO(ring_of_3_close_leaves_what_was_accepted) { close_leaves_what_was_accepted<quiet>(3); }

}  // namespace
