// Retries: how many, after how long, and which calls are not tried again.
#include <weir/guard/retry.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;

const control::backoff_options quickly{.initial = 1us, .cap = 1us};

/// Fails `failures` times, then gives the number of calls.
struct flaky {
  int failures;
  errc why = errc::timed_out;
  int calls = 0;
  result<int> operator()() {
    if (++calls <= failures) return std::unexpected(why);
    return calls;
  }
};

TEST(retry, calls_until_it_succeeds_or_no_attempt_is_left) {
  retry r({.max_attempts = 3, .backoff = quickly});
  flaky twice{.failures = 2};
  EXPECT_EQ(r.call(twice), 3);
  flaky for_ever{.failures = 100};
  EXPECT_EQ(r.call(for_ever).error(), errc::timed_out);
  EXPECT_EQ(for_ever.calls, 3);
  EXPECT_EQ(r.stats().retries, 4u);
  EXPECT_EQ(r.stats().exhausted, 1u);
  EXPECT_TRUE(r.call([] {})) << "void";
}

TEST(retry, the_last_exception_leaves_as_it_came) {
  retry r({.max_attempts = 2, .backoff = quickly});
  int calls = 0;
  try {
    (void)r.call([&]() -> int { throw std::runtime_error(std::to_string(++calls)); });
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "2");
  }
}

TEST(retry, never_retries_a_cancelled_call) {
  retry r({.max_attempts = 5, .backoff = quickly, .classifier = [](const failure&) { return true; }});
  flaky cancelled{.failures = 100, .why = errc::cancelled};
  EXPECT_EQ(r.call(cancelled).error(), errc::cancelled);
  EXPECT_EQ(cancelled.calls, 1);
  int calls = 0;
  EXPECT_THROW((void)r.call([&] {
    ++calls;
    throw std::system_error(std::make_error_code(std::errc::operation_canceled));
  }),
               std::system_error);
  EXPECT_EQ(calls, 1);
}

TEST(retry, a_stop_request_ends_the_delay_and_no_retry_was_made) {
  retry r({.max_attempts = 5, .backoff = {.initial = 1h, .cap = 1h}});
  std::stop_source stop;
  std::atomic<int> calls = 0;
  std::jthread asks([&] {
    while (calls == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const auto fails = [&]() -> result<int> {
    ++calls;
    return std::unexpected(errc::timed_out);
  };
  EXPECT_EQ(r.call(fails, stop.get_token()).error(), errc::cancelled);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(r.stats().retries, 0u);
  EXPECT_EQ(r.call([&](std::stop_token t) { return t.stop_requested(); }, stop.get_token()), true)
      << "the function gets the token, and the first attempt is always made";
  EXPECT_THROW((void)r.call([]() -> int { throw std::runtime_error("first"); }, stop.get_token()),
               std::runtime_error);
}

TEST(retry, what_will_not_change_soon_is_not_tried_again_unless_asked_for) {
  retry r({.backoff = quickly});
  retry asked({.backoff = quickly, .classifier = [](errc e) { return e == errc::circuit_open; }});
  for (const errc e : {errc::closed, errc::expired, errc::circuit_open}) {
    flaky f{.failures = 100, .why = e};
    EXPECT_EQ(r.call(f).error(), e);
    EXPECT_EQ(f.calls, 1) << message(e);
    flaky g{.failures = 100, .why = e};
    EXPECT_EQ(asked.call(g).error(), e);
    EXPECT_EQ(g.calls, e == errc::circuit_open ? 3 : 1) << message(e);
  }
}

TEST(retry, waits_as_the_backoff_says_and_no_shorter_than_the_error_asks) {
  struct asks_for_time : retry_hint {
    asks_for_time(errc) {}
    asks_for_time(duration d) : retry_hint{d} {}
  };
  retry r({.max_attempts = 3, .backoff = {.initial = 2ms}});
  time_point begin = clock::now();
  flaky f{.failures = 2};
  EXPECT_TRUE(r.call(f));
  EXPECT_GE(clock::now() - begin, 6ms);
  begin = clock::now();
  int calls = 0;
  (void)r.call([&]() -> std::expected<void, asks_for_time> {
    if (++calls == 1) return std::unexpected(asks_for_time(15ms));
    return {};
  });
  EXPECT_EQ(calls, 2);
  EXPECT_GE(clock::now() - begin, 15ms);
  begin = clock::now();
  EXPECT_EQ(r.call([&]() -> int {
    if (++calls == 3) throw asks_for_time(12ms);
    return calls;
  }),
            4);
  EXPECT_GE(clock::now() - begin, 12ms);
}

TEST(retry, begins_no_attempt_after_the_total_time) {
  retry r({.max_attempts = 5, .backoff = {.initial = 1h, .cap = 1h}, .total = 1min});
  flaky f{.failures = 100};
  EXPECT_EQ(r.call(f).error(), errc::timed_out);
  EXPECT_EQ(f.calls, 1);
  retry none({.backoff = quickly, .total = 0ns});
  flaky g{.failures = 100};
  EXPECT_FALSE(none.call(g));
  EXPECT_EQ(g.calls, 1);
}

TEST(retry, the_budget_bounds_retries_by_requests) {
  retry r({.max_attempts = 10,
           .backoff = quickly,
           .budget = control::retry_budget_options{.min_per_second = 0, .ratio = 0.5}});
  int calls = 0;
  for (int i = 0; i < 20; ++i) {
    (void)r.call([&]() -> result<> {
      ++calls;
      return std::unexpected(errc::overloaded);
    });
  }
  EXPECT_EQ(calls, 30) << "20 requests pay for 10 retries";
  EXPECT_EQ(r.stats().refused, 20u);
  r.set_shadow(true);
  flaky f{.failures = 100};
  EXPECT_FALSE(r.call(f));
  EXPECT_EQ(f.calls, 10) << "in shadow mode the budget refuses nothing";
  EXPECT_EQ(r.would_have_refused(), 9u);
}

TEST(retry, names_the_bad_option_its_value_and_a_right_one) {
  EXPECT_EQ(check(retry_options{.max_attempts = 0})->message, "max_attempts 0 is below 1; use 1 or more");
  EXPECT_EQ(check(retry_options{.backoff = {.factor = 0.5}})->option, "factor");
  EXPECT_EQ(check(retry_options{.budget = control::retry_budget_options{.ratio = -1}})->option, "ratio");
  EXPECT_EQ(check(retry_options{.total = -1ns})->option, "total");
  EXPECT_THROW(retry({.max_attempts = 0}), std::invalid_argument);
}

TEST(retry, threads_share_a_budget) {
  retry r({.max_attempts = 3,
           .backoff = quickly,
           .budget = control::retry_budget_options{.min_per_second = 0, .ratio = 0.1}});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 250; ++n) (void)r.call([]() -> result<> { return std::unexpected(errc::full); });
    });
  }
  threads.clear();
  EXPECT_LE(r.stats().retries, 100u);
  EXPECT_GE(r.stats().retries, 90u);
}

}  // namespace
}  // namespace weir
