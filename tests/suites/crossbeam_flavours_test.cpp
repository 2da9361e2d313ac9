// What crossbeam-channel's tests/array.rs, list.rs and zero.rs assert of sends and receives, one test for all
// flavours: each runs at capacity 0 (rendezvous), 1, 3 and 100. Where theirs let time pass for a partner to
// wait, these look until it does. Their unbounded channel has no counterpart; a capacity nobody fills stands
// for it. Loads are in crossbeam_stress_test.cpp.
#include "suite.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

namespace weir::suites {
namespace {

using namespace std::chrono_literals;

class crossbeam_flavour : public testing::TestWithParam<std::size_t> {
 protected:
  bool rendezvous() const { return GetParam() == 0; }
  channel_ends<int> make() const { return make_channel<int>(GetParam()); }

  // Sends what fits without waiting, and says how many.
  static int fill(sender<int>& tx) {
    int sent = 0;
    while (tx.try_send(sent)) ++sent;
    return sent;
  }
  template <class End>
  static auto senders_wait(const End& end, std::size_t n = 1) {
    return [&end, n] { return end.stats().waiting_senders == n; };
  }
  template <class End>
  static auto receivers_wait(const End& end, std::size_t n = 1) {
    return [&end, n] { return end.stats().waiting_receivers == n; };
  }
};
INSTANTIATE_TEST_SUITE_P(capacities, crossbeam_flavour, testing::Values(0, 1, 3, 100));

// smoke
TEST_P(crossbeam_flavour, a_value_comes_through_and_then_there_is_nothing) {
  auto [tx, rx] = make();
  for (int value : {7, 8}) {
    std::jthread sending([&] { EXPECT_TRUE(tx.send(value)); });
    EXPECT_EQ(rx.receive(), value);
  }
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::empty));
  EXPECT_EQ(rx.receive_for(1ms), std::unexpected(errc::timed_out));
}

// capacity
TEST_P(crossbeam_flavour, both_ends_know_the_capacity) {
  auto [tx, rx] = make();
  EXPECT_EQ(tx.capacity(), GetParam());
  EXPECT_EQ(rx.capacity(), GetParam());
}

// len_empty_full
TEST_P(crossbeam_flavour, the_size_counts_what_is_queued_on_both_ends) {
  auto [tx, rx] = make();
  for (std::size_t n = 0; n < GetParam(); ++n) {
    EXPECT_EQ(tx.size(), n);
    EXPECT_EQ(rx.size(), n);
    EXPECT_TRUE(tx.send(0));
  }
  EXPECT_EQ(tx.size(), GetParam());
  EXPECT_EQ(tx.try_send(0), std::unexpected(errc::full));
  for (std::size_t n = GetParam(); n > 0; --n) {
    EXPECT_EQ(rx.size(), n);
    EXPECT_TRUE(rx.receive());
  }
  EXPECT_EQ(rx.size(), 0u);
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::empty));
}

// len
TEST_P(crossbeam_flavour, the_size_never_leaves_its_bounds_while_both_sides_work) {
  auto [tx, rx] = make();
  const int count = rounds(10'000);
  together(
      [&] {
        for (int i = 0; i < count; ++i) {
          EXPECT_TRUE(tx.send(i));
          EXPECT_LE(tx.size(), GetParam());
        }
      },
      [&] {
        for (int i = 0; i < count; ++i) {
          EXPECT_EQ(rx.receive(), i);
          EXPECT_LE(rx.size(), GetParam());
        }
      });
  EXPECT_EQ(tx.size(), 0u);
}

// try_recv
TEST_P(crossbeam_flavour, a_try_to_receive_answers_empty_then_the_value_then_closed) {
  auto [tx, rx] = make();
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::empty));
  std::jthread sending([&] { EXPECT_TRUE(tx.send(7)); });
  if (rendezvous()) {
    wait_until(senders_wait(rx));
  } else {
    sending.join();
  }
  EXPECT_EQ(rx.try_receive(), 7);
  if (sending.joinable()) sending.join();
  {
    auto gone = std::move(tx);
  }
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::closed));
}

