// What crossbeam-channel's tests/array.rs, list.rs and zero.rs assert under load, and of what becomes of the
// values: one test for all flavours, at capacity 0, 1, 3 and 100.
#include "suite.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <random>

namespace weir::suites {
namespace {

using namespace std::chrono_literals;

class crossbeam_load : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(capacities, crossbeam_load, testing::Values(0, 1, 3, 100));

// spsc
TEST_P(crossbeam_load, one_sender_and_one_receiver_keep_the_order) {
  const int count = rounds(50'000);
  auto [tx, rx] = make_channel<int>(GetParam());
  std::jthread sending([&, my_tx = std::move(tx)]() mutable {
    for (int i = 0; i < count; ++i) EXPECT_TRUE(my_tx.send(i));
  });
  for (int i = 0; i < count; ++i) ASSERT_EQ(rx.receive(), i);
  EXPECT_EQ(rx.receive(), std::unexpected(errc::closed));
}

// mpmc
TEST_P(crossbeam_load, four_senders_and_four_receivers_deliver_each_value_once) {
  constexpr int threads = 4, count = rounds(10'000);
  channel<int> ch(GetParam());
  std::vector<std::atomic<int>> times(count);
  std::vector<std::jthread> crew;
  for (int t = 0; t < threads; ++t) {
    crew.emplace_back([&] {
      for (int i = 0; i < count; ++i) EXPECT_TRUE(ch.send(i));
    });
    crew.emplace_back([&] {
      for (int i = 0; i < count; ++i) ++times[static_cast<std::size_t>(ch.receive().value())];
    });
  }
  crew.clear();
  for (const auto& t : times) EXPECT_EQ(t, threads);
  EXPECT_EQ(ch.try_receive(), std::unexpected(errc::empty));
}

// stress_oneshot
TEST_P(crossbeam_load, many_channels_carry_one_value_each) {
  for (int i = 0; i < rounds(500); ++i) {
    channel<int> ch(GetParam());
    together([&] { EXPECT_EQ(ch.receive(), i); }, [&] { EXPECT_TRUE(ch.send(i)); });
  }
}

// stress_iter: whoever takes what is there without waiting, then asks for more, gets everything in the end.
// At capacity 0 asking may not wait, since the other side may be waiting to answer.
TEST_P(crossbeam_load, requests_and_answers_go_back_and_forth) {
  const int count = rounds(GetParam() == 0 ? 2000 : 20'000);
  channel<unit> request(GetParam());
  channel<int> answer(GetParam());
  std::jthread asking([&] {
    for (int got = 0; got < count;) {
      while (auto one = answer.try_receive()) got += *one;
      if (GetParam() > 0) {
        EXPECT_TRUE(request.send(unit{}));
      } else if (!request.try_send(unit{})) {
        std::this_thread::yield();
      }
    }
    request.close();
    answer.close();
  });
  for ([[maybe_unused]] unit u : request) {
    if (!answer.send(1)) break;
  }
}

// stress_timeout_two_threads: the pauses are longer than the waits, so that both sides time out often.
TEST_P(crossbeam_load, waits_that_time_out_lose_and_double_nothing) {
  constexpr int count = 40;
  channel<int> ch(GetParam());
  const auto pause_on_even = [](int i) {
    if (i % 2 == 0) std::this_thread::sleep_for(2ms);
  };
  together(
      [&] {
        for (int i = 0; i < count; ++i) {
          pause_on_even(i);
          wait_until([&] { return ch.send_for(i, 500us).has_value(); });
        }
      },
      [&] {
        for (int i = 0; i < count; ++i) {
          pause_on_even(i);
          result<int> got = std::unexpected(errc::empty);
          while (!got) got = ch.receive_for(500us);
          EXPECT_EQ(got, i);
        }
      });
}

// Counts its ends: an element that was moved from has nothing to end.
class counted {
 public:
  explicit counted(std::atomic<int>& ends) : ends_(&ends) {}
  counted(counted&& other) noexcept : ends_(std::exchange(other.ends_, nullptr)) {}
  counted& operator=(counted&& other) noexcept {
    std::swap(ends_, other.ends_);
    return *this;
  }
  ~counted() {
    if (ends_ != nullptr) ++*ends_;
  }

 private:
  std::atomic<int>* ends_;
};

// drops
TEST_P(crossbeam_load, every_value_is_destroyed_once_whenever_the_channel_goes) {
  constexpr unsigned seed = 20240817;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::minstd_rand random(seed);
  for (int run = 0; run < 30; ++run) {
    const int steps = std::uniform_int_distribution(0, rounds(2000))(random);
    const int unreceived = std::uniform_int_distribution(0, static_cast<int>(GetParam()))(random);
    std::atomic<int> ends = 0;
    {
      auto [tx, rx] = make_channel<counted>(GetParam());
      together(
          [&] {
            for (int i = 0; i < steps; ++i) EXPECT_TRUE(rx.receive());
          },
          [&] {
            for (int i = 0; i < steps; ++i) EXPECT_TRUE(tx.send(counted(ends)));
          });
      for (int i = 0; i < unreceived; ++i) EXPECT_TRUE(tx.send(counted(ends)));
      EXPECT_EQ(ends, steps);
    }
    EXPECT_EQ(ends, steps + unreceived);
  }
}

// linearizable
TEST(crossbeam_linearizable, who_has_sent_finds_something_to_receive) {
  constexpr int threads = 4;
  for (std::size_t capacity : {4u, 100u}) {  // one place for each thread at least, so that no send waits
    channel<int> ch(capacity);
    std::vector<std::jthread> crew;
    for (int t = 0; t < threads; ++t) {
      crew.emplace_back([&] {
        for (int i = 0; i < rounds(25'000); ++i) {
          EXPECT_TRUE(ch.send(0));
          EXPECT_TRUE(ch.try_receive()) << "empty after a send of one's own";
        }
      });
    }
    crew.clear();
  }
}

// fairness
TEST(crossbeam_fairness, each_of_two_full_channels_is_chosen_at_least_a_quarter_of_the_time) {
  constexpr int count = 10'000;
  channel<unit> first(count), second(count);
  for (int i = 0; i < count; ++i) {
    ASSERT_TRUE(first.send(unit{}));
    ASSERT_TRUE(second.send(unit{}));
  }
  std::array<int, 2> hits{};
  for (int i = 0; i < count; ++i) ++hits[select(on_receive(first, ignore), on_receive(second, ignore))];
  for (int h : hits) EXPECT_GE(h, count / 4);
}

// fairness_duplicates
TEST(crossbeam_fairness, each_of_five_cases_on_one_channel_is_chosen_at_least_a_tenth_of_the_time) {
  constexpr int count = 10'000;
  channel<unit> ch(count);
  for (int i = 0; i < count; ++i) ASSERT_TRUE(ch.send(unit{}));
  std::array<int, 5> hits{};
  for (int i = 0; i < count; ++i) {
    ++hits[select(on_receive(ch, ignore), on_receive(ch, ignore), on_receive(ch, ignore),
                  on_receive(ch, ignore), on_receive(ch, ignore))];
  }
  for (int h : hits) EXPECT_GE(h, count / 10);
}

// drop_unreceived
TEST(crossbeam_drops, the_last_receiver_destroys_what_is_queued_though_senders_live) {
  auto [tx, rx] = make_channel<std::shared_ptr<int>>(100);
  auto message = std::make_shared<int>(1);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(tx.send(message));
  auto other = std::optional(rx);
  {
    auto gone = std::move(rx);
  }
  EXPECT_EQ(message.use_count(), 4) << "a receiver is left";
  other.reset();
  EXPECT_EQ(message.use_count(), 1);
  EXPECT_EQ(tx.stats().discarded, 3u);
}

// panic_on_drop, as far as it applies: a destructor that throws is refused at compile time.
TEST(crossbeam_drops, what_is_left_in_a_channel_is_destroyed_once_with_it) {
  std::atomic<int> first = 0, second = 0;
  {
    channel<counted> ch(2);
    ASSERT_TRUE(ch.send(counted(first)));
    ASSERT_TRUE(ch.send(counted(second)));
  }
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);
}

}  // namespace
}  // namespace weir::suites
