// The circuit breaker around calls of every kind, what it counts, and that threads share it.
#include <weir/guard/circuit_breaker.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using control::breaker_state;

result<int> fails() { return std::unexpected(errc::timed_out); }
[[noreturn]] int throws() { throw std::runtime_error("no"); }

/// Waits for the time to pass that an open breaker rests.
void until_half_open(const circuit_breaker& b) {
  while (b.state() != breaker_state::half_open) std::this_thread::yield();
}

TEST(circuit_breaker, gives_what_the_function_gives_and_says_in_the_type_that_it_may_not) {
  circuit_breaker b;
  const result<int> value = b.call([] { return 7; });
  EXPECT_EQ(value, 7);
  const result<> nothing = b.call([] {});
  EXPECT_TRUE(nothing);
  const result<int> failed = b.call(fails);
  EXPECT_EQ(failed.error(), errc::timed_out);
  const io_result<std::string> io = b.call([]() -> io_result<std::string> { return "bytes"; });
  EXPECT_EQ(io, "bytes");
  const result<std::unique_ptr<int>> moved = b.call([] { return std::make_unique<int>(3); });
  EXPECT_EQ(**moved, 3);
}

TEST(circuit_breaker, opens_after_failures_in_a_row_and_then_does_not_call) {
  circuit_breaker b({.max_failures = 3});
  int calls = 0;
  const auto failing = [&] {
    ++calls;
    return fails();
  };
  (void)b.call(failing);
  (void)b.call(failing);
  (void)b.call([] {});  // a success begins the count anew
  for (int i = 0; i < 3; ++i) EXPECT_EQ(b.call(failing).error(), errc::timed_out);
  EXPECT_EQ(b.state(), breaker_state::open);
  EXPECT_EQ(b.call(failing).error(), errc::circuit_open);
  EXPECT_EQ(b.call([]() -> io_result<> { return {}; }).error().code, errc::circuit_open);
  EXPECT_EQ(calls, 5);
  const breaker_stats s = b.stats();
  EXPECT_EQ(s.failed, 5u);
  EXPECT_EQ(s.succeeded, 1u);
  EXPECT_EQ(s.refused, 2u);
  EXPECT_EQ(s.opened, 1u);
}

TEST(circuit_breaker, an_exception_counts_and_leaves_as_it_came) {
  circuit_breaker b({.max_failures = 2});
  EXPECT_THROW((void)b.call(throws), std::runtime_error);
  EXPECT_THROW((void)b.call(throws), std::runtime_error);
  EXPECT_EQ(b.call(throws).error(), errc::circuit_open);
}

TEST(circuit_breaker, a_probe_that_succeeds_closes_it_and_one_that_fails_opens_it_again) {
  circuit_breaker b({.max_failures = 1, .reset_timeout = 1ms});
  (void)b.call(fails);
  until_half_open(b);
  EXPECT_EQ(b.call(fails).error(), errc::timed_out);
  EXPECT_EQ(b.stats().opened, 2u);
  until_half_open(b);
  EXPECT_TRUE(b.call([] {}));
  EXPECT_EQ(b.state(), breaker_state::closed);
}

TEST(circuit_breaker, lets_only_so_many_probes_through) {
  circuit_breaker b({.max_failures = 1, .reset_timeout = 1ms, .half_open_probes = 2, .probe_timeout = 1h});
  (void)b.call(fails);
  until_half_open(b);
  auto one = b.acquire();
  auto two = b.acquire();
  ASSERT_TRUE(one && two);
  EXPECT_EQ(b.acquire().error(), errc::circuit_open);
  one->succeeded();
  EXPECT_EQ(b.state(), breaker_state::half_open);
  two->succeeded();
  EXPECT_EQ(b.state(), breaker_state::closed);
}

TEST(circuit_breaker, a_dropped_permit_is_a_call_that_was_never_made) {
  circuit_breaker b({.max_failures = 1, .reset_timeout = 1ms, .probe_timeout = 1h});
  (void)b.call(fails);
  until_half_open(b);
  {
    const auto dropped = b.acquire();
  }
  EXPECT_TRUE(b.acquire()) << "its place is free again";
  EXPECT_TRUE(b.call([] {}));
  EXPECT_EQ(b.stats().succeeded, 1u);
}

TEST(circuit_breaker, a_late_result_of_an_earlier_generation_changes_nothing) {
  circuit_breaker b({.max_failures = 1});
  auto early = b.acquire();
  auto late = b.acquire();
  early->failed();
  EXPECT_EQ(b.state(), breaker_state::open);
  b.reset();
  late->failed();
  EXPECT_EQ(b.state(), breaker_state::closed);
}

TEST(circuit_breaker, a_classifier_says_what_is_a_failure) {
  circuit_breaker b({.max_failures = 1}, [](errc e) { return e != errc::empty; });
  (void)b.call([]() -> result<> { return std::unexpected(errc::empty); });
  EXPECT_EQ(b.state(), breaker_state::closed);
  EXPECT_THROW((void)b.call(throws), std::runtime_error);
  EXPECT_EQ(b.state(), breaker_state::open) << "what is no errc takes the default";

  circuit_breaker of_values({.max_failures = 1});
  const auto is_server_error = [](const result<int>& status) { return !status || *status >= 500; };
  EXPECT_EQ(of_values.call([] { return 404; }, is_server_error), 404);
  EXPECT_EQ(of_values.state(), breaker_state::closed);
  EXPECT_EQ(of_values.call([] { return 503; }, is_server_error), 503);
  EXPECT_EQ(of_values.state(), breaker_state::open);
}

