// The worst wait under contention, counted in operations: a clock would measure the machine's other users.
//
// A channel on atomics that tell when a thread goes to sleep for a partner: it is listed by then, so from
// there on only those who were there before it may come first. A thread that is not yet listed has not
// arrived, and how long the system lets it arrive is no matter of fairness.
#include <weir/channel/core.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iostream>
#include <thread>
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

struct worst {
  std::uint64_t overtaken_by = 0;
  std::uint64_t waits = 0;

  void see(std::uint64_t parked, std::uint64_t served) {
    if (parked == not_parked) return;
    ++waits;
    if (served > parked) overtaken_by = std::max(overtaken_by, served - parked);
  }
};

class fairness : public ::testing::TestWithParam<std::size_t> {
 protected:
  /// Those that may come first: who waited already, what was queued, and the one being counted; doubled.
  std::uint64_t bound() const { return 2 * (threads_contending + GetParam() + 1); }
  void expect_fair(const worst& w) const {
    std::cout << w.waits << " waits, at most " << w.overtaken_by << " others first\n";
    EXPECT_LE(w.overtaken_by, bound());
    EXPECT_GT(w.waits, 0u) << "nobody ever waited: this run shows nothing";
  }
};

TEST_P(fairness, a_waiting_sender_is_overtaken_by_those_before_it_alone) {
  core ch(GetParam());
  std::atomic<std::uint64_t> received{0};
  constexpr std::uint64_t all = threads_contending * turns_each;
  std::vector<std::uint64_t> parked(all, not_parked);  // by turn: each written by its sender alone
  std::vector<std::uint64_t> served(all);              // when its value came out
  {
    std::vector<std::jthread> senders;
    for (std::uint64_t t = 0; t < threads_contending; ++t) {
      senders.emplace_back([&, t] {
        progress_of_others = &received;
        for (std::uint64_t turn = t * turns_each; turn < (t + 1) * turns_each; ++turn) {
          parked_at = not_parked;
          std::uint64_t value = turn;
          ASSERT_TRUE(ch.send(value, never, {}));
          parked[turn] = parked_at;
        }
      });
    }
    for (std::uint64_t n = 0; n < all; ++n) {
      served[*ch.receive(never, {})] = n;
      received.store(n + 1, std::memory_order_relaxed);
    }
  }
  worst w;
  for (std::uint64_t turn = 0; turn < all; ++turn) w.see(parked[turn], served[turn]);
  expect_fair(w);
}

TEST_P(fairness, a_waiting_receiver_is_overtaken_by_those_before_it_alone) {
  core ch(GetParam());
  std::atomic<std::uint64_t> sent{0};
  std::vector<worst> of_each(threads_contending);
  {
    std::vector<std::jthread> receivers;
    for (std::size_t t = 0; t < threads_contending; ++t) {
      receivers.emplace_back([&, t] {
        progress_of_others = &sent;
        for (;;) {
          parked_at = not_parked;
          const result<std::uint64_t> got = ch.receive(never, {});
          if (!got) return;
          of_each[t].see(parked_at, *got);
        }
      });
    }
    for (std::uint64_t n = 0; n < threads_contending * turns_each; ++n) {
      std::uint64_t value = n;
      ASSERT_TRUE(ch.send(value, never, {}));
      sent.store(n + 1, std::memory_order_relaxed);
    }
    ch.close();
  }
  worst w;
  for (const worst& one : of_each) {
    w.overtaken_by = std::max(w.overtaken_by, one.overtaken_by);
    w.waits += one.waits;
  }
  expect_fair(w);
}

INSTANTIATE_TEST_SUITE_P(capacities, fairness, ::testing::Values(0, 1, 16),
                         [](const auto& one) { return "of_" + std::to_string(one.param); });

}  // namespace
}  // namespace weir
