#include <jobs/gates.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace weir::jobs {
namespace {

using std::chrono::milliseconds;

TEST(gates, without_options_a_job_starts_at_once) {
  start_gate gate({});
  EXPECT_TRUE(gate.pass({}));
}

TEST(gates, after_a_stop_request_no_job_starts) {
  std::stop_source stop;
  stop.request_stop();
  start_gate open({});
  start_gate delayed({.delay = milliseconds(1)});
  EXPECT_FALSE(open.pass(stop.get_token()));
  EXPECT_FALSE(delayed.pass(stop.get_token()));
}

TEST(gates, two_starts_lie_apart_by_the_delay_whoever_asks) {
  constexpr duration delay = milliseconds(5);
  start_gate gate({.delay = delay});
  const time_point begin = clock::now();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 4; ++i) EXPECT_TRUE(gate.pass({}));
      });
  }
  EXPECT_GE(clock::now() - begin, 11 * delay) << "twelve starts, eleven gaps";
}

TEST(gates, a_stop_request_ends_a_long_wait) {
  start_gate gate({.delay = std::chrono::hours(1)});
  ASSERT_TRUE(gate.pass({}));
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_FALSE(gate.pass(stop.get_token()));
}

TEST(gates, a_pause_holds_who_comes_until_a_deadline_or_a_stop) {
  std::stop_source stop;
  for (const duration delay : {duration(0), duration(1)}) {
    start_gate gate({.delay = delay});
    gate.pause();
    EXPECT_EQ(gate.pass({}, clock::now() + milliseconds(5)).answer, gate_answer::expired);
    std::jthread stopper([&] { stop.request_stop(); });
    EXPECT_EQ(gate.pass(stop.get_token()).answer, gate_answer::stopped);
  }
}

TEST(gates, the_end_of_a_pause_lets_all_go_who_wait) {
  start_gate gate({});
  gate.pause();
  std::atomic<int> let_through = 0;
  {
    std::vector<std::jthread> waiting;
    for (int i = 0; i < 4; ++i) waiting.emplace_back([&] { let_through += bool(gate.pass({})); });
    EXPECT_EQ(gate.pass({}, clock::now() + milliseconds(5)).answer, gate_answer::expired);
    EXPECT_EQ(let_through, 0);
    gate.resume();
  }
  EXPECT_EQ(let_through, 4);
  EXPECT_TRUE(gate.pass({}));
}

TEST(gates, no_job_starts_while_the_load_is_above_the_limit) {
  std::atomic<int> asked = 0;
  const auto load = [&]() -> std::optional<double> { return ++asked < 3 ? 4.0 : 2.0; };
  start_gate gate({.load = 2.0}, {load, {}});
  EXPECT_TRUE(gate.pass({}));
  EXPECT_EQ(asked, 3);
}

TEST(gates, no_job_starts_while_memory_is_short) {
  std::atomic<int> asked = 0;
  const auto memory = [&]() -> std::optional<std::uint64_t> { return ++asked < 2 ? 10 : 1000; };
  start_gate gate({.memfree = 100}, {{}, memory});
  EXPECT_TRUE(gate.pass({}));
  EXPECT_EQ(asked, 2);
}

TEST(gates, a_machine_that_does_not_tell_has_no_gate) {
  start_gate gate({.load = 0.1, .memfree = unsigned{1} << 30},
                  {[] { return std::nullopt; }, [] { return std::nullopt; }});
  EXPECT_TRUE(gate.pass({}));
}

control::circuit_breaker_options touchy(duration reset) {
  return {.mode = control::breaker_mode::count_window,
          .reset_timeout = reset,
          .window_calls = 10,
          .minimum_calls = 2};
}

TEST(gates, a_rate_lets_its_burst_through_and_spaces_the_rest) {
  start_gate gate({.rate = rate{.per_second = 100, .burst = 3}});
  const time_point begin = clock::now();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(gate.pass({}));
  EXPECT_GE(clock::now() - begin, milliseconds(20)) << "three at once, two more after 10 ms each";
  EXPECT_GE(gate.seen().rate_limited, 1u);
  EXPECT_LE(gate.seen().rate_limited, 2u);
  EXPECT_GT(gate.seen().rate_limited_time, duration::zero());
}

