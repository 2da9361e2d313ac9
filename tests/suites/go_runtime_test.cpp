// What Go's src/runtime/chan_test.go asserts of plain operations and of selects in a race, asserted of weir's
// channels; crossbeam-channel's tests/golang.rs asserts most of it again. What is about Go's run time is left
// out: the shrinking of stacks, interfaces in channels, the allocations of selects without names, and the
// benchmarks.
#include "suite.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

namespace weir::suites {
namespace {

// TestChan goes through the capacities from 0 to 199; these are those at which something differs, and some
// between.
class go_test_chan : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(capacities, go_test_chan, testing::Values(0, 1, 2, 3, 7, 8, 9, 63, 64, 65, 199));

TEST_P(go_test_chan, a_receive_from_an_empty_channel_waits_and_a_try_does_not) {
  channel<int> ch(GetParam());
  std::atomic<int> received = 0;
  std::jthread one([&] { received += ch.receive().has_value(); });
  std::jthread two([&] { select(on_receive(ch, [&](auto got) { received += got.has_value(); })); });
  wait_until([&] { return ch.stats().waiting_receivers == 2; });
  EXPECT_EQ(received, 0);
  EXPECT_EQ(ch.try_receive(), std::unexpected(errc::empty));
  EXPECT_TRUE(ch.send(0));
  EXPECT_TRUE(ch.send(0));
  one.join();
  two.join();
  EXPECT_EQ(received, 2);
}

TEST_P(go_test_chan, a_send_to_a_full_channel_waits_and_a_try_does_not) {
  channel<int> ch(GetParam());
  for (int i = 0; i < static_cast<int>(ch.capacity()); ++i) ASSERT_TRUE(ch.try_send(i));
  std::atomic<bool> sent = false;
  std::jthread sending([&] { sent = ch.send(-1).has_value(); });
  wait_until([&] { return ch.stats().waiting_senders == 1; });
  EXPECT_FALSE(sent);
  EXPECT_EQ(ch.try_send(-2), std::unexpected(errc::full));
  EXPECT_TRUE(ch.receive());
  sending.join();
  EXPECT_TRUE(sent);
}

TEST_P(go_test_chan, what_was_queued_before_the_close_is_received_and_then_closed) {
  channel<int> ch(GetParam());
  const int capacity = static_cast<int>(ch.capacity());
  for (int i = 0; i < capacity; ++i) ASSERT_TRUE(ch.send(i));
  ch.close();
  for (int i = 0; i < capacity; ++i) EXPECT_EQ(ch.receive(), i);
  EXPECT_EQ(ch.receive(), std::unexpected(errc::closed));
  EXPECT_EQ(ch.try_receive(), std::unexpected(errc::closed));
}

TEST_P(go_test_chan, close_wakes_a_waiting_receive) {
  channel<int> ch(GetParam());
  std::jthread waiting([&] { EXPECT_EQ(ch.receive(), std::unexpected(errc::closed)); });
  wait_until([&] { return ch.stats().waiting_receivers == 1; });
  ch.close();
}

TEST_P(go_test_chan, a_hundred_values_arrive_in_the_order_they_were_sent) {
  channel<int> ch(GetParam());
  std::jthread sending([&] {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(ch.send(i));
  });
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ch.receive(), i);
}

TEST_P(go_test_chan, four_senders_and_four_receivers_lose_and_double_nothing) {
  constexpr int senders = 4, count = rounds(1000);
  channel<int> ch(GetParam());
  std::vector<std::atomic<int>> times(count);
  std::vector<std::jthread> threads;
  for (int s = 0; s < senders; ++s) {
    threads.emplace_back([&] {
      for (int i = 0; i < count; ++i) EXPECT_TRUE(ch.send(i));
    });
    threads.emplace_back([&] {
      for (int i = 0; i < count; ++i) ++times[static_cast<std::size_t>(ch.receive().value())];
    });
  }
  threads.clear();
  for (const auto& t : times) EXPECT_EQ(t, senders);
}

TEST_P(go_test_chan, the_size_goes_from_zero_to_the_capacity) {
  channel<int> ch(GetParam());
  EXPECT_EQ(ch.size(), 0u);
  EXPECT_EQ(ch.capacity(), GetParam());
  while (ch.try_send(0)) continue;
  EXPECT_EQ(ch.size(), GetParam());
  EXPECT_EQ(ch.capacity(), GetParam());
}

// A thread that runs one action a round, at the same time as the main thread runs another.
template <std::invocable<> F>
void in_a_race(int count, auto prepare, F other, auto mine) {
  std::atomic<int> started = 0, ended = 0;
  std::jthread thread([&] {
    for (int i = 1; i <= count; ++i) {
      wait_until([&] { return started == i; });
      other();
      ended = i;
    }
  });
  for (int i = 1; i <= count; ++i) {
    prepare();
    started = i;
    mine();
    wait_until([&] { return ended == i; });
  }
}

// Asserts what TestNonblockRecvRace asserts: what is queued, or the close after it, makes a try ready at any
// moment.
TEST(go_nonblock_recv_race, a_try_is_ready_while_a_value_is_queued_or_the_channel_closed) {
  std::optional<channel<int>> ch;
  in_a_race(
      rounds(10'000),
      [&] {
        ch.emplace(1);
        ASSERT_TRUE(ch->send(1));
      },
      [&] { EXPECT_NE(ch->try_receive(), std::unexpected(errc::empty)); },
      [&] {
        ch->close();
        (void)ch->receive();
      });
}

std::size_t receive_from_either(channel<int>& a, channel<int>& b) {
  return select(on_receive(a, ignore), on_receive(b, ignore), otherwise(ignore));
}

// Asserts what TestNonblockSelectRace asserts: when at each moment one of two channels is ready, a select
// finds one.
TEST(go_nonblock_select_race, a_select_sees_all_its_channels_at_one_moment) {
  std::optional<channel<int>> first, second;
  in_a_race(
      rounds(20'000),
      [&] {
        first.emplace(1);
        second.emplace(1);
        ASSERT_TRUE(first->send(1));
      },
      [&] { EXPECT_NE(receive_from_either(*first, *second), 2u) << "no channel was found ready"; },
      [&] {
        EXPECT_TRUE(second->send(1));
        (void)first->try_receive();
      });
}

// Asserts what TestNonblockSelectRace2 asserts.
TEST(go_nonblock_select_race, a_select_sees_a_close_and_a_value_at_one_moment) {
  std::optional<channel<int>> first, second;
  in_a_race(
      rounds(20'000),
      [&] {
        first.emplace(1);
        second.emplace(0);
        ASSERT_TRUE(first->send(1));
      },
      [&] { EXPECT_NE(receive_from_either(*first, *second), 2u) << "no channel was found ready"; },
      [&] {
        second->close();
        (void)first->try_receive();
      });
}

// Asserts what TestSelfSelect asserts: two threads select to send and to receive on one channel and never
// meet themselves, whatever the order of the cases.
TEST(go_self_select, two_selects_on_one_channel_pair_with_each_other_only) {
  for (std::size_t capacity : {0u, 10u}) {
    channel<int> ch(capacity);
    const auto play = [&](int me) {
      const auto check = [&](result<int> got) {
        ASSERT_TRUE(got);
        if (capacity == 0) {
          EXPECT_NE(*got, me) << "received from itself";
        }
      };
      for (int i = 0; i < rounds(1000); ++i) {
        if (me == 0 || i % 2 == 0) {
          select(on_send(ch, me, ignore), on_receive(ch, check));
        } else {
          select(on_receive(ch, check), on_send(ch, me, ignore));
        }
      }
    };
    together([&] { play(0); }, [&] { play(1); });
  }
}

// Asserts what TestSelectStress asserts: four plain senders, four plain receivers, a select that sends and a
// select that receives, over capacities 0, 0, 2 and 3, come to their end.
TEST(go_select_stress, plain_operations_and_selects_in_chaos_do_not_deadlock) {
  const int count = rounds(20'000);
  std::array<channel<int>, 4> ch{channel<int>(0), channel<int>(0), channel<int>(2), channel<int>(3)};
  std::vector<std::jthread> threads;
  for (auto& c : ch) {
    threads.emplace_back([&] {
      for (int i = 0; i < count; ++i) EXPECT_TRUE(c.send(0));
    });
    threads.emplace_back([&] {
      for (int i = 0; i < count; ++i) EXPECT_TRUE(c.receive());
    });
  }
  const auto until_all_moved = [&](auto make_case) {
    std::array<int, 4> moved{};
    for (int total = 0; total < 4 * count; ++total) {
      std::vector<any_case> cases;
      for (std::size_t i = 0; i < ch.size(); ++i) {
        if (moved[i] < count) cases.push_back(make_case(ch[i], moved[i]));
      }
      select(std::span(cases));
    }
  };
  const int zero = 0;
  threads.emplace_back([&] {
    until_all_moved(
        [&](channel<int>& c, int& n) { return any_case(on_send(c, zero, [&n](result<>) { ++n; })); });
  });
  threads.emplace_back([&] {
    until_all_moved(
        [&](channel<int>& c, int& n) { return any_case(on_receive(c, [&n](result<int>) { ++n; })); });
  });
  threads.clear();
  for (auto& c : ch) EXPECT_EQ(c.size(), 0u);
}

// Asserts what TestSelectFairness asserts, with its bound of ten standard deviations.
TEST(go_select_fairness, two_ready_channels_are_chosen_about_equally_often) {
  constexpr int trials = rounds(10'000);
  channel<char> first(trials + 1), second(trials + 1), quiet(0), silent(0);
  for (int i = 0; i <= trials; ++i) {
    ASSERT_TRUE(first.send(1));
    ASSERT_TRUE(second.send(2));
  }
  int firsts = 0;
  for (int i = 0; i < trials; ++i) {
    select(on_receive(quiet, fail_if_run), on_receive(silent, fail_if_run),
           on_receive(first, [&](auto) { ++firsts; }), on_receive(second, ignore));
  }
  EXPECT_LT(std::abs(firsts - trials / 2.0), 10 * std::sqrt(trials * 0.25));
}

// Asserts what TestPseudoRandomSend asserts: of two sends on one channel in one select, each is chosen now
// and then.
TEST(go_pseudo_random_send, two_sends_on_one_channel_are_both_chosen) {
  constexpr int count = 200;
  for (std::size_t capacity : {0u, 200u}) {
    channel<int> ch(capacity);
    int ones = 0;
    together(
        [&] {
          for (int i = 0; i < count; ++i) {
            std::this_thread::yield();
            ones += ch.receive().value();
          }
        },
        [&] {
          for (int i = 0; i < count; ++i) select(on_send(ch, 1, ignore), on_send(ch, 0, ignore));
        });
    EXPECT_GT(ones, count / 10);
    EXPECT_LT(ones, count - count / 10);
  }
}

// Asserts what TestSelectDuplicateChannel asserts: a select that waits twice on one channel leaves its line
// of waiters whole when a third case runs.
TEST(go_select_duplicate_channel, a_select_that_waited_twice_on_a_channel_does_not_hide_who_waits_behind_it) {
  channel<int> twice(0), once(0), done(0);
  std::jthread first([&] {
    EXPECT_EQ(
        select(on_receive(twice, fail_if_run), on_receive(twice, fail_if_run), on_receive(once, ignore)), 2u);
    EXPECT_TRUE(done.send(9));
  });
  wait_until([&] { return once.stats().waiting_receivers == 1; });
  const auto before = twice.stats().waiting_receivers;
  std::jthread second([&] { EXPECT_EQ(twice.receive(), 8); });
  wait_until([&] { return twice.stats().waiting_receivers == before + 1; });
  EXPECT_TRUE(once.send(7));
  EXPECT_EQ(done.receive(), 9);
  EXPECT_TRUE(twice.send(8));
}

// Asserts what TestMultiConsumer asserts: 23 workers pass on what one feeder sends, until it closes.
TEST(go_multi_consumer, count_and_sum_survive_many_workers_between_two_channels) {
  constexpr int workers = 23;
  const int count = rounds(271'828);
  constexpr std::array numbers{2, 3, 7, 11, 13, 17, 19, 23, 27, 31};
  channel<int> work(workers * 3), done(workers * 3);
  long expected = 0, sum = 0, seen = 0;
  std::jthread feeder([&] {
    std::vector<std::jthread> crew;
    for (std::size_t w = 0; w < workers; ++w) {
      crew.emplace_back([&, slow_on = numbers[w % numbers.size()]] {
        for (int v : work) {
          if (v == slow_on) std::this_thread::yield();
          EXPECT_TRUE(done.send(v));
        }
      });
    }
    for (int i = 0; i < count; ++i) {
      const int v = numbers[static_cast<std::size_t>(i) % numbers.size()];
      expected += v;
      EXPECT_TRUE(work.send(v));
    }
    work.close();
    crew.clear();
    done.close();
  });
  for (int v : done) {
    ++seen;
    sum += v;
  }
  feeder.join();
  EXPECT_EQ(seen, count);
  EXPECT_EQ(sum, expected);
}

}  // namespace
}  // namespace weir::suites
