// One woken thread of a side serves the next: several wait at a ring, one at a time is on its way.
#include "channel_scenario.hpp"

#include <weir/channel/cases.hpp>
#include <weir/channel/select_run.hpp>

#include <array>
#include <chrono>
#include <optional>

namespace {

using namespace model;
using std::chrono::seconds;
using ring = channel<quiet>;

SCENARIO(relief_three_senders_wait) {
  ring c(1);
  numbers in[4] = {{send(c, 1)}, {}, {}, {}};
  numbers out;
  const auto sender = [&](int who) { return [&, who] { in[who].push_back(send(c, 10 * who + 1)); }; };
  threads({sender(1), sender(2), sender(3), [&] {
             for (int i = 0; i < 4; ++i) out.push_back(receive(c));
           }});
  check_conserved({in[0], in[1], in[2], in[3]}, {out});
  check(out[0] == 1, "what was first in comes out first");
}

SCENARIO(relief_three_receivers_wait) {
  ring c(2);
  numbers out[3];
  const auto receiver = [&](int who) { return [&, who] { out[who].push_back(receive(c)); }; };
  threads({receiver(0), receiver(1), receiver(2), [&] {
             for (int i = 1; i <= 3; ++i) send(c, 10 + i);
           }});
  check_conserved({{11, 12, 13}}, {out[0], out[1], out[2]});
}

/// While one is on its way the gate is open, and values are queued before one who waits on.
SCENARIO(relief_of_two_receivers_keeps_the_order) {
  ring c(1);
  numbers out[2];
  threads({[&] { out[0].push_back(receive(c)); },
           [&] {
             out[1].push_back(receive(c));
             out[1].push_back(receive(c));
           },
           [&] {
             for (int i = 1; i <= 3; ++i) send(c, 10 + i);
           }});
  check_conserved({{11, 12, 13}}, {out[0], out[1]});
}

/// A sender that tries in a loop passes by those who wait; they are served all the same.
SCENARIO(relief_two_receivers_wait_while_others_pass) {
  ring c(1);
  numbers out[3];
  threads({[&] { out[0].push_back(receive(c)); }, [&] { out[1].push_back(receive(c)); },
           [&] {
             for (int i = 1; i <= 3; ++i) {
               while (try_send(c, 10 + i) == 0) give_way();
             }
           },
           [&] { out[2].push_back(try_receive(c)); }});
  check_conserved({{11, 12, 13}}, {out[0], out[1], out[2], drain(c)});
}

SCENARIO(relief_while_a_receiver_gives_up) {
  ring c(1);
  numbers out[3];
  threads({[&] { out[0].push_back(receive(c)); },
           [&] { out[1].push_back(receive(c, model::now() + seconds(1))); },
           [&] { out[2].push_back(receive(c)); },
           [&] {
             for (int i = 1; i <= 3; ++i) send(c, 10 + i);
           }});
  check_conserved({{11, 12, 13}}, {out[0], out[1], out[2], drain(c)});
}

SCENARIO(relief_while_a_sender_gives_up) {
  ring c(1);
  numbers in[4] = {{send(c, 1)}, {}, {}, {}};
  numbers out;
  const auto sender = [&](int who, weir::time_point deadline) {
    return [&, who, deadline] { in[who].push_back(send(c, 10 * who + 1, deadline)); };
  };
  threads({sender(1, weir::never), sender(2, model::now() + seconds(1)), sender(3, weir::never), [&] {
             for (int i = 0; i < 3; ++i) out.push_back(receive(c));
           }});
  check_conserved({in[0], in[1], in[2], in[3]}, {out, drain(c)});
}

SCENARIO(relief_of_senders_against_close) {
  ring c(1);
  numbers in[3] = {{send(c, 1)}, {}, {}};
  numbers out;
  const auto sender = [&](int who) { return [&, who] { in[who].push_back(send(c, 10 * who + 1)); }; };
  threads({sender(1), sender(2), [&] { c.close(); },
           [&] {
             while (const int n = receive(c)) out.push_back(n);
           }});
  check_conserved({in[0], in[1], in[2]}, {out});
}

SCENARIO(relief_of_receivers_against_close) {
  ring c(2);
  numbers out[3];
  const auto receiver = [&](int who) { return [&, who] { out[who].push_back(receive(c)); }; };
  threads({receiver(0), receiver(1), receiver(2), [&] {
             send(c, 11);
             send(c, 12);
             c.close();
           }});
  check_conserved({{11, 12}}, {out[0], out[1], out[2]});
}

/// What the one on its way finds when it comes may be in cells by then.
SCENARIO(relief_of_receivers_while_the_channel_grows) {
  ring c(1);
  numbers out[2];
  const auto receiver = [&](int who) { return [&, who] { out[who].push_back(receive(c)); }; };
  threads({receiver(0), receiver(1), [&] { c.grow(1); },
           [&] {
             send(c, 11);
             send(c, 12);
           }});
  check_conserved({{11, 12}}, {out[0], out[1]});
}

SCENARIO(relief_of_senders_while_the_channel_grows) {
  ring c(1);
  numbers in[3] = {{send(c, 1)}, {}, {}};
  numbers out;
  const auto sender = [&](int who) { return [&, who] { in[who].push_back(send(c, 10 * who + 1)); }; };
  threads({sender(1), sender(2), [&] { c.grow(1); },
           [&] {
             for (int i = 0; i < 3; ++i) out.push_back(receive(c));
           }});
  check_conserved({in[0], in[1], in[2]}, {out});
}

SCENARIO(relief_of_a_sender_and_a_reservation) {
  ring c(1);
  numbers in[3] = {{send(c, 1)}, {}, {}};
  numbers out;
  threads({[&] { in[1].push_back(send(c, 11)); },
           [&] {
             check(c.reserve(weir::never, {}).has_value(), "nobody closes");
             quiet v(21);
             in[2].push_back(sent(v, 21, c.redeem(v)));
           },
           [&] {
             for (int i = 0; i < 3; ++i) out.push_back(receive(c));
           }});
  check_conserved({in[0], in[1], in[2]}, {out});
}

/// The last receiver ends the channel, while the sender who was woken has yet to look after others.
SCENARIO(relief_by_a_sender_whose_channel_ends) {
  std::optional<ring> c(std::in_place, 1);
  send(*c, 1);
  threads({[&] { send(*c, 11); }, [&] { send(*c, 21); },
           [&] {
             for (int i = 0; i < 3; ++i) check(receive(*c) != 0, "nobody closes");
             c.reset();
           }});
}

/// The same, when those others have given up meanwhile.
SCENARIO(relief_by_a_sender_with_nobody_left_whose_channel_ends) {
  std::optional<ring> c(std::in_place, 1);
  model::atomic<int> has_left{0};
  send(*c, 1);
  threads({[&] { send(*c, 11); },
           [&] {
             send(*c, 21, model::now() + seconds(1));
             has_left.store(1, std::memory_order_release);
           },
           [&] {
             while (receive(*c) != 11) {
             }
             while (has_left.load(std::memory_order_acquire) == 0) give_way();
             drain(*c);
             c.reset();
           }});
}

SCENARIO(relief_by_a_select) {
  ring a(1);
  ring b(1);
  numbers out[3];
  const auto selecting = [&](numbers& log) {
    return [&] {
      const auto into = [&log](auto r) { log.push_back(received(r)); };
      weir::detail::receive_case<quiet, decltype(into), atomics> first(a, into);
      weir::detail::receive_case<quiet, decltype(into), atomics> second(b, into);
      std::array<weir::detail::select_case<atomics>*, 2> cases{&first, &second};
      std::array<std::uint32_t, 2> order{};
      std::array<weir::detail::channel_gate<atomics>*, 2> locks{};
      weir::detail::select_run<atomics>({cases, order, locks}, weir::detail::preference::as_written).run();
    };
  };
  threads({selecting(out[0]), [&] { out[1].push_back(receive(a)); }, selecting(out[2]),
           [&] {
             for (int i = 1; i <= 3; ++i) send(a, 10 + i);
           }});
  check_conserved({{11, 12, 13}}, {out[0], out[1], out[2]});
}

}  // namespace