// recv
TEST_P(crossbeam_flavour, a_receive_waits_for_values_and_ends_with_the_last_sender) {
  auto [tx, rx] = make();
  std::jthread receiving([&] {
    for (int expected : {7, 8, 9}) EXPECT_EQ(rx.receive(), expected);
    EXPECT_EQ(rx.receive(), std::unexpected(errc::closed));
  });
  wait_until(receivers_wait(tx));
  for (int value : {7, 8, 9}) EXPECT_TRUE(tx.send(value));
  auto gone = std::move(tx);
}

// recv_timeout
TEST_P(crossbeam_flavour, a_bounded_receive_times_out_then_gets_the_value_then_closed) {
  auto [tx, rx] = make();
  EXPECT_EQ(rx.receive_for(1ms), std::unexpected(errc::timed_out));
  std::jthread sending([my_tx = std::move(tx)]() mutable { EXPECT_TRUE(my_tx.send(7)); });
  EXPECT_EQ(rx.receive_for(1h), 7);
  EXPECT_EQ(rx.receive_for(1h), std::unexpected(errc::closed));
}

// recv_timeout_nonempty_expired
TEST_P(crossbeam_flavour, a_deadline_that_has_passed_still_takes_what_is_there) {
  auto [tx, rx] = make();
  for (bool by_deadline : {true, false}) {
    std::jthread sending([&] { EXPECT_TRUE(tx.send(7)); });
    if (rendezvous()) {
      wait_until(senders_wait(rx));
    } else {
      sending.join();
    }
    EXPECT_EQ(by_deadline ? rx.receive_until(time_point{}) : rx.receive_for(-1s), 7);
  }
  EXPECT_EQ(rx.receive_until(time_point{}), std::unexpected(errc::timed_out));
}

// try_send
TEST_P(crossbeam_flavour, a_try_to_send_answers_full_then_succeeds_for_a_receiver_then_closed) {
  auto [tx, rx] = make();
  EXPECT_EQ(fill(tx), static_cast<int>(GetParam()));
  EXPECT_EQ(tx.try_send(-1), std::unexpected(errc::full));
  if (rendezvous()) {
    std::jthread receiving([&] { EXPECT_EQ(rx.receive(), 3); });
    wait_until(receivers_wait(tx));
    EXPECT_TRUE(tx.try_send(3));
  } else {
    EXPECT_EQ(rx.receive(), 0);
    EXPECT_TRUE(tx.try_send(3));
  }
  {
    auto gone = std::move(rx);
  }
  EXPECT_EQ(tx.try_send(4), std::unexpected(errc::closed));
}

// send
TEST_P(crossbeam_flavour, a_send_waits_for_room) {
  auto [tx, rx] = make();
  const int fitted = fill(tx);
  std::atomic<bool> sent = false;
  std::jthread sending([&] {
    EXPECT_TRUE(tx.send(fitted));
    sent = true;
  });
  wait_until(senders_wait(rx));
  EXPECT_FALSE(sent);
  for (int expected = 0; expected <= fitted; ++expected) EXPECT_EQ(rx.receive(), expected);
}

// send_timeout
TEST_P(crossbeam_flavour, a_bounded_send_times_out_then_finds_room_then_closed) {
  auto [tx, rx] = make();
  const int fitted = fill(tx);
  EXPECT_EQ(tx.send_for(-1, 1ms), std::unexpected(errc::timed_out));
  EXPECT_EQ(tx.send_until(-1, time_point{}), std::unexpected(errc::timed_out));
  std::jthread receiving([&] {
    for (int expected = 0; expected <= fitted; ++expected) EXPECT_EQ(rx.receive(), expected);
    auto gone = std::move(rx);
  });
  EXPECT_TRUE(tx.send_for(fitted, 1h));
  receiving.join();
  EXPECT_EQ(tx.send_for(-2, 1h), std::unexpected(errc::closed));
}

// send_after_disconnect
TEST_P(crossbeam_flavour, every_send_after_the_last_receiver_has_gone_answers_closed_and_keeps_its_value) {
  auto [tx, rx] = make_channel<std::unique_ptr<int>>(GetParam());
  {
    auto gone = std::move(rx);
  }
  auto value = std::make_unique<int>(4);
  EXPECT_EQ(tx.send(std::move(value)), std::unexpected(errc::closed));
  EXPECT_EQ(tx.try_send(std::move(value)), std::unexpected(errc::closed));
  EXPECT_EQ(tx.send_for(std::move(value), 1h), std::unexpected(errc::closed));
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 4);
}

