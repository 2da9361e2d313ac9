// The rate limiter: that it decides as the bucket does, on virtual time; and its line, of threads and
// coroutines, on the real one.
#include <weir/control/splitmix64.hpp>
#include <weir/control/token_bucket.hpp>
#include <weir/exec/task.hpp>
#include <weir/guard/rate_limiter.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;

time_point at(duration d) { return time_point(d); }

/// The line at a time of the test's choosing; it does not plan timers, but notes for when it would.
class line_at : public detail::rate_line {
 public:
  using rate_line::rate_line;
  time_point time = at(0s);
  time_point armed = never;
  void pass(duration d) {
    time += d;
    section in(*this);
    look(in.told);
  }

 protected:
  time_point now() const noexcept override { return time; }
  void arm(time_point when) override { armed = when; }
};

/// Somebody in the line who is no thread.
struct guest {
  explicit guest(line_at& l, double n = 1, time_point deadline = never)
      : party(detail::wait_party<detail::native_atomics>::shape::single,
              {[](void* flag) noexcept { *static_cast<bool*>(flag) = true; }, &told}),
        line(&l) {
    waiter.party = &party;
    waiter.amount = n;
    waiter.deadline = deadline;
    listed = l.join(waiter);
  }
  bool served() const { return (told || !listed) && waiter.outcome.has_value(); }
  bool refused(errc e) const { return (told || !listed) && !waiter.outcome && waiter.outcome.error() == e; }

  bool told = false;
  bool listed = false;
  detail::wait_party<detail::native_atomics> party;
  detail::line_waiter waiter;
  line_at* line;
};

/// Waits until `n` are in the line.
void until_waiting(const rate_limiter& limiter, std::size_t n) {
  while (limiter.stats().waiting != n) std::this_thread::yield();
}

TEST(rate_limiter, decides_exactly_as_the_token_bucket_does) {
  constexpr std::uint64_t seed = 20261124;
  SCOPED_TRACE(seed);
  control::splitmix64 random(seed);
  for (const double rate : {0.3, 7.0, 1000.0, 3e6, 1e9, 5e12, 1e-12}) {
    for (const double burst : {1.0, 2.5, 10.0, 1e6}) {
      line_at line(rate, burst);
      control::token_bucket bucket(rate, burst);
      const auto step = static_cast<std::uint64_t>(std::min(3e9 / rate, 1e18)) + 2;
      for (int i = 0; i < 3000; ++i) {
        line.time +=
            duration(static_cast<std::int64_t>(std::min<std::uint64_t>(random.below(step), 1u << 30)));
        if (random.below(50) == 0) {
          const double other = rate * (0.5 + random.unit());
          line.set_rate(other);
          bucket.set_rate(line.time, other);
        }
        const double n = random.below(3) != 0 ? 1 : random.unit() * burst * 1.1 - 0.01;
        ASSERT_EQ(line.try_acquire(line.time, n), bucket.try_acquire(line.time, n))
            << "rate " << rate << ", burst " << burst << ", call " << i << ", n " << n;
        ASSERT_EQ(line.tokens(), bucket.tokens(line.time));
      }
    }
  }
}