TEST(circuit_breaker, a_classifier_sees_the_error_whatever_its_type) {
  struct my_error {
    int number;
    my_error(int n) : number(n) {}
    my_error(errc) : number(-1) {}
  };
  circuit_breaker b({.max_failures = 1}, [](const failure& f) { return f.as<my_error>()->number > 1; });
  const auto gives = [](int n) {
    return [n]() -> std::expected<void, my_error> { return std::unexpected(my_error(n)); };
  };
  (void)b.call(gives(1));
  EXPECT_EQ(b.state(), breaker_state::closed);
  (void)b.call(gives(2));
  EXPECT_EQ(b.call(gives(1)).error().number, -1);
}

TEST(circuit_breaker, a_classifier_of_error_codes_sees_those_of_others_too) {
  circuit_breaker b({.max_failures = 1},
                    [](std::error_code why) { return why != std::errc::permission_denied; });
  const auto failing_with = [](std::errc why) {
    return [why]() -> io_result<> { return std::unexpected(error(why)); };
  };
  (void)b.call(failing_with(std::errc::permission_denied));
  EXPECT_EQ(b.state(), breaker_state::closed);
  (void)b.call(failing_with(std::errc::connection_refused));
  EXPECT_EQ(b.state(), breaker_state::open);
}

TEST(circuit_breaker, tells_of_every_change) {
  circuit_breaker b({.max_failures = 1, .reset_timeout = 1ms});
  std::vector<std::pair<breaker_state, breaker_state>> changes;
  int also = 0;
  b.on_change([&](breaker_state from, breaker_state to) { changes.emplace_back(from, to); });
  b.on_change([&](breaker_state) { ++also; });
  (void)b.call(fails);
  until_half_open(b);
  (void)b.call([] {});
  b.trip();
  b.trip();
  b.reset();
  using enum breaker_state;
  EXPECT_EQ(changes,
            (std::vector<std::pair<breaker_state, breaker_state>>{
                {closed, open}, {open, half_open}, {half_open, closed}, {closed, open}, {open, closed}}));
  EXPECT_EQ(also, 5);
}

TEST(circuit_breaker, slow_calls_open_it) {
  circuit_breaker b({.mode = control::breaker_mode::count_window, .minimum_calls = 2, .slow_call = 1ms});
  const auto slowly = [] {
    const time_point end = clock::now() + 2ms;
    while (clock::now() < end) {
    }
  };
  EXPECT_TRUE(b.call(slowly));
  EXPECT_TRUE(b.call(slowly));
  EXPECT_EQ(b.state(), breaker_state::open);
}

TEST(circuit_breaker, opens_by_the_share_of_failures_in_its_windows) {
  for (const auto mode : {control::breaker_mode::count_window, control::breaker_mode::time_window}) {
    circuit_breaker b({.mode = mode, .minimum_calls = 4});
    (void)b.call([] {});
    (void)b.call(fails);
    (void)b.call([] {});
    EXPECT_EQ(b.state(), breaker_state::closed);
    (void)b.call(fails);
    EXPECT_EQ(b.state(), breaker_state::open);
  }
}

TEST(circuit_breaker, shadow_mode_counts_what_it_would_have_refused) {
  circuit_breaker b({.max_failures = 1});
  b.set_shadow(true);
  (void)b.call(fails);
  EXPECT_EQ(b.state(), breaker_state::open);
  EXPECT_TRUE(b.call([] {}));
  EXPECT_TRUE(b.call([] {}));
  EXPECT_EQ(b.would_have_refused(), 2u);
  EXPECT_EQ(b.stats().refused, 0u);
}

TEST(circuit_breaker, names_the_bad_option_its_value_and_a_right_one) {
  try {
    circuit_breaker b({.max_failures = 0});
    FAIL();
  } catch (const std::invalid_argument& e) {
    EXPECT_STREQ(e.what(), "max_failures 0 is below 1; use 1 or more");
  }
}

TEST(circuit_breaker, threads_share_it_and_no_call_goes_through_while_it_is_open) {
  circuit_breaker b({.max_failures = 2, .reset_timeout = 1h});
  std::atomic<bool> tripped = false;
  std::atomic<int> called_after = 0;
  std::atomic<int> changes = 0;
  b.on_change([&] { ++changes; });
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 3000; ++n) {
        const bool was = tripped;
        (void)b.call([&]() -> result<> {
          if (was) ++called_after;
          if (n % 7 == i) return std::unexpected(errc::timed_out);
          return {};
        });
      }
    });
  }
  b.trip();
  tripped = true;
  threads.clear();
  EXPECT_EQ(called_after, 0);
  EXPECT_EQ(b.state(), breaker_state::open);
  EXPECT_EQ(changes, 1);
}

}  // namespace
}  // namespace weir
