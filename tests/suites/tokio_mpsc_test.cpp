// What tokio's tests/sync_mpsc.rs asserts of a bounded channel, and of permits above all: a place now, the
// value later. Theirs polls futures and asks whether they were woken; here a thread waits, and stats say so.
// Left out: unbounded channels, reserving several places at once, weak senders, and what is about futures and
// their run time.
#include "suite.hpp"

#include <atomic>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>

namespace weir::suites {
namespace {

using namespace std::chrono_literals;

template <class End>
void drop(End& end) {
  [[maybe_unused]] auto gone = std::move(end);
}

// send_recv_with_buffer
TEST(tokio_mpsc, a_permit_and_a_plain_send_deliver_in_order_and_then_the_channel_ends) {
  auto [tx, rx] = make_channel<int>(16);
  {
    auto permit = tx.reserve();
    ASSERT_TRUE(permit);
    EXPECT_TRUE(permit->send(1));
  }
  EXPECT_TRUE(tx.try_send(2));
  drop(tx);
  EXPECT_EQ(rx.receive(), 1);
  EXPECT_EQ(rx.receive(), 2);
  EXPECT_EQ(rx.receive(), std::unexpected(errc::closed));
}

// reserve_disarm
TEST(tokio_mpsc, a_place_is_free_again_when_its_value_was_received_or_its_permit_dropped) {
  channel<int> ch(2);
  std::optional first = ch.reserve().value();
  std::optional second = ch.reserve().value();
  std::atomic<int> reserved = 0;
  const auto reserve_and_hold = [&](std::stop_token until) {
    auto permit = ch.reserve();
    reserved += permit.has_value();
    wait_until([&] { return until.stop_requested(); });
  };
  std::jthread third(reserve_and_hold), fourth(reserve_and_hold);
  wait_until([&] { return ch.stats().waiting_senders == 2; });
  EXPECT_TRUE(first->send(1));
  first.reset();
  EXPECT_EQ(ch.stats().waiting_senders, 2u) << "the value has the place now";
  EXPECT_EQ(ch.receive(), 1);
  wait_until([&] { return reserved == 1; });
  EXPECT_EQ(ch.stats().waiting_senders, 1u);
  second.reset();
  wait_until([&] { return reserved == 2; });
  EXPECT_EQ(ch.try_reserve().error(), errc::full);
}

// start_send_past_cap
TEST(tokio_mpsc, a_reserve_that_was_cancelled_does_not_take_the_place_from_the_next) {
  channel<unit> ch(1);
  ASSERT_TRUE(ch.try_send(unit{}));
  std::stop_source stop;
  std::jthread first([&] { EXPECT_EQ(ch.reserve(stop.get_token()).error(), errc::cancelled); });
  wait_until([&] { return ch.stats().waiting_senders == 1; });
  std::jthread second([&] { EXPECT_TRUE(ch.reserve()); });
  wait_until([&] { return ch.stats().waiting_senders == 2; });
  stop.request_stop();
  first.join();
  EXPECT_TRUE(ch.receive());
  second.join();
  EXPECT_EQ(ch.stats().waiting_senders, 0u);
}

// buffer_gteq_one: a rendezvous has no place to reserve.
TEST(tokio_mpsc, a_place_in_a_rendezvous_channel_is_a_programming_error) {
  channel<int> ch(0);
  EXPECT_THROW((void)ch.reserve(), std::logic_error);
  EXPECT_THROW((void)ch.try_reserve(), std::logic_error);
}

// send_recv_buffer_limited
TEST(tokio_mpsc, a_place_that_was_handed_to_a_waiting_reserve_is_not_there_for_a_try) {
  channel<int> ch(1);
  EXPECT_TRUE(ch.reserve().value().send(1));
  channel<unit> reserved(0), go_on(0);
  std::jthread other([&] {
    auto permit = ch.reserve();
    ASSERT_TRUE(permit);
    EXPECT_TRUE(reserved.send(unit{}));
    EXPECT_TRUE(go_on.receive());
    EXPECT_TRUE(permit->send(2));
  });
  wait_until([&] { return ch.stats().waiting_senders == 1; });
  EXPECT_EQ(ch.receive(), 1);
  EXPECT_TRUE(reserved.receive());
  EXPECT_EQ(ch.try_send(1337), std::unexpected(errc::full));
  EXPECT_TRUE(go_on.send(unit{}));
  EXPECT_EQ(ch.receive(), 2);
}

// recv_close_gets_none_idle
TEST(tokio_mpsc, a_receiver_may_close_an_idle_channel) {
  auto [tx, rx] = make_channel<int>(10);
  rx.close();
  EXPECT_EQ(rx.receive(), std::unexpected(errc::closed));
  EXPECT_EQ(tx.send(1), std::unexpected(errc::closed));
  EXPECT_EQ(tx.reserve().error(), errc::closed);
}

// recv_close_gets_none_reserved
TEST(tokio_mpsc, close_wakes_a_waiting_reserve_while_a_permit_from_before_still_sends) {
  auto [tx, rx] = make_channel<int>(1);
  auto permit = tx.reserve();
  ASSERT_TRUE(permit);
  std::jthread reserving([&] { EXPECT_EQ(tx.reserve().error(), errc::closed); });
  wait_until([&] { return tx.stats().waiting_senders == 1; });
  rx.close();
  reserving.join();
  std::jthread receiving([&] {
    EXPECT_EQ(rx.receive(), 123);
    EXPECT_EQ(rx.receive(), std::unexpected(errc::closed));
  });
  wait_until([&] { return rx.stats().waiting_receivers == 1; });
  EXPECT_TRUE(permit->send(123));
}

// ready_close_cancel_bounded
TEST(tokio_mpsc, a_closed_channel_ends_when_the_last_permit_is_dropped_unused) {
  channel<unit> ch(100);
  std::optional permit = ch.reserve().value();
  ch.close();
  EXPECT_EQ(ch.try_receive(), std::unexpected(errc::empty)) << "a value may still come";
  std::jthread receiving([&] { EXPECT_EQ(ch.receive(), std::unexpected(errc::closed)); });
  wait_until([&] { return ch.stats().waiting_receivers == 1; });
  permit.reset();
  receiving.join();
  EXPECT_EQ(ch.try_receive(), std::unexpected(errc::closed));
}

// permit_available_not_acquired_close
TEST(tokio_mpsc, a_reserve_in_a_race_with_close_leaves_no_place_behind) {
  for (int i = 0; i < rounds(200); ++i) {
    channel<unit> ch(1);
    std::optional first = ch.reserve().value();
    together([&] { (void)ch.reserve(); }, [&] { ch.close(); }, [&] { first.reset(); });
    EXPECT_EQ(ch.receive(), std::unexpected(errc::closed));
  }
}

// try_send_fail, try_send_fail_with_try_recv
TEST(tokio_mpsc, a_try_that_found_the_channel_full_succeeds_after_a_receive) {
  auto [tx, rx] = make_channel<std::string>(1);
  EXPECT_TRUE(tx.try_send("hello"));
  std::string refused = "a string that is refused and too long for the small buffer";
  EXPECT_EQ(tx.try_send(std::move(refused)), std::unexpected(errc::full));
  EXPECT_EQ(refused, "a string that is refused and too long for the small buffer");
  EXPECT_EQ(rx.try_receive(), "hello");
  EXPECT_TRUE(tx.try_send("goodbye"));
  drop(tx);
  EXPECT_EQ(rx.try_receive(), "goodbye");
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::closed));
}