TEST(rate_limiter, never_grants_what_cannot_be_had) {
  rate_limiter limiter(10, 5);
  EXPECT_FALSE(limiter.try_acquire(-1));
  EXPECT_FALSE(limiter.try_acquire(5.5));
  EXPECT_FALSE(limiter.try_acquire(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(limiter.wait(6).error(), errc::rate_limited);
  EXPECT_EQ(limiter.wait_for(1h, -1).error(), errc::rate_limited);
  EXPECT_TRUE(limiter.try_acquire(5)) << "refusals cost nothing";
}

TEST(rate_limiter, names_the_bad_option_its_value_and_a_right_one) {
  try {
    rate_limiter limiter(10, 0.5);
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "burst 0.5 is below 1; use 1 or more");
  }
  rate_limiter limiter(10, 1);
  EXPECT_THROW(limiter.set_rate(0), std::invalid_argument);
  EXPECT_EQ(limiter.per_second(), 10);
}

TEST(rate_limiter, serves_the_line_in_order_at_its_rate) {
  line_at line(10, 1);
  ASSERT_TRUE(line.try_acquire(line.time, 1));
  std::vector<std::unique_ptr<guest>> guests;
  for (int i = 0; i < 5; ++i) guests.push_back(std::make_unique<guest>(line));
  EXPECT_EQ(line.armed, at(100ms));
  line.pass(99ms);
  EXPECT_FALSE(guests[0]->served());
  for (std::size_t i = 0; i < 5; ++i) {
    line.pass(i == 0 ? 1ms : 100ms);
    for (std::size_t j = 0; j < 5; ++j) EXPECT_EQ(guests[j]->served(), j <= i) << i << " " << j;
    EXPECT_FALSE(line.try_acquire(line.time, 1)) << "nobody overtakes";
  }
}

TEST(rate_limiter, nobody_overtakes_even_with_less) {
  line_at line(10, 10);
  ASSERT_TRUE(line.try_acquire(line.time, 10));
  guest big(line, 10);
  line.pass(500ms);
  EXPECT_FALSE(line.try_acquire(line.time, 1));
  guest small(line, 1);
  EXPECT_FALSE(small.served());
  line.pass(500ms);
  EXPECT_TRUE(big.served());
  EXPECT_FALSE(small.served());
  line.pass(100ms);
  EXPECT_TRUE(small.served());
}

TEST(rate_limiter, refuses_at_once_who_cannot_make_it) {
  line_at line(10, 1);
  ASSERT_TRUE(line.try_acquire(line.time, 1));
  guest late(line, 1, at(99ms));
  EXPECT_TRUE(late.refused(errc::rate_limited));
  guest first(line, 1, at(100ms));
  EXPECT_FALSE(first.refused(errc::rate_limited));
  guest second_late(line, 1, at(199ms));
  EXPECT_TRUE(second_late.refused(errc::rate_limited));
  guest second(line, 1, at(200ms));
  line.pass(200ms);
  EXPECT_TRUE(first.served());
  EXPECT_TRUE(second.served());
}

TEST(rate_limiter, a_slower_rate_tells_those_who_cannot_make_it_any_more) {
  line_at line(10, 1);
  ASSERT_TRUE(line.try_acquire(line.time, 1));
  guest patient(line);
  guest first_to_fail(line, 1, at(250ms));
  guest second(line, 1, at(10s));
  line.set_rate(2);
  EXPECT_FALSE(patient.told);
  EXPECT_TRUE(first_to_fail.refused(errc::rate_limited));
  EXPECT_FALSE(second.told);
  EXPECT_EQ(line.armed, at(500ms));
  line.pass(499ms);
  EXPECT_FALSE(patient.served());
  line.pass(1ms);
  EXPECT_TRUE(patient.served());
  line.pass(500ms);
  EXPECT_TRUE(second.served());
}

TEST(rate_limiter, a_faster_rate_counts_at_once) {
  line_at line(0.001, 1);
  ASSERT_TRUE(line.try_acquire(line.time, 1));
  guest first(line);
  guest second(line);
  line.set_rate(1000);
  EXPECT_EQ(line.armed, at(1ms));
  line.pass(1ms);
  EXPECT_TRUE(first.served());
  line.pass(1ms);
  EXPECT_TRUE(second.served());
}

TEST(rate_limiter, who_leaves_the_line_costs_the_others_nothing) {
  line_at line(10, 1);
  ASSERT_TRUE(line.try_acquire(line.time, 1));
  guest first(line);
  guest second(line);
  guest third(line);
  line.leave(second.waiter, errc::cancelled);
  EXPECT_TRUE(second.refused(errc::cancelled));
  line.pass(50ms);
  line.leave(first.waiter, errc::timed_out);
  EXPECT_TRUE(first.refused(errc::timed_out));
  EXPECT_EQ(line.armed, at(100ms)) << "the third is the first now, and its token is the first one's";
  line.pass(50ms);
  EXPECT_TRUE(third.served());
  EXPECT_FALSE(line.try_acquire(line.time, 1));
  line.pass(100ms);
  EXPECT_TRUE(line.try_acquire(line.time, 1));
}

TEST(rate_limiter, who_is_due_is_served_though_it_gives_up_late) {
  line_at line(10, 1);
  ASSERT_TRUE(line.try_acquire(line.time, 1));
  guest first(line);
  line.time = at(100ms);
  line.leave(first.waiter, errc::cancelled);
  EXPECT_TRUE(first.served());
}

TEST(rate_limiter, admits_no_more_than_the_bucket_while_people_come_and_go) {
  constexpr std::uint64_t seed = 7;
  SCOPED_TRACE(seed);
  control::splitmix64 random(seed);
  line_at line(100, 3);
  std::vector<std::unique_ptr<guest>> inside;
  double admitted = 0;
  for (int i = 0; i < 20000; ++i) {
    switch (random.below(4)) {
      case 0:
        if (inside.size() < 20) inside.push_back(std::make_unique<guest>(line, 1 + double(random.below(3))));
        break;
      case 1:
        if (!inside.empty()) line.leave(inside[random.below(inside.size())]->waiter, errc::cancelled);
        break;
      case 2: admitted += line.try_acquire(line.time, 1) ? 1 : 0; break;
      default: line.pass(duration(random.below(12'000'000))); break;
    }
    std::erase_if(inside, [&](const auto& g) {
      if (g->served()) admitted += g->waiter.amount;
      return g->told || !g->listed;
    });
    const double most = 3 + 100 * std::chrono::duration<double>(line.time.time_since_epoch()).count();
    ASSERT_LE(admitted, most + 1e-6);
  }
  EXPECT_GT(admitted, 0.5 * 100 * std::chrono::duration<double>(line.time.time_since_epoch()).count());
  for (const auto& g : inside) line.leave(g->waiter, errc::cancelled);
}

TEST(rate_limiter, waiting_takes_as_long_as_the_tokens_do) {
  rate_limiter limiter(200, 1);
  const time_point begin = clock::now();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(limiter.wait());
  EXPECT_GE(clock::now() - begin, 20ms);
}

TEST(rate_limiter, threads_that_wait_are_served_in_order_of_arrival) {
  rate_limiter limiter(0.001, 1);
  ASSERT_TRUE(limiter.try_acquire());
  std::atomic<int> next = 0;  // 30 ms lie between any two
  std::vector<int> rank(6);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      ASSERT_TRUE(limiter.wait());
      rank[static_cast<std::size_t>(i)] = next++;
    });
    until_waiting(limiter, static_cast<std::size_t>(i) + 1);
  }
  limiter.set_rate(33);
  threads.clear();
  EXPECT_EQ(rank, (std::vector{0, 1, 2, 3, 4, 5}));
}

