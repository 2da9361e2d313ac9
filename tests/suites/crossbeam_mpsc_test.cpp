// What crossbeam-channel's tests/mpsc.rs asserts, which are the tests of Rust's std::sync::mpsc: ends that go
// in every order, one value in every order of send, receive and close, and many senders on one receiver.
// Their twin modules for asynchronous and synchronous channels are one test here, at capacity 0, 1 and 100;
// test names of theirs that assert the same are given together.
#include "suite.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>

namespace weir::suites {
namespace {

using namespace std::chrono_literals;

using boxed = std::unique_ptr<int>;

template <class End>
void drop(End& end) {
  [[maybe_unused]] auto gone = std::move(end);
}

class crossbeam_mpsc : public testing::TestWithParam<std::size_t> {
 protected:
  template <class T = int>
  channel_ends<T> make() const {
    return make_channel<T>(GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(capacities, crossbeam_mpsc, testing::Values(0, 1, 100));

// smoke, smoke_shared, smoke_threads, send1
TEST_P(crossbeam_mpsc, a_value_comes_through_from_a_sender_and_from_its_copy) {
  auto [tx, rx] = make();
  std::jthread first([my_tx = tx]() mutable { EXPECT_TRUE(my_tx.send(1)); });
  EXPECT_EQ(rx.receive(), 1);
  std::jthread second([&] { EXPECT_TRUE(tx.send(2)); });
  EXPECT_EQ(rx.receive(), 2);
}

// smoke_port_gone, smoke_shared_port_gone, smoke_shared_port_gone2, oneshot_single_thread_send_port_close,
// oneshot_single_thread_try_send_closed, try_send3, issue_32114
TEST_P(crossbeam_mpsc, sends_answer_closed_when_the_receiver_has_gone_and_keep_their_value) {
  auto [tx, rx] = make<boxed>();
  drop(rx);
  auto copy = tx;
  drop(tx);
  auto value = std::make_unique<int>(123);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(copy.send(std::move(value)), std::unexpected(errc::closed));
    EXPECT_EQ(copy.try_send(std::move(value)), std::unexpected(errc::closed));
  }
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 123);
}

// smoke_chan_gone, smoke_chan_gone_shared, oneshot_single_thread_recv_chan_close, ..._try_recv_closed,
// ..._peek_close
TEST_P(crossbeam_mpsc, receives_answer_closed_when_the_last_copy_of_the_sender_has_gone) {
  auto [tx, rx] = make();
  auto copy = tx;
  drop(tx);
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::empty)) << "a copy is left";
  drop(copy);
  EXPECT_EQ(rx.receive(), std::unexpected(errc::closed));
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::closed));
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::closed));
}

// drop_full, drop_full_shared, oneshot_single_thread_close_port_first, ..._close_chan_first
TEST_P(crossbeam_mpsc, ends_go_in_either_order_with_or_without_a_value_queued) {
  for (bool sender_first : {true, false}) {
    for (bool queued : {true, false}) {
      auto [tx, rx] = make<boxed>();
      {
        auto copy = tx;
      }
      if (queued && GetParam() > 0) {
        EXPECT_TRUE(tx.send(std::make_unique<int>(1)));
      }
      if (sender_first) {
        drop(tx);
        drop(rx);
      } else {
        drop(rx);
        drop(tx);
      }
    }
  }
}

// port_gone_concurrent, port_gone_concurrent_shared
TEST_P(crossbeam_mpsc, senders_go_on_until_the_receiver_has_gone) {
  auto [tx, rx] = make();
  auto copy = tx;
  std::jthread receiving([my_rx = std::move(rx)]() mutable { EXPECT_TRUE(my_rx.receive()); });
  while (tx.send(1) && copy.send(1)) continue;
  EXPECT_EQ(tx.send(1), std::unexpected(errc::closed));
}

// chan_gone_concurrent
TEST_P(crossbeam_mpsc, a_receiver_goes_on_until_the_sender_has_gone) {
  auto [tx, rx] = make();
  std::jthread sending([my_tx = std::move(tx)]() mutable {
    EXPECT_TRUE(my_tx.send(1));
    EXPECT_TRUE(my_tx.send(1));
  });
  int received = 0;
  while (rx.receive()) ++received;
  EXPECT_EQ(received, 2);
}

// stress, stress_shared, recv_from_outside_runtime
TEST_P(crossbeam_mpsc, eight_senders_share_a_receiver_that_then_finds_nothing) {
  const int count = rounds(2'000);
  auto [tx, rx] = make();
  std::vector<std::jthread> senders;
  for (int s = 0; s < 8; ++s) {
    senders.emplace_back([&, my_tx = tx]() mutable {
      for (int i = 0; i < count; ++i) EXPECT_TRUE(my_tx.send(1));
    });
  }
  for (int i = 0; i < 8 * count; ++i) ASSERT_EQ(rx.receive(), 1);
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::empty));
}