// try_reserve_fails, drop_permit_releases_permit
TEST(tokio_mpsc, a_try_to_reserve_finds_the_place_that_a_dropped_permit_left) {
  channel<std::string> ch(1);
  {
    auto permit = ch.try_reserve();
    ASSERT_TRUE(permit);
    EXPECT_EQ(ch.try_reserve().error(), errc::full);
    EXPECT_EQ(ch.reserve_for(1ms).error(), errc::timed_out);
    EXPECT_TRUE(permit->send("foo"));
  }
  EXPECT_EQ(ch.receive(), "foo");
  {
    auto unused = ch.try_reserve().value();
  }
  EXPECT_TRUE(ch.try_reserve());
}

// dropping_rx_closes_channel, dropping_rx_closes_channel_for_try
TEST(tokio_mpsc, the_last_receiver_takes_the_queued_values_with_it_and_reserves_answer_closed) {
  auto [tx, rx] = make_channel<std::shared_ptr<int>>(100);
  auto message = std::make_shared<int>(1);
  EXPECT_TRUE(tx.try_send(message));
  drop(rx);
  EXPECT_EQ(tx.reserve().error(), errc::closed);
  EXPECT_EQ(tx.try_reserve().error(), errc::closed);
  EXPECT_EQ(tx.try_send(message), std::unexpected(errc::closed));
  EXPECT_EQ(message.use_count(), 1);
}

// permits and the end of the receiver, which theirs answers by dropping the value: ours leaves it with the
// sender.
TEST(tokio_mpsc, a_permit_whose_receiver_has_gone_fails_and_leaves_the_value) {
  auto [tx, rx] = make_channel<std::unique_ptr<int>>(1);
  auto permit = tx.reserve();
  ASSERT_TRUE(permit);
  drop(rx);
  auto value = std::make_unique<int>(7);
  EXPECT_EQ(permit->send(std::move(value)), std::unexpected(errc::closed));
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 7);
}

TEST(tokio_mpsc, a_permit_keeps_no_end_alive) {
  auto [tx, rx] = make_channel<int>(1);
  auto permit = tx.reserve();
  ASSERT_TRUE(permit);
  drop(tx);
  EXPECT_TRUE(rx.is_closed());
  EXPECT_TRUE(permit->send(1));
  EXPECT_EQ(rx.receive(), 1);
}

