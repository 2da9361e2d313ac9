// What crossbeam-channel's tests/select.rs and select_macro.rs assert of selects under load, of whom they
// pair with, and of their fairness.
#include "suite.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

namespace weir::suites {
namespace {

using namespace std::chrono_literals;

constexpr auto expect_value = [](auto value) { return [value](auto got) { EXPECT_EQ(got, value); }; };
constexpr auto expect_done = [](result<> done) { EXPECT_TRUE(done); };

// duplicate_operations
TEST(crossbeam_select_load, each_of_two_sends_and_two_receives_on_one_channel_is_chosen_in_the_end) {
  channel<int> ch(1000);
  std::array<bool, 4> hit{};
  while (std::ranges::count(hit, true) < 4) {
    hit[select(on_receive(ch, ignore), on_receive(ch, ignore), on_send(ch, 0, ignore),
               on_send(ch, 0, ignore))] = true;
  }
}

// stress_recv
TEST(crossbeam_select_load, a_select_receives_in_turn_from_channels_of_different_capacity) {
  const int count = rounds(10'000);
  channel<int> a(1000), b(5);
  channel<unit> go_on(100);
  std::jthread sending([&] {
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(a.send(i));
      EXPECT_TRUE(go_on.receive());
      EXPECT_TRUE(b.send(i));
      EXPECT_TRUE(go_on.receive());
    }
  });
  for (int i = 0; i < 2 * count; ++i) {
    select(on_receive(a, expect_value(i / 2)), on_receive(b, expect_value(i / 2)));
    EXPECT_TRUE(go_on.send(unit{}));
  }
}

// stress_send
TEST(crossbeam_select_load, a_select_sends_to_whichever_channel_is_received_from) {
  const int count = rounds(10'000);
  channel<int> a(0), b(0);
  channel<unit> go_on(100);
  std::jthread receiving([&] {
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(a.receive(), i);
      EXPECT_EQ(b.receive(), i);
      EXPECT_TRUE(go_on.receive());
    }
  });
  for (int i = 0; i < count; ++i) {
    for (std::size_t expected : {0u, 1u}) {
      EXPECT_EQ(select(on_send(a, i, expect_done), on_send(b, i, expect_done)), expected);
    }
    EXPECT_TRUE(go_on.send(unit{}));
  }
}

// stress_mixed; reuse asserts the same of a selector that is used again, which ours is not.
TEST(crossbeam_select_load, a_select_sends_and_receives_in_the_order_its_partner_wants) {
  const int count = rounds(10'000);
  channel<int> a(0), b(0);
  channel<unit> go_on(100);
  std::jthread partner([&] {
    for (int i = 0; i < count; ++i) {
      EXPECT_TRUE(a.send(i));
      EXPECT_EQ(b.receive(), i);
      EXPECT_TRUE(go_on.receive());
    }
  });
  for (int i = 0; i < count; ++i) {
    for (std::size_t expected : {0u, 1u}) {
      EXPECT_EQ(select(on_receive(a, expect_value(i)), on_send(b, i, expect_done)), expected);
    }
    EXPECT_TRUE(go_on.send(unit{}));
  }
}

// stress_timeout_two_threads: the pauses are longer than the waits, so that both sides time out often.
TEST(crossbeam_select_load, selects_that_time_out_lose_and_double_nothing) {
  for (std::size_t capacity : {0u, 2u}) {
    channel<int> ch(capacity);
    const auto pause_on_even = [](int i) {
      if (i % 2 == 0) std::this_thread::sleep_for(2ms);
    };
    together(
        [&] {
          for (int i = 0; i < 40; ++i) {
            pause_on_even(i);
            while (select(on_send(ch, i, expect_done), on_timeout(500us, ignore)) == 1) continue;
          }
        },
        [&] {
          for (int i = 0; i < 40; ++i) {
            pause_on_even(i);
            while (select(on_receive(ch, expect_value(i)), on_timeout(500us, ignore)) == 1) continue;
          }
        });
    EXPECT_EQ(ch.size(), 0u);
  }
}

// Each thread sends or receives once on one rendezvous channel; nobody may meet himself.
void pair_up(channel<int>& ch, std::vector<std::jthread>& crew, int threads) {
  for (int me = 0; me < threads; ++me) {
    crew.emplace_back([&ch, me] {
      select(on_receive(ch,
                        [me](result<int> got) {
                          ASSERT_TRUE(got);
                          EXPECT_NE(*got, me) << "met itself";
                        }),
             on_send(ch, me, expect_done));
    });
  }
}

// matching; sync_and_clone and send_and_clone assert the same of one selector used by many threads.
TEST(crossbeam_select_load, forty_four_selects_on_one_channel_pair_with_each_other) {
  for (int i = 0; i < rounds(20); ++i) {
    channel<int> ch(0);
    std::vector<std::jthread> crew;
    pair_up(ch, crew, 44);
    crew.clear();
    EXPECT_EQ(ch.try_receive(), std::unexpected(errc::empty));
  }
}

// matching_with_leftover
TEST(crossbeam_select_load, of_fifty_five_selects_on_one_channel_one_is_left_for_a_plain_send) {
  for (int i = 0; i < rounds(20); ++i) {
    channel<int> ch(0);
    std::vector<std::jthread> crew;
    pair_up(ch, crew, 55);
    EXPECT_TRUE(ch.send(-1));
    crew.clear();
    EXPECT_EQ(ch.try_receive(), std::unexpected(errc::empty));
  }
}

struct next_end {
  std::unique_ptr<receiver<next_end>> rx;
};

// channel_through_channel
TEST(crossbeam_select_load, selects_pass_channels_through_channels) {
  const int count = rounds(1000);
  for (std::size_t capacity : {0u, 1u, 2u}) {
    auto [first_in, first_out] = make_channel<next_end>(capacity);
    together(
        [&, tx = std::move(first_in)]() mutable {
          for (int i = 0; i < count; ++i) {
            auto [next_in, next_out] = make_channel<next_end>(capacity);
            next_end message{std::make_unique<receiver<next_end>>(std::move(next_out))};
            select(on_send(tx, std::move(message), expect_done));
            tx = std::move(next_in);
          }
        },
        [&, rx = std::make_unique<receiver<next_end>>(std::move(first_out))]() mutable {
          for (int i = 0; i < count; ++i) {
            std::unique_ptr<receiver<next_end>> next;
            select(on_receive(*rx, [&](result<next_end> got) {
              ASSERT_TRUE(got);
              next = std::move(got->rx);
            }));
            ASSERT_TRUE(next);
            rx = std::move(next);
          }
        });
  }
}

// Both threads fill a channel of their own and take from either, in lockstep; whoever has just filled one
// must find one of the two ready, whatever the other takes meanwhile.
template <class Last>
void expect_always_one_ready(Last make_last) {
  channel<unit> start(0), end(0);
  channel<int> mine(1), theirs(1);
  const int count = rounds(20'000);
  together(
      [&] {
        for (int i = 0; i < count; ++i) {
          EXPECT_TRUE(start.send(unit{}));
          EXPECT_TRUE(mine.send(1));
          EXPECT_NE(select(on_receive(mine, ignore), on_receive(theirs, ignore), make_last()), 2u);
          EXPECT_TRUE(end.send(unit{}));
          (void)theirs.try_receive();
        }
      },
      [&] {
        for (int i = 0; i < count; ++i) {
          EXPECT_TRUE(start.receive());
          EXPECT_TRUE(theirs.send(1));
          (void)mine.try_receive();
          EXPECT_TRUE(end.receive());
        }
      });
}

// linearizable_try, linearizable_default
TEST(crossbeam_select_load, while_one_of_two_channels_is_ready_otherwise_does_not_run) {
  expect_always_one_ready([] { return otherwise(ignore); });
}

// linearizable_timeout
TEST(crossbeam_select_load, while_one_of_two_channels_is_ready_a_timeout_of_zero_does_not_run) {
  expect_always_one_ready([] { return on_timeout(0s, ignore); });
}

// fairness1, fairness_recv: theirs over timers too, ours over a closed channel, which is always ready.
TEST(crossbeam_select_fairness, ready_and_closed_channels_are_chosen_about_equally_often) {
  constexpr int count = 10'000;
  channel<unit> a(count), b(count), closed(0);
  closed.close();
  for (int i = 0; i < count; ++i) {
    ASSERT_TRUE(a.send(unit{}));
    ASSERT_TRUE(b.send(unit{}));
  }
  std::array<int, 3> hits{};
  for (int i = 0; i < count; ++i) {
    ++hits[select(on_receive(a, ignore), on_receive(b, ignore), on_receive(closed, ignore))];
  }
  for (int h : hits) EXPECT_GE(h, count / 3 / 2);
}

// fairness_send
TEST(crossbeam_select_fairness, two_channels_with_room_are_chosen_about_equally_often) {
  constexpr int count = 10'000;
  channel<unit> a(count), b(count);
  std::array<int, 2> hits{};
  for (int i = 0; i < count; ++i) ++hits[select(on_send(a, unit{}, ignore), on_send(b, unit{}, ignore))];
  for (int h : hits) EXPECT_GE(h, count / 4);
}

// fairness2: also among channels that are mostly empty, of different capacity, fed by one select. Theirs asks
// for a hundred and fiftieth each. How much goes through the rendezvous depends on how often one side has to
// wait, so ours asks only that nobody starves.
TEST(crossbeam_select_fairness, channels_of_different_capacity_fed_by_one_select_do_not_starve) {
  constexpr int count = 10'000;
  channel<unit> wide(1000), narrow(1), rendezvous(0);
  std::array<int, 3> hits{};
  together(
      [&] {
        const unit value;
        for (int i = 0; i < count; ++i) {
          std::vector<any_case> cases;
          if (wide.size() == 0) cases.emplace_back(on_send(wide, value, expect_done));
          if (narrow.size() == 0) cases.emplace_back(on_send(narrow, value, expect_done));
          cases.emplace_back(on_send(rendezvous, value, expect_done));
          select(std::span(cases));
        }
      },
      [&] {
        for (int i = 0; i < count; ++i) {
          ++hits[select(on_receive(wide, ignore), on_receive(narrow, ignore),
                        on_receive(rendezvous, ignore))];
        }
      });
  for (int h : hits) EXPECT_GT(h, 0);
}

}  // namespace
}  // namespace weir::suites
