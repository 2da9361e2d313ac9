// What users of other channels reported, each report a test by its name: what broke there must not break
// here.
#include "suite.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

namespace weir::suites {
namespace {

using namespace std::chrono_literals;

using boxed = std::unique_ptr<int>;

// chriskohlhoff/asio#1318 and #1575: close() of a channel leaves its blocked senders waiting for ever.
class close_with_blocked_senders : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(capacities, close_with_blocked_senders, testing::Values(0, 1, 3));

TEST_P(close_with_blocked_senders, asio_1318_close_ends_every_blocked_send_and_leaves_each_its_value) {
  channel<boxed> ch(GetParam());
  while (ch.try_send(std::make_unique<int>(0))) continue;
  std::array<boxed, 5> values;
  std::vector<std::jthread> senders;
  for (auto& value : values) {
    value = std::make_unique<int>(1);
    senders.emplace_back([&] { EXPECT_EQ(ch.send(std::move(value)), std::unexpected(errc::closed)); });
  }
  wait_until([&] { return ch.stats().waiting_senders == values.size(); });
  ch.close();
  senders.clear();
  EXPECT_EQ(ch.stats().waiting_senders, 0u);
  EXPECT_TRUE(std::ranges::all_of(values, [](auto& v) { return v != nullptr; }));
  for (std::size_t i = 0; i < GetParam(); ++i)
    EXPECT_EQ(*ch.receive().value(), 0) << "what was queued is received";
  EXPECT_EQ(ch.receive().error(), errc::closed);
}

TEST_P(close_with_blocked_senders, asio_1575_close_ends_bounded_sends_reserves_and_selects_too) {
  channel<int> ch(GetParam());
  while (ch.try_send(0)) continue;
  std::vector<std::jthread> senders;
  senders.emplace_back([&] { EXPECT_EQ(ch.send_for(1, 1h), std::unexpected(errc::closed)); });
  senders.emplace_back([&] { EXPECT_EQ(ch.send_until(1, never), std::unexpected(errc::closed)); });
  senders.emplace_back(
      [&] { select(on_send(ch, 1, [](result<> done) { EXPECT_EQ(done, std::unexpected(errc::closed)); })); });
  if (GetParam() > 0) senders.emplace_back([&] { EXPECT_EQ(ch.reserve().error(), errc::closed); });
  wait_until([&] { return ch.stats().waiting_senders == senders.size(); });
  ch.close();
}

// Lives from construction or a move into it until it is moved from or destroyed; `balance` counts the living.
class living {
 public:
  explicit living(std::atomic<int>& balance) : balance_(&balance) { ++*balance_; }
  living(living&& other) noexcept : balance_(std::exchange(other.balance_, nullptr)) {}
  living& operator=(living&&) = delete;
  ~living() {
    if (balance_ != nullptr) --*balance_;
  }
  bool here() const { return balance_ != nullptr; }

