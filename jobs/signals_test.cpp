#include <jobs/signals.hpp>

#include <gtest/gtest.h>

#include <unistd.h>
#include <atomic>
#include <csignal>

namespace weir::jobs {
namespace {

// Signals are the process's, so each case runs in one of its own.
template <class F>
void in_a_process(F body) {
  EXPECT_EXIT(
      {
        body();
        ::_exit(testing::Test::HasFailure() ? 1 : 0);
      },
      testing::ExitedWithCode(0), "");
}

template <class F>
void wait_for(F condition) {
  while (!condition()) std::this_thread::yield();
}

TEST(signals, each_signal_reaches_the_callback_and_does_nothing_else) {
  in_a_process([] {
    block_signals();
    std::atomic<int> seen = 0;
    signal_listener listener({[&](int number) { seen = number; }, [] { return never; }});
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
      ::kill(::getpid(), number);
      wait_for([&] { return seen == number; });
    }
  });
}

TEST(signals, an_ignored_hangup_stays_ignored) {
  in_a_process([] {
    std::signal(SIGHUP, SIG_IGN);
    block_signals();
    std::atomic<int> hangups = 0;
    std::atomic<int> others = 0;
    signal_listener listener(
        {[&](int number) { ++(number == SIGHUP ? hangups : others); }, [] { return never; }});
    ::kill(::getpid(), SIGHUP);
    ::kill(::getpid(), SIGUSR1);
    wait_for([&] { return others == 1; });
    EXPECT_EQ(hangups, 0);
  });
}

TEST(signals, what_is_due_is_called_at_its_time_and_after_a_nudge) {
  in_a_process([] {
    block_signals();
    std::atomic<int> calls = 0;
    signal_listener listener(
        {[](int) {}, [&] { return ++calls < 3 ? from_now(std::chrono::milliseconds(1)) : never; }});
    wait_for([&] { return calls == 3; });
    listener.nudge();
    wait_for([&] { return calls >= 4; });
  });
}

TEST(signals, the_end_of_the_listener_waits_for_nothing) {
  in_a_process([] {
    block_signals();
    signal_listener listener({[](int) {}, [] { return never; }});
  });
}

}  // namespace
}  // namespace weir::jobs
