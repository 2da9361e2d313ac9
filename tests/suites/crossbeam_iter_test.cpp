// What crossbeam-channel's tests/iter.rs, thread_locals.rs and the part of mpsc.rs on iteration and select
// assert. tests/same_channel.rs asks ends whether they belong together, tests/ready.rs for readiness without
// an operation, tests/after.rs, tick.rs and never.rs for channels that are timers: weir has none of these.
#include "suite.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>

namespace weir::suites {
namespace {

using namespace std::chrono_literals;

class crossbeam_iter : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(capacities, crossbeam_iter, testing::Values(0, 1, 100));

// nested_recv_iter, test_nested_recv_iter
TEST_P(crossbeam_iter, a_loop_over_a_receiver_ends_with_the_last_sender) {
  auto [tx, rx] = make_channel<int>(GetParam());
  int sum = 0;
  std::jthread summing([&, my_rx = std::move(rx)]() mutable {
    for (int x : my_rx) sum += x;
  });
  for (int x : {3, 1, 2}) EXPECT_TRUE(tx.send(x));
  {
    auto gone = std::move(tx);
  }
  summing.join();
  EXPECT_EQ(sum, 6);
}

// recv_iter_break, test_recv_iter_break
TEST_P(crossbeam_iter, a_loop_that_breaks_has_taken_what_it_saw_and_no_more) {
  auto [tx, rx] = make_channel<int>(GetParam());
  std::jthread sending([&] {
    for (int x : {2, 2, 2, 2}) (void)tx.send(x);
  });
  int count = 0;
  for (int x : rx) {
    if (count >= 3) break;
    count += x;
  }
  EXPECT_EQ(count, 4);
  EXPECT_EQ(rx.receive(), 2) << "the fourth is still to come";
}

// recv_into_iter_borrowed
TEST_P(crossbeam_iter, a_second_loop_over_a_drained_channel_is_empty) {
  channel<int> ch(GetParam());
  std::jthread sending([&] {
    EXPECT_TRUE(ch.send(1));
    EXPECT_TRUE(ch.send(2));
    ch.close();
  });
  std::vector<int> seen;
  for (int x : ch) seen.push_back(x);
  EXPECT_EQ(seen, (std::vector{1, 2}));
  EXPECT_TRUE(ch.begin() == ch.end());
}

// recv_into_iter_owned: the loop may own the end, and elements that only move are moved out of it.
TEST_P(crossbeam_iter, a_loop_may_own_its_receiver_and_move_the_elements_out) {
  auto [tx, rx] = make_channel<std::unique_ptr<int>>(GetParam());
  std::jthread sending([my_tx = std::move(tx)]() mutable {
    for (int x : {1, 2, 3}) EXPECT_TRUE(my_tx.send(std::make_unique<int>(x)));
  });
  std::vector<std::unique_ptr<int>> kept;
  for (auto owned = std::move(rx); auto& x : owned) kept.push_back(std::move(x));
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(*kept[0] + *kept[1] * 10 + *kept[2] * 100, 321);
}

// recv_try_iter, test_recv_try_iter: taking what is there, without waiting, never takes more than that.
TEST_P(crossbeam_iter, taking_what_is_there_takes_all_of_it_and_does_not_wait) {
  channel<int> ch(GetParam());
  int sent = 0;
  while (ch.try_send(2)) ++sent;
  std::vector<int> out(200);
  EXPECT_EQ(ch.receive_some(std::span(out)), static_cast<std::size_t>(sent));
  EXPECT_EQ(std::accumulate(out.begin(), out.end(), 0), 2 * sent);
  EXPECT_EQ(ch.receive_some(std::span(out)), 0u);
}

// mpsc.rs, select_tests: smoke, smoke2, closed, preflight1 to preflight9, ..._data_waiting, sync1, sync2
TEST_P(crossbeam_iter, a_select_that_starts_or_waits_finds_values_and_the_end) {
  auto [tx, rx] = make_channel<int>(GetParam());
  auto [idle_tx, idle_rx] = make_channel<int>(GetParam());
  std::jthread sending([&, my_tx = std::move(tx)]() mutable {
    auto copy = my_tx;
    EXPECT_TRUE(my_tx.send(0));
    wait_until([&] { return rx.stats().waiting_receivers == 1; });  // the next finds a select that waits
    {
      auto gone = std::move(my_tx);
    }
    EXPECT_TRUE(copy.send(1));
  });
  for (int expected : {0, 1}) {
    EXPECT_EQ(select(on_receive(idle_rx, fail_if_run),
                     on_receive(rx, [&](result<int> got) { EXPECT_EQ(got, expected); })),
              1u);
  }
  EXPECT_EQ(select(on_receive(rx, [](result<int> got) { EXPECT_EQ(got, std::unexpected(errc::closed)); }),
                   on_receive(idle_rx, fail_if_run)),
            0u);
}

// mpsc.rs, select_tests: stress, sync3
TEST_P(crossbeam_iter, a_select_over_two_channels_takes_all_of_both_in_their_order) {
  const int count = rounds(5'000);
  channel<int> even(GetParam()), odd(GetParam());
  std::jthread evens([&] {
    for (int i = 0; i < count; ++i) EXPECT_TRUE(even.send(2 * i));
  });
  std::jthread odds([&] {
    for (int i = 0; i < count; ++i) EXPECT_TRUE(odd.send(2 * i + 1));
  });
  int next_even = 0, next_odd = 1;
  const auto expect_next = [](int& next) {
    return [&next](result<int> got) {
      EXPECT_EQ(got, next);
      next += 2;
    };
  };
  for (int i = 0; i < 2 * count; ++i)
    select(on_receive(even, expect_next(next_even)), on_receive(odd, expect_next(next_odd)));
  EXPECT_EQ(next_even, 2 * count);
  EXPECT_EQ(next_odd, 2 * count + 1);
}

// Waits in a channel and in a select when its thread ends, after what the channel keeps for the thread may
// have gone.
struct waits_at_the_end_of_its_thread {
  channel<int>* partner = nullptr;
  ~waits_at_the_end_of_its_thread() {
    if (partner == nullptr) return;
    channel<unit> quiet(1);
    EXPECT_EQ(quiet.receive_for(1ms), std::unexpected(errc::timed_out));
    EXPECT_EQ(select(on_receive(quiet, fail_if_run), on_timeout(1ms, ignore)), 1u);
    EXPECT_TRUE(partner->send(42));
  }
};

// thread_locals.rs: use_while_exiting
TEST(crossbeam_thread_locals, waiting_works_in_a_thread_local_destructor_while_the_thread_ends) {
  channel<int> ch(0), begin(0);
  std::jthread ending([&] {
    thread_local waits_at_the_end_of_its_thread last;
    last.partner = &ch;
    EXPECT_TRUE(begin.receive());  // after `last` was made: what a wait sets up is destroyed before it
  });
  EXPECT_TRUE(begin.send(0));
  EXPECT_EQ(ch.receive(), 42);
}

}  // namespace
}  // namespace weir::suites