TEST(gates, whoever_asks_a_rate_is_never_exceeded) {
  start_gate gate({.rate = rate{.per_second = 1000, .burst = 1}});
  const time_point begin = clock::now();
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) EXPECT_TRUE(gate.pass({}));
      });
  }
  EXPECT_GE(clock::now() - begin, milliseconds(19)) << "twenty starts, nineteen gaps";
}

TEST(gates, a_stop_request_ends_the_wait_for_a_token_and_gives_it_back) {
  start_gate gate({.rate = rate{.per_second = 0.001, .burst = 1}});
  ASSERT_TRUE(gate.pass({}));
  std::stop_source stop;
  std::jthread stopper([&] {
    while (gate.seen().rate_limited == 0) std::this_thread::yield();
    stop.request_stop();
  });
  EXPECT_EQ(gate.pass(stop.get_token()).answer, gate_answer::stopped);
}

TEST(gates, a_job_expires_while_it_waits_also_behind_others) {
  start_gate gate({.rate = rate{.per_second = 0.001, .burst = 1}});
  ASSERT_TRUE(gate.pass({}));
  std::stop_source stop;
  std::jthread head([&] { EXPECT_EQ(gate.pass(stop.get_token()).answer, gate_answer::stopped); });
  while (gate.seen().rate_limited == 0) std::this_thread::yield();
  EXPECT_EQ(gate.pass({}, after(clock::now(), milliseconds(5))).answer, gate_answer::expired);
  stop.request_stop();
}

TEST(gates, an_open_breaker_holds_jobs_until_a_probe_succeeds) {
  std::vector<control::breaker_state> changes;
  start_gate gate({.breaker = touchy(milliseconds(20)), .on_breaker = [&](auto s) { changes.push_back(s); }});
  const time_point begin = clock::now();
  for (int i = 0; i < 2; ++i) gate.ended(gate.pass({}), attempt_end::failed, {});
  EXPECT_EQ(gate.seen().breaker, control::breaker_state::open);
  const auto probe = gate.pass({});
  EXPECT_GE(clock::now() - begin, milliseconds(20));
  ASSERT_TRUE(probe.permit);
  std::jthread second([&] { gate.ended(gate.pass({}), attempt_end::succeeded, {}); });
  while (gate.seen().held_by_breaker < 2) std::this_thread::yield();
  gate.ended(probe, attempt_end::succeeded, {});
  second.join();
  using enum control::breaker_state;
  EXPECT_EQ(changes, (std::vector{open, half_open, closed}));
  EXPECT_EQ(gate.seen().breaker_opened, 1u);
  EXPECT_EQ(gate.seen().breaker_changes, 3u);
  EXPECT_GT(gate.seen().breaker_time, duration::zero());
}

TEST(gates, a_probe_that_was_not_made_is_free_again) {
  start_gate gate({.breaker = touchy(milliseconds(1))});
  for (int i = 0; i < 2; ++i) gate.ended(gate.pass({}), attempt_end::failed, {});
  gate.ended(gate.pass({}), attempt_end::not_made, {});
  EXPECT_TRUE(gate.pass({}));
}

TEST(gates, in_shadow_rate_and_breaker_only_count) {
  start_gate gate({.rate = rate{.per_second = 0.001, .burst = 1},
                   .breaker = touchy(std::chrono::hours(1)),
                   .shadow = true});
  for (int i = 0; i < 2; ++i) gate.ended(gate.pass({}), attempt_end::failed, {});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(gate.pass({}));
  EXPECT_EQ(gate.seen().rate_limited, 4u);
  EXPECT_EQ(gate.seen().held_by_breaker, 3u);
  EXPECT_EQ(gate.seen().rate_limited_time, duration::zero());
}

TEST(gates, what_the_system_writes_is_understood) {
  EXPECT_EQ(parse_loadavg("0.52 0.58 0.59 1/389 12345\n"), 0.52);
  EXPECT_EQ(parse_loadavg(""), std::nullopt);
  EXPECT_EQ(parse_meminfo("MemTotal:       1000 kB\nMemFree:  1 kB\nMemAvailable:    2048 kB\n"),
            2048u * 1024);
  EXPECT_EQ(parse_meminfo("MemTotal: 1 kB\n"), std::nullopt);
  const machine here = machine::real();
  EXPECT_GE(here.load().value(), 0.0);
  EXPECT_GT(here.available_memory().value(), 0u);
}

}  // namespace
}  // namespace weir::jobs