TEST(rate_limiter, a_stop_request_ends_a_wait) {
  rate_limiter limiter(0.001, 1);
  ASSERT_TRUE(limiter.try_acquire());
  std::stop_source stop;
  std::jthread asks([&] {
    until_waiting(limiter, 1);
    stop.request_stop();
  });
  EXPECT_EQ(limiter.wait(1, stop.get_token()).error(), errc::cancelled);
  EXPECT_EQ(limiter.wait(1, stop.get_token()).error(), errc::cancelled) << "asked before";
  EXPECT_EQ(limiter.stats().waiting, 0u);
}

TEST(rate_limiter, a_wait_that_need_not_wait_looks_at_no_token_or_deadline) {
  rate_limiter limiter(1, 2);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(limiter.wait(1, stop.get_token()));
  EXPECT_TRUE(limiter.wait_for(-1s));
  EXPECT_EQ(limiter.wait_for(10ms).error(), errc::rate_limited);
}

TEST(rate_limiter, shadow_mode_lets_all_through_and_counts) {
  rate_limiter limiter(0.001, 1);
  limiter.set_shadow(true);
  EXPECT_TRUE(limiter.try_acquire());
  EXPECT_EQ(limiter.would_have_refused(), 0u);
  EXPECT_TRUE(limiter.try_acquire());
  EXPECT_TRUE(limiter.wait());
  EXPECT_EQ(limiter.would_have_refused(), 2u);
  limiter.set_shadow(false);
  EXPECT_FALSE(limiter.try_acquire());
  EXPECT_EQ(limiter.would_have_refused(), 2u);
  EXPECT_EQ(limiter.stats().refused, 1u);
}

