// Calls at given times: their order, and that a cancelled one is never made.
#include <weir/base/parker.hpp>
#include <weir/base/timer.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

namespace weir::detail {
namespace {

using namespace std::chrono_literals;

TEST(timer, fires_in_the_order_of_the_times_and_of_planning) {
  struct note {
    std::vector<int>* order;
    int name;
    timer_entry entry;
  };
  std::vector<int> order;
  parker<> done;
  const time_point soon = clock::now() + 5ms;
  std::vector<note> notes;
  for (const int name : {3, 1, 2, 4}) notes.push_back({&order, name, {}});
  for (note& n : notes) {
    n.entry.at = soon + std::chrono::milliseconds(n.name == 2 ? 1 : n.name);  // 1 and 2 at the same time
    n.entry.fire = {
        [](void* p) noexcept { static_cast<note*>(p)->order->push_back(static_cast<note*>(p)->name); }, &n};
    plan(n.entry);
  }
  timer_entry last{.at = soon + 10ms,
                   .fire = {[](void* p) noexcept { static_cast<parker<>*>(p)->finish(); }, &done}};
  plan(last);
  done.wait(never);
  EXPECT_EQ(order, (std::vector{1, 2, 3, 4}));
  EXPECT_GE(clock::now(), soon + 10ms);
}

TEST(timer, what_is_cancelled_is_not_fired_and_the_rest_is) {
  constexpr std::uint32_t seed = 20260101;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<std::atomic<int>> fired(500);
  std::vector<timer_entry> entries(500);
  const time_point soon = clock::now() + 2ms;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].at = soon + std::chrono::microseconds(random() % 3000);
    entries[i].fire = {[](void* p) noexcept { ++*static_cast<std::atomic<int>*>(p); }, &fired[i]};
    plan(entries[i]);
  }
  std::vector<int> at_cancel(entries.size());
  for (std::size_t i = 0; i < entries.size(); i += 2) {
    cancel(entries[i]);
    at_cancel[i] = fired[i];
    EXPECT_LE(fired[i], 1);
  }
  for (std::size_t i = 1; i < entries.size(); i += 2) {
    while (fired[i] == 0) native_atomics::yield();
  }
  for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(fired[i], i % 2 == 0 ? at_cancel[i] : 1);
  timer_entry never_planned;
  cancel(never_planned);
}

}  // namespace
}  // namespace weir::detail
