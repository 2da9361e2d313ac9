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