task<> waits(rate_limiter& limiter, std::atomic<int>& next, int& rank) {
  auto op = limiter.async_wait();
  const result<> got = co_await op;
  EXPECT_TRUE(got);
  rank = next++;
}

TEST(rate_limiter, coroutines_wait_in_the_same_line_as_threads) {
  rate_limiter limiter(0.001, 1);
  ASSERT_TRUE(limiter.try_acquire());
  std::atomic<int> next = 0;  // 20 ms lie between any two
  std::vector<int> rank(3);
  scheduler s(1);
  spawn(s, waits(limiter, next, rank[0]));
  until_waiting(limiter, 1);
  std::jthread thread([&] {
    ASSERT_TRUE(limiter.wait());
    rank[1] = next++;
  });
  until_waiting(limiter, 2);
  spawn(s, waits(limiter, next, rank[2]));
  until_waiting(limiter, 3);
  limiter.set_rate(50);
  thread.join();
  s.drain();
  EXPECT_EQ(rank, (std::vector{0, 1, 2}));
}

TEST(rate_limiter, a_coroutine_that_waits_can_be_stopped) {
  rate_limiter limiter(0.001, 1);
  ASSERT_TRUE(limiter.try_acquire());
  std::stop_source stop;
  scheduler s(1);
  auto body = [](rate_limiter& l, std::stop_token token) -> task<errc> {
    auto op = l.async_wait(1, token);
    const result<> got = co_await op;
    co_return got.error();
  };
  std::jthread asks([&] {
    until_waiting(limiter, 1);
    stop.request_stop();
  });
  EXPECT_EQ(run(s, body(limiter, stop.get_token())), errc::cancelled);
  EXPECT_EQ(run(s, body(limiter, stop.get_token())), errc::cancelled);
}

TEST(rate_limiter, threads_share_the_rate_while_it_changes_and_waits_are_given_up) {
  rate_limiter limiter(20'000, 50);
  std::atomic<bool> over = false;
  std::atomic<long> got = 0;
  const time_point begin = clock::now();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        while (!over) got += limiter.try_acquire() ? 1 : 0;
      });
      threads.emplace_back([&] {
        while (!over) got += limiter.wait_for(1ms) ? 1 : 0;
      });
      threads.emplace_back([&] {
        while (!over) got += limiter.wait(3) ? 3 : 0;
      });
    }
    scheduler s(1);
    spawn(s, [](rate_limiter& l, std::atomic<bool>& end, std::atomic<long>& sum) -> task<> {
      while (!end) {
        auto op = l.async_wait_until(clock::now() + 2ms, 2);
        const result<> granted = co_await op;
        if (granted) sum += 2;
      }
    }(limiter, over, got));
    for (int i = 0; i < 100; ++i) {
      limiter.set_rate(i % 2 ? 20'000 : 10'000);
      std::stop_source stop;
      std::jthread leaves([&] { (void)limiter.wait_for(1s, 50, stop.get_token()).has_value(); });
      stop.request_stop();
      leaves.join();
    }
    over = true;
    s.drain();
  }
  const double seconds = std::chrono::duration<double>(clock::now() - begin).count();
  EXPECT_GT(got, 0);
  EXPECT_LE(static_cast<double>(got), 50 + 20'000 * seconds + 50 * 100 + 10);
  EXPECT_EQ(limiter.stats().waiting, 0u);
}

}  // namespace
}  // namespace weir
