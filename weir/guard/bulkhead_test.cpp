// The bulkhead: its places, its line, and a limit that adapts.
#include <weir/control/concurrency_limit.hpp>
#include <weir/guard/bulkhead.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;

void until_waiting(const bulkhead& b, std::size_t n) {
  while (b.stats().waiting != n) std::this_thread::yield();
}

TEST(bulkhead, lets_so_many_in_and_refuses_the_rest) {
  bulkhead b({.limit = 2});
  EXPECT_EQ(b.call([&] { return b.call([&] { return b.stats().in_flight; }); }), 2);
  auto one = b.acquire();
  auto two = b.acquire();
  EXPECT_EQ(b.call([] { return 1; }).error(), errc::full);
  {
    const auto gone = std::move(*one);
  }
  EXPECT_EQ(b.call([] { return 1; }), 1);
  EXPECT_EQ(b.stats().in_flight, 1);
  EXPECT_EQ(b.stats().refused, 1u);
}

TEST(bulkhead, a_call_that_throws_gives_its_place_back) {
  bulkhead b({.limit = 1});
  EXPECT_THROW((void)b.call([]() -> int { throw std::runtime_error("x"); }), std::runtime_error);
  EXPECT_EQ(b.stats().in_flight, 0);
}

TEST(bulkhead, waits_for_a_place_in_order_of_arrival) {
  bulkhead b({.limit = 1, .max_wait = 1h});
  std::vector<int> order;
  std::vector<std::jthread> threads;
  {
    const auto inside = b.acquire();
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] { (void)b.call([&] { order.push_back(i); }); });
      until_waiting(b, static_cast<std::size_t>(i) + 1);
    }
    EXPECT_EQ(b.stats().in_flight, 1);
  }
  threads.clear();
  EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
  EXPECT_EQ(b.stats().in_flight, 0);
}

TEST(bulkhead, a_wait_is_bounded_in_time_and_the_line_in_length) {
  bulkhead b({.limit = 1, .max_wait = 5ms});
  bulkhead no_line({.limit = 1, .max_wait = 1h, .max_waiting = 0});
  const auto inside = b.acquire();
  const auto in_the_other = no_line.acquire();
  const time_point begin = clock::now();
  EXPECT_EQ(b.call([] {}).error(), errc::timed_out);
  EXPECT_GE(clock::now() - begin, 5ms);
  EXPECT_EQ(no_line.call([] {}).error(), errc::full);
}

TEST(bulkhead, a_stop_request_ends_the_wait_and_not_the_call) {
  bulkhead b({.limit = 1, .max_wait = duration::max()});
  std::stop_source stop;
  {
    const auto inside = b.acquire();
    std::jthread asks([&] {
      until_waiting(b, 1);
      stop.request_stop();
    });
    EXPECT_EQ(b.call([] {}, stop.get_token()).error(), errc::cancelled);
  }
  EXPECT_TRUE(b.call([] {}, stop.get_token())) << "there is a place";
}

TEST(bulkhead, an_adaptive_limit_follows_what_calls_tell) {
  bulkhead b({.limit = control::aimd({.initial = 10, .min = 2, .max = 20})});
  for (int i = 0; i < 3; ++i) (void)b.call([]() -> result<> { return std::unexpected(errc::overloaded); });
  EXPECT_EQ(b.stats().limit, 7);
  (void)b.call([]() -> result<> { return std::unexpected(errc::empty); });
  EXPECT_EQ(b.stats().limit, 7) << "other failures say nothing of load";
  {
    std::vector<result<bulkhead::permit>> inside;
    for (int i = 0; i < 6; ++i) inside.push_back(b.acquire());
    EXPECT_TRUE(b.call([] {}));
  }
  EXPECT_EQ(b.stats().limit, 8);
}

TEST(bulkhead, a_limit_that_rises_lets_waiting_calls_in) {
  bulkhead b({.limit = control::aimd({.initial = 2, .min = 2, .max = 20}), .max_wait = 1h});
  auto one = b.acquire();
  auto two = b.acquire();
  std::jthread waits([&] { EXPECT_TRUE(b.call([] {})); });
  until_waiting(b, 1);
  detail::call_context context;
  two->settle(nullptr, context);  // a success with the limit in use: it grows, though no place was given back
  waits.join();
  EXPECT_GE(b.stats().limit, 3);
}

TEST(bulkhead, shadow_mode_lets_all_through_and_counts) {
  bulkhead b({.limit = 1, .max_wait = 1h});
  b.set_shadow(true);
  const auto inside = b.acquire();
  EXPECT_EQ(b.call([] { return 1; }), 1);
  EXPECT_EQ(b.would_have_refused(), 1u);
  EXPECT_EQ(b.stats().in_flight, 1);
}

TEST(bulkhead, names_the_bad_option_its_value_and_a_right_one) {
  try {
    bulkhead b({.limit = 0});
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "limit 0 is below 1; use 1 or more");
  }
}

TEST(bulkhead, threads_never_are_more_inside_than_the_limit) {
  bulkhead b({.limit = 3, .max_wait = 2ms, .max_waiting = 4});
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 500; ++n) {
        std::stop_source stop;
        if (n % 16 == i) stop.request_stop();
        const auto r = b.call(
            [&] {
              const int now = ++inside;
              int seen = most;
              while (seen < now && !most.compare_exchange_weak(seen, now)) {
              }
              if (n % 4 == 0) std::this_thread::yield();
              --inside;
            },
            stop.get_token());
        if (r) ++done;
      }
    });
  }
  threads.clear();
  EXPECT_LE(most, 3);
  EXPECT_GT(done, 0);
  EXPECT_EQ(b.stats().in_flight, 0);
  EXPECT_EQ(b.stats().waiting, 0u);
}

}  // namespace
}  // namespace weir
