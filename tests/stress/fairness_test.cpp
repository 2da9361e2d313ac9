// The worst wait under contention, counted in operations: a clock would measure the machine's other users.
//
// A channel on atomics that tell when a thread goes to sleep for a partner: it is listed by then. From there
// on nobody who goes to sleep later may be served first, but for those caught between being listed and
// sleeping, of whom each other thread can be one. Threads that need not sleep may pass while a thread that
// was woken has not got its processor yet (weir/channel/gate.hpp): how many is the machine's affair, and is
// bounded only far from starving.
#include <weir/channel/core.hpp>
#include <weir/channel/testing.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iostream>
#include <thread>
#include <utility>
#include <vector>

namespace weir {
namespace {

constexpr std::size_t threads_contending = 8;
constexpr std::uint64_t turns_each = 5000;
constexpr std::uint64_t not_parked = UINT64_MAX;

thread_local std::atomic<std::uint64_t>* progress_of_others = nullptr;
thread_local std::uint64_t parked_at = not_parked;

struct telling_atomics : detail::native_atomics {
  static bool may_poll() noexcept { return false; }  // else nearly all are served before they sleep
  static bool wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
    // Naps on the way to the lock have a deadline, these operations have none.
    if (deadline == never && parked_at == not_parked && progress_of_others != nullptr)
      parked_at = progress_of_others->load(std::memory_order_relaxed);
    return detail::native_atomics::wait(word, expected, deadline);
  }
};

using core = detail::channel_core<std::uint64_t, telling_atomics>;

/// By the number of operations done by then, of the other side.
struct sleep {
  std::uint64_t began = not_parked;
  std::uint64_t served = 0;
};

/// Of all sleeps the most that were begun later and served before.
std::uint64_t most_overtaken_by_later_ones(std::vector<sleep> sleeps, std::uint64_t operations) {
  std::ranges::sort(sleeps, {}, &sleep::served);
  std::vector<std::uint32_t> begun(operations + 2);  // a Fenwick tree: how many of those served began by then
  std::uint64_t worst = 0;
  std::uint64_t served = 0;
  for (const sleep& s : sleeps) {
    std::uint64_t not_later = 0;
    for (std::uint64_t i = s.began + 1; i != 0; i -= i & -i) not_later += begun[i];
    worst = std::max(worst, served - not_later);
    for (std::uint64_t i = s.began + 1; i < begun.size(); i += i & -i) ++begun[i];
    ++served;
  }
  return worst;
}

class fairness : public ::testing::TestWithParam<std::size_t> {
 protected:
  static constexpr std::uint64_t all = threads_contending * turns_each;

  static void expect_fair(std::vector<sleep> sleeps) {
    std::erase_if(sleeps, [](const sleep& s) { return s.began == not_parked; });
    std::uint64_t others_first = 0;
    for (const sleep& s : sleeps)
      others_first = std::max(others_first, s.served - std::min(s.served, s.began));
    const std::uint64_t later_first = most_overtaken_by_later_ones(sleeps, all);
    std::cout << sleeps.size() << " sleeps, at most " << others_first << " others first, " << later_first
              << " of them asleep later\n";
    EXPECT_LE(later_first, threads_contending);
    EXPECT_LE(others_first, all / 2);
    EXPECT_GT(sleeps.size(), 0u) << "nobody ever slept: this run shows nothing";
  }
};

TEST_P(fairness, no_sender_is_served_before_one_who_waits_longer) {
  core ch(GetParam());
  std::atomic<std::uint64_t> received{0};
  std::vector<sleep> sleeps(all);  // by turn: each half written by one thread
  {
    std::vector<std::jthread> senders;
    for (std::uint64_t t = 0; t < threads_contending; ++t) {
      senders.emplace_back([&, t] {
        progress_of_others = &received;
        for (std::uint64_t turn = t * turns_each; turn < (t + 1) * turns_each; ++turn) {
          parked_at = not_parked;
          std::uint64_t value = turn;
          ASSERT_TRUE(ch.send(value, never, {}));
          sleeps[turn].began = parked_at;
        }
      });
    }
    for (std::uint64_t n = 0; n < all; ++n) {
      sleeps[*ch.receive(never, {})].served = n;
      received.store(n + 1, std::memory_order_relaxed);
    }
  }
  expect_fair(std::move(sleeps));
}

TEST_P(fairness, no_receiver_is_served_before_one_who_waits_longer) {
  core ch(GetParam());
  std::atomic<std::uint64_t> sent{0};
  std::vector<std::vector<sleep>> of_each(threads_contending);
  {
    std::vector<std::jthread> receivers;
    for (std::size_t t = 0; t < threads_contending; ++t) {
      receivers.emplace_back([&, t] {
        progress_of_others = &sent;
        for (;;) {
          parked_at = not_parked;
          const result<std::uint64_t> got = ch.receive(never, {});
          if (!got) return;
          of_each[t].push_back({parked_at, *got});
        }
      });
    }
    for (std::uint64_t n = 0; n < all; ++n) {
      std::uint64_t value = n;
      ASSERT_TRUE(ch.send(value, never, {}));
      sent.store(n + 1, std::memory_order_relaxed);
    }
    ch.close();
  }
  std::vector<sleep> sleeps;
  for (const auto& some : of_each) sleeps.insert(sleeps.end(), some.begin(), some.end());
  expect_fair(std::move(sleeps));
}

/// Who wakes up is held back until it is let go.
struct holding_atomics : detail::native_atomics {
  static inline std::atomic<int> asleep{0};
  static inline std::atomic<bool> held{false};
  static bool may_poll() noexcept { return false; }
  static bool wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, time_point deadline) noexcept {
    if (deadline != never) return detail::native_atomics::wait(word, expected, deadline);
    ++asleep;
    const bool in_time = detail::native_atomics::wait(word, expected, deadline);
    testing::until([] { return !held; });
    return in_time;
  }
};

TEST(one_on_its_way, serves_those_behind_it_also_when_the_channel_has_grown_meanwhile) {
  detail::channel_core<int, holding_atomics> ch(2);
  const auto receive = [&] { EXPECT_TRUE(ch.receive(never, {})); };
  std::jthread first(receive);
  testing::until([] { return holding_atomics::asleep == 1; });
  std::jthread second(receive);
  testing::until([] { return holding_atomics::asleep == 2; });
  holding_atomics::held = true;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(ch.send(i, never, {}));
  ch.grow(2);
  holding_atomics::held = false;
  testing::until([&] { return ch.stats().waiting_receivers == 0; });
}

INSTANTIATE_TEST_SUITE_P(capacities, fairness, ::testing::Values(0, 1, 16),
                         [](const auto& one) { return "of_" + std::to_string(one.param); });

}  // namespace
}  // namespace weir