// send_from_outside_runtime, no_runtime
TEST_P(crossbeam_mpsc, two_threads_answer_each_other_over_two_channels) {
  channel<int> there(GetParam()), back(GetParam());
  together(
      [&] {
        for (int i = 0; i < 40; ++i) {
          EXPECT_EQ(there.receive(), i);
          EXPECT_TRUE(back.send(-i));
        }
      },
      [&] {
        for (int i = 0; i < 40; ++i) {
          EXPECT_TRUE(there.send(i));
          EXPECT_EQ(back.receive(), -i);
        }
      });
}

// oneshot_single_thread_send_then_recv, ..._try_send_open, ..._try_send_closed2, ..._try_recv_open,
// ..._peek_data, ..._peek_open, ..._try_recv_closed_with_data, try_send1, try_send2
TEST_P(crossbeam_mpsc, tries_alone_fill_and_empty_the_channel_exactly) {
  auto [tx, rx] = make<boxed>();
  EXPECT_EQ(rx.try_receive().error(), errc::empty);
  for (std::size_t i = 0; i < GetParam(); ++i) EXPECT_TRUE(tx.try_send(std::make_unique<int>(10)));
  auto kept = std::make_unique<int>(11);
  EXPECT_EQ(tx.try_send(std::move(kept)), std::unexpected(errc::full));
  EXPECT_TRUE(kept);
  drop(tx);
  for (std::size_t i = 0; i < GetParam(); ++i) EXPECT_EQ(*rx.try_receive().value(), 10);
  EXPECT_EQ(rx.try_receive().error(), errc::closed);
}

// oneshot_multi_task_recv_then_send, oneshot_multi_thread_send_recv_stress
TEST_P(crossbeam_mpsc, a_receive_before_the_send_gets_the_value) {
  for (int i = 0; i < rounds(200); ++i) {
    auto [tx, rx] = make<boxed>();
    std::jthread receiving([&] { EXPECT_EQ(*rx.receive().value(), 10); });
    EXPECT_TRUE(tx.send(std::make_unique<int>(10)));
  }
}

// oneshot_multi_task_recv_then_close, oneshot_multi_thread_recv_close_stress
TEST_P(crossbeam_mpsc, a_receive_in_a_race_with_the_end_of_the_sender_answers_closed) {
  for (int i = 0; i < rounds(200); ++i) {
    auto [tx, rx] = make();
    together(
        [my_tx = std::move(tx)]() mutable { drop(my_tx); },
        [my_rx = std::move(rx)]() mutable { EXPECT_EQ(my_rx.receive(), std::unexpected(errc::closed)); });
  }
}

// oneshot_multi_thread_close_stress
TEST_P(crossbeam_mpsc, both_ends_may_go_at_the_same_time) {
  for (int i = 0; i < rounds(200); ++i) {
    auto [tx, rx] = make<boxed>();
    if (GetParam() > 0) {
      EXPECT_TRUE(tx.send(std::make_unique<int>(1)));
    }
    together([my_tx = std::move(tx)]() mutable { drop(my_tx); },
             [my_rx = std::move(rx)]() mutable { drop(my_rx); });
  }
}

// oneshot_multi_thread_send_close_stress, send2, send3, send4
TEST_P(crossbeam_mpsc, a_send_in_a_race_with_the_end_of_the_receiver_returns_and_nothing_leaks) {
  for (int i = 0; i < rounds(200); ++i) {
    auto [tx, rx] = make<std::shared_ptr<int>>();
    auto value = std::make_shared<int>(1);
    std::weak_ptr<int> watched = value;
    bool accepted = false;
    together([my_rx = std::move(rx)]() mutable { drop(my_rx); },
             [&, my_tx = std::move(tx)]() mutable { accepted = my_tx.send(std::move(value)).has_value(); });
    EXPECT_EQ(accepted, watched.expired()) << "accepted: destroyed with the channel; refused: still here";
    EXPECT_EQ(accepted, value == nullptr);
  }
}

// stream_send_recv_stress
TEST_P(crossbeam_mpsc, each_value_may_come_from_and_go_to_another_thread) {
  auto [first_tx, first_rx] = make<boxed>();
  const std::function<void(sender<boxed>, int)> send_from = [&](sender<boxed> tx, int i) {
    if (i == 10) return;
    EXPECT_TRUE(tx.send(std::make_unique<int>(i)));
    std::jthread next(send_from, std::move(tx), i + 1);
  };
  const std::function<void(receiver<boxed>, int)> receive_from = [&](receiver<boxed> rx, int i) {
    if (i == 10) return;
    EXPECT_EQ(*rx.receive().value(), i);
    std::jthread next(receive_from, std::move(rx), i + 1);
  };
  std::jthread sending(send_from, std::move(first_tx), 0), receiving(receive_from, std::move(first_rx), 0);
}