// recv_after_disconnect
TEST_P(crossbeam_flavour, what_was_queued_is_received_after_the_last_sender_has_gone) {
  auto [tx, rx] = make();
  const int fitted = fill(tx);
  {
    auto gone = std::move(tx);
  }
  for (int expected = 0; expected < fitted; ++expected) EXPECT_EQ(rx.receive(), expected);
  EXPECT_EQ(rx.receive(), std::unexpected(errc::closed));
  EXPECT_EQ(rx.receive_for(1h), std::unexpected(errc::closed));
}

// disconnect_wakes_sender
TEST_P(crossbeam_flavour, the_last_receiver_wakes_the_waiting_senders_when_it_goes) {
  auto [tx, rx] = make();
  fill(tx);
  std::jthread one([&] { EXPECT_EQ(tx.send(1), std::unexpected(errc::closed)); });
  std::jthread two([&] { EXPECT_EQ(tx.send_for(2, 1h), std::unexpected(errc::closed)); });
  wait_until(senders_wait(tx, 2));
  auto gone = std::move(rx);
}

// disconnect_wakes_receiver
TEST_P(crossbeam_flavour, the_last_sender_wakes_the_waiting_receivers_when_it_goes) {
  auto [tx, rx] = make();
  std::jthread one([&] { EXPECT_EQ(rx.receive(), std::unexpected(errc::closed)); });
  std::jthread two([&] { EXPECT_EQ(rx.receive_for(1h), std::unexpected(errc::closed)); });
  wait_until(receivers_wait(rx, 2));
  auto gone = std::move(tx);
}

// recv_in_send: the value to send may come from the same channel. Ours is made before the select and not
// within it.
TEST(crossbeam_recv_in_send, the_value_of_a_send_may_be_received_from_the_same_channel) {
  for (int capacity : {1, 3, 100}) {
    channel<int> ch(static_cast<std::size_t>(capacity));
    for (int i = 0; i < capacity; ++i) ASSERT_TRUE(ch.send(i));
    EXPECT_EQ(select(on_send(ch, ch.receive().value(), ignore), otherwise(fail_if_run)), 0u);
    for (int i = 1; i <= capacity; ++i) EXPECT_EQ(ch.receive(), i % capacity);
  }
}

// What goes through a channel may hold the end of the next.
struct next_end {
  std::unique_ptr<receiver<next_end>> rx;
};

// channel_through_channel
TEST_P(crossbeam_flavour, channels_go_through_channels) {
  const int count = rounds(1000);
  auto [first_in, first_out] = make_channel<next_end>(GetParam());
  together(
      [&, tx = std::move(first_in)]() mutable {
        for (int i = 0; i < count; ++i) {
          auto [next_in, next_out] = make_channel<next_end>(GetParam());
          EXPECT_TRUE(tx.send(next_end{std::make_unique<receiver<next_end>>(std::move(next_out))}));
          tx = std::move(next_in);
        }
      },
      [&, rx = std::make_unique<receiver<next_end>>(std::move(first_out))]() mutable {
        for (int i = 0; i < count; ++i) {
          auto next = rx->receive();
          ASSERT_TRUE(next);
          rx = std::move(next->rx);
        }
        EXPECT_EQ(rx->receive().error(), errc::closed);
      });
}

// stack_overflow: values that are large beside a thread's stack.
TEST_P(crossbeam_flavour, large_values_come_through_whole) {
  struct page {
    std::size_t word[4096];
  };
  auto [tx, rx] = make_channel<page>(GetParam());
  together(
      [&] {
        for (std::size_t i = 0; i < 50; ++i) {
          page p;
          std::ranges::fill(p.word, i);
          EXPECT_TRUE(tx.send(std::move(p)));
        }
      },
      [&] {
        for (std::size_t i = 0; i < 50; ++i) {
          auto p = rx.receive();
          ASSERT_TRUE(p);
          EXPECT_EQ(std::ranges::count(p->word, i), 4096);
        }
      });
}

}  // namespace
}  // namespace weir::suites