 private:
  std::atomic<int>* balance_;
};

// crossbeam-rs/crossbeam#1187, RUSTSEC-2025-0024: a channel whose ends go while it is sent to frees its
// values twice.
TEST(channel_issues, crossbeam_1187_ends_that_go_during_sends_destroy_each_value_once) {
  for (int i = 0; i < rounds(500); ++i) {
    std::atomic<int> balance = 0;
    auto [tx, rx] = make_channel<living>(static_cast<std::size_t>(i % 4));
    const auto send_until_closed = [&balance, my_tx = tx]() mutable {
      for (;;) {
        living value(balance);
        const bool accepted = my_tx.send(std::move(value)).has_value();
        EXPECT_EQ(accepted, !value.here());
        if (!accepted) return;
      }
    };
    together(send_until_closed, send_until_closed, [my_rx = std::move(rx), n = i % 7]() mutable {
      for (int k = 0; k < n; ++k) EXPECT_TRUE(my_rx.receive());
      auto gone = std::move(my_rx);
    });
    EXPECT_EQ(balance, 0) << "in round " << i;
  }
}

// crossbeam-rs/crossbeam#972: a close and a send at once, at the very first value, corrupt the channel.
TEST(channel_issues, crossbeam_972_a_first_send_in_a_race_with_the_end_of_the_receiver_leaks_nothing) {
  for (int i = 0; i < rounds(1000); ++i) {
    std::atomic<int> balance = 0;
    {
      auto [tx, rx] = make_channel<living>(1);
      together([&] { (void)tx.send(living(balance)); },
               [my_rx = std::move(rx)]() mutable { auto gone = std::move(my_rx); });
    }
    EXPECT_EQ(balance, 0);
  }
}

// One value and one receiver, both given up at about the same time: how often did it arrive, and is it still
// here?
struct given_up {
  bool accepted = false, received = false, kept = false;
};

template <class Send, class Receive>
given_up give_up_both(std::size_t capacity, Send send, Receive receive) {
  channel<boxed> ch(capacity);
  std::stop_source stop;
  boxed value = std::make_unique<int>(1);
  given_up outcome;
  together([&] { outcome.accepted = send(ch, std::move(value), stop.get_token()); },
           [&] { outcome.received = receive(ch, stop.get_token()); }, [&] { stop.request_stop(); });
  outcome.received |= ch.try_receive().has_value();
  outcome.kept = value != nullptr;
  return outcome;
}

// Kotlin/kotlinx.coroutines#4337: an element whose receiver is cancelled while it is handed over is lost.
class cancelled_hand_over : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(capacities, cancelled_hand_over, testing::Values(0, 1));

TEST_P(cancelled_hand_over, kotlinx_4337_a_value_is_received_or_still_the_senders_never_neither_never_both) {
  for (int i = 0; i < rounds(1000); ++i) {
    const auto got = give_up_both(
        GetParam(),
        [](channel<boxed>& ch, boxed&& value, std::stop_token stop) {
          return ch.send(std::move(value), stop).has_value();
        },
        [](channel<boxed>& ch, std::stop_token stop) { return ch.receive(stop).has_value(); });
    ASSERT_EQ(got.accepted, got.received) << "in round " << i;
    ASSERT_EQ(got.accepted, !got.kept) << "in round " << i;
  }
}

TEST_P(cancelled_hand_over, kotlinx_4337_the_same_holds_through_selects) {
  for (int i = 0; i < rounds(1000); ++i) {
    const auto got = give_up_both(
        GetParam(),
        [](channel<boxed>& ch, boxed&& value, std::stop_token stop) {
          return select(on_send(ch, std::move(value), ignore), on_stop(stop, ignore)) == 0;
        },
        [](channel<boxed>& ch, std::stop_token stop) {
          return select(on_stop(stop, ignore), on_receive(ch, ignore)) == 1;
        });
    ASSERT_EQ(got.accepted, got.received) << "in round " << i;
    ASSERT_EQ(got.accepted, !got.kept) << "in round " << i;
  }
}

// Kotlin/kotlinx.coroutines#3330: what DROP_OLDEST drops is lost without a word.
TEST(channel_issues, kotlinx_3330_what_makes_room_for_a_new_value_is_handed_back) {
  auto [tx, rx] = make_channel<boxed>(2);
  std::vector<int> seen;
  std::jthread receiving([&, my_rx = std::move(rx)]() mutable {
    for (auto& value : my_rx) seen.push_back(*value);
  });
  std::vector<int> evicted;
  const int count = rounds(20'000);
  for (int i = 0; i < count; ++i) {
    auto oldest = tx.force_send(std::make_unique<int>(i));
    ASSERT_TRUE(oldest);
    if (*oldest) evicted.push_back(***oldest);
  }
  {
    auto gone = std::move(tx);
  }
  receiving.join();
  EXPECT_TRUE(std::ranges::is_sorted(evicted));
  EXPECT_TRUE(std::ranges::is_sorted(seen));
  seen.insert(seen.end(), evicted.begin(), evicted.end());
  std::ranges::sort(seen);
  ASSERT_EQ(seen.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

// crossbeam-rs/crossbeam#778, smol-rs/async-channel#44: no way to overwrite the oldest and keep the latest.
TEST(channel_issues, crossbeam_778_a_channel_of_one_keeps_the_latest_value) {
  channel<int> latest(1);
  EXPECT_EQ(latest.force_send(1).value(), std::optional<int>());
  EXPECT_EQ(latest.force_send(2).value(), std::optional<int>(1));
  EXPECT_EQ(latest.force_send(3).value(), std::optional<int>(2));
  EXPECT_EQ(latest.receive(), 3);
  EXPECT_EQ(latest.try_receive(), std::unexpected(errc::empty));
}

// golang/go#21985 and #15411: a send on a closed channel panics, so that several writers cannot close safely.
TEST(channel_issues, go_21985_any_of_many_writers_may_close_and_the_others_get_a_value) {
  for (std::size_t capacity : {0u, 2u}) {
    channel<int> ch(capacity);
    std::atomic<int> accepted = 0, closed_by_me = 0;
    std::vector<std::jthread> writers;
    for (int w = 0; w < 6; ++w) {
      writers.emplace_back([&, w] {
        for (int i = 0;; ++i) {
          auto sent = ch.send(i);
          if (!sent) {
            EXPECT_EQ(sent, std::unexpected(errc::closed));
            return;
          }
          if (++accepted >= 100 && w % 2 == 0) closed_by_me += ch.close();
        }
      });
    }
    int received = 0;
    for ([[maybe_unused]] int value : ch) ++received;
    writers.clear();
    EXPECT_EQ(closed_by_me, 1);
    EXPECT_EQ(received, accepted);
  }
}

// golang/go#28017: a reader cannot tell its writers to stop without a second channel.
TEST(channel_issues, go_28017_a_reader_closes_and_its_writers_stop) {
  auto [tx, rx] = make_channel<int>(1);
  std::vector<std::jthread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([my_tx = tx]() mutable {
      for (int i = 0; my_tx.send(i);) ++i;
    });
  }
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(rx.receive());
  EXPECT_TRUE(rx.close());
  writers.clear();
  while (rx.receive()) continue;
  EXPECT_EQ(rx.size(), 0u);
}

// golang/go#52637: a select cannot prefer one channel to another.
TEST(channel_issues, go_52637_what_is_urgent_is_taken_first) {
  channel<int> urgent(10), usual(10);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(usual.send(1));
    ASSERT_TRUE(urgent.send(0));
  }
  std::vector<int> order;
  const auto note = [&](result<int> got) { order.push_back(got.value_or(-1)); };
  for (int i = 0; i < 20; ++i) select_first(on_receive(urgent, note), on_receive(usual, note));
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

// uxlfoundation/oneTBB#406: a blocked pop cannot be cancelled but by aborting the queue for everybody.
TEST(channel_issues, onetbb_406_one_blocked_receive_is_cancelled_and_the_others_go_on) {
  for (std::size_t capacity : {0u, 1u}) {
    channel<int> ch(capacity);
    std::stop_source stop;
    std::jthread cancelled(
        [&] { EXPECT_EQ(ch.receive(stop.get_token()), std::unexpected(errc::cancelled)); });
    std::jthread other([&] { EXPECT_EQ(ch.receive(), 1); });
    wait_until([&] { return ch.stats().waiting_receivers == 2; });
    stop.request_stop();
    cancelled.join();
    EXPECT_EQ(ch.stats().waiting_receivers, 1u);
    EXPECT_TRUE(ch.send(1));
  }
}

// uxlfoundation/oneTBB#1313: the order of what one thread enqueues is not stated. Ours is first in, first
// out.
TEST(channel_issues, onetbb_1313_what_one_thread_sends_is_received_in_that_order_whoever_else_sends) {
  struct numbered {
    int sender, value;
  };
  const int count = rounds(5'000);
  channel<numbered> ch(8);
  std::vector<std::jthread> senders;
  for (int s = 0; s < 4; ++s) {
    senders.emplace_back([&, s] {
      for (int i = 0; i < count; ++i) EXPECT_TRUE(ch.send(numbered{s, i}));
    });
  }
  std::array<int, 4> next{};
  for (int i = 0; i < 4 * count; ++i) {
    auto got = ch.receive();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->value, next[static_cast<std::size_t>(got->sender)]++);
  }
}

// crossbeam-rs/crossbeam#802: an operation while the thread's own storage goes is a panic. In
// crossbeam_iter_test.cpp, waiting_works_in_a_thread_local_destructor_while_the_thread_ends.

}  // namespace
}  // namespace weir::suites