// recv_timeout, oneshot_single_thread_recv_timeout, shared_recv_timeout, recv_timeout_upgrade
TEST_P(crossbeam_mpsc, a_bounded_receive_takes_its_time_and_works_again_after_it) {
  auto [tx, rx] = make();
  auto copy = tx;
  const auto start = clock::now();
  EXPECT_EQ(rx.receive_for(2ms), std::unexpected(errc::timed_out));
  EXPECT_GE(clock::now() - start, 2ms);
  std::jthread sending([&] { EXPECT_TRUE(copy.send(1)); });
  EXPECT_EQ(rx.receive_for(1h), 1);
  EXPECT_EQ(rx.receive_for(0s), std::unexpected(errc::timed_out));
}

// stress_recv_timeout_two_threads, stress_recv_timeout_shared
TEST_P(crossbeam_mpsc, bounded_receives_count_everything_that_many_senders_send) {
  const int count = rounds(500);
  auto [tx, rx] = make();
  std::vector<std::jthread> senders;
  for (int s = 0; s < 8; ++s) {
    senders.emplace_back([&, my_tx = tx]() mutable {
      for (int i = 0; i < count; ++i) {
        if (i % 100 == 0) std::this_thread::sleep_for(1ms);  // longer than the receiver waits
        EXPECT_TRUE(my_tx.send(1));
      }
    });
  }
  drop(tx);
  int received = 0;
  for (auto got = rx.receive_for(200us); got != std::unexpected(errc::closed); got = rx.receive_for(200us)) {
    received += got.value_or(0);
  }
  EXPECT_EQ(received, 8 * count);
}

// recv_a_lot
TEST(crossbeam_mpsc_alone, a_channel_is_filled_with_ten_thousand_values_and_emptied) {
  channel<unit> ch(10'000);
  while (ch.try_send(unit{})) continue;
  EXPECT_EQ(ch.size(), 10'000u);
  while (ch.try_receive()) continue;
  EXPECT_EQ(ch.size(), 0u);
}

// shared_chan_stress
TEST_P(crossbeam_mpsc, a_hundred_threads_send_one_value_each) {
  auto [tx, rx] = make();
  std::vector<std::jthread> senders;
  for (int s = 0; s < 100; ++s) {
    senders.emplace_back([my_tx = tx]() mutable { EXPECT_TRUE(my_tx.send(1)); });
  }
  for (int s = 0; s < 100; ++s) EXPECT_EQ(rx.receive(), 1);
}

// destroy_upgraded_shared_port_when_sender_still_active
TEST_P(crossbeam_mpsc, a_receiver_that_goes_after_its_value_leaves_an_active_sender_alone) {
  auto [tx, rx] = make();
  std::jthread receiving([my_rx = std::move(rx)]() mutable {
    EXPECT_TRUE(my_rx.receive());
    drop(my_rx);
  });
  wait_until([&] { return tx.stats().waiting_receivers == 1; });
  auto copy = tx;
  drop(tx);
  EXPECT_TRUE(copy.send(1));
  receiving.join();
  EXPECT_EQ(copy.send(1), std::unexpected(errc::closed));
}

// try_recv_states
TEST(crossbeam_mpsc_alone, a_try_sees_each_state_as_another_thread_brings_it_about) {
  auto [tx, rx] = make_channel<int>(1);
  channel<unit> go(1), done(1);
  std::jthread other([&, my_tx = std::move(tx)]() mutable {
    EXPECT_TRUE(go.receive());
    EXPECT_TRUE(my_tx.send(1));
    EXPECT_TRUE(done.send(unit{}));
    EXPECT_TRUE(go.receive());
    drop(my_tx);
    EXPECT_TRUE(done.send(unit{}));
  });
  const auto let_it = [&] { return go.send(unit{}) && done.receive(); };
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::empty));
  EXPECT_TRUE(let_it());
  EXPECT_EQ(rx.try_receive(), 1);
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::empty));
  EXPECT_TRUE(let_it());
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::closed));
}

// issue_15761
TEST(crossbeam_mpsc_alone, a_try_to_send_from_a_thread_that_just_received_succeeds) {
  for (int i = 0; i < rounds(200); ++i) {
    channel<unit> there(3), back(3);
    std::jthread other([&] {
      EXPECT_TRUE(there.receive());
      EXPECT_TRUE(back.try_send(unit{}));
    });
    EXPECT_TRUE(there.try_send(unit{}));
    EXPECT_TRUE(back.receive());
  }
}

}  // namespace
}  // namespace weir::suites