// unconsumed_messages_are_dropped
TEST(tokio_mpsc, what_nobody_received_is_destroyed_with_both_ends) {
  auto message = std::make_shared<int>(1);
  {
    auto [tx, rx] = make_channel<std::shared_ptr<int>>(100);
    EXPECT_TRUE(tx.try_send(message));
    EXPECT_EQ(message.use_count(), 2);
  }
  EXPECT_EQ(message.use_count(), 1);
}

// try_recv_bounded, try_recv_close_while_empty_bounded
TEST(tokio_mpsc, tries_go_around_the_buffer_and_end_closed) {
  auto [tx, rx] = make_channel<int>(5);
  const auto send_tries = [&](int n) {
    for (int i = 0; i < n; ++i) EXPECT_TRUE(tx.try_send(i));
  };
  const auto receive_tries = [&](int n) {
    for (int i = 0; i < n; ++i) EXPECT_TRUE(rx.try_receive());
  };
  send_tries(5);
  EXPECT_EQ(tx.try_send(5), std::unexpected(errc::full));
  receive_tries(5);
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::empty));
  send_tries(4);
  receive_tries(1);
  send_tries(2);
  EXPECT_EQ(tx.try_send(5), std::unexpected(errc::full));
  receive_tries(5);
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::empty));
  send_tries(3);
  drop(tx);
  receive_tries(3);
  EXPECT_EQ(rx.try_receive(), std::unexpected(errc::closed));
}

// recv_timeout, which there is about sending
TEST(tokio_mpsc, a_bounded_send_times_out_on_a_full_channel_and_answers_closed_on_a_closed_one) {
  auto [tx, rx] = make_channel<int>(5);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(tx.send_for(i, 1h));
  EXPECT_EQ(tx.send_for(60, 1ms), std::unexpected(errc::timed_out));
  drop(rx);
  EXPECT_EQ(tx.send_for(70, 1h), std::unexpected(errc::closed));
}

// test_tx_capacity: their capacity is the places left, ours the bound.
TEST(tokio_mpsc, the_size_counts_values_and_not_permits) {
  channel<unit> ch(10);
  auto permit = ch.reserve();
  ASSERT_TRUE(permit);
  EXPECT_EQ(ch.size(), 0u);
  EXPECT_TRUE(ch.send(unit{}));
  EXPECT_EQ(ch.size(), 1u);
  EXPECT_EQ(ch.capacity(), 10u);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(ch.try_send(unit{}));
  EXPECT_EQ(ch.try_send(unit{}), std::unexpected(errc::full)) << "the permit has the tenth place";
  EXPECT_TRUE(permit->send(unit{}));
  EXPECT_EQ(ch.size(), 10u);
}

// test_rx_len_when_close_is_called_before_dropping_sender and its like
TEST(tokio_mpsc, the_size_goes_on_counting_after_close) {
  for (bool by_sender : {true, false}) {
    auto [tx, rx] = make_channel<int>(10);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(tx.send(i));
    auto permit = tx.reserve();
    ASSERT_TRUE(permit);
    by_sender ? tx.close() : rx.close();
    EXPECT_TRUE(rx.is_closed());
    EXPECT_EQ(rx.size(), 3u);
    EXPECT_EQ(rx.receive(), 0);
    EXPECT_EQ(rx.size(), 2u);
    EXPECT_TRUE(permit->send(3));
    EXPECT_EQ(rx.size(), 3u);
    for (int expected : {1, 2, 3}) EXPECT_EQ(rx.receive(), expected);
    EXPECT_EQ(rx.size(), 0u);
    EXPECT_EQ(rx.receive(), std::unexpected(errc::closed));
  }
}

// send_recv_many_unbounded, async_send_recv_many_with_buffer
TEST(tokio_mpsc, many_values_are_received_at_once_up_to_a_number) {
  auto [tx, rx] = make_channel<int>(4);
  std::jthread sending([&, my_tx = std::move(tx)]() mutable {
    wait_until([&] { return rx.stats().waiting_receivers == 1; });
    for (int value : {7, 13, 100, 1002}) EXPECT_TRUE(my_tx.send(value));
  });
  std::vector<int> got;
  EXPECT_GE(rx.receive_up_to(std::back_inserter(got), 16).value(), 1u) << "waits for the first";
  sending.join();
  while (rx.receive_up_to(std::back_inserter(got), 2)) {
    EXPECT_LE(got.size(), 4u);
  }
  EXPECT_EQ(got, (std::vector{7, 13, 100, 1002}));
  EXPECT_EQ(rx.receive_up_to(std::back_inserter(got), 2), std::unexpected(errc::closed));
}

}  // namespace
}  // namespace weir::suites
