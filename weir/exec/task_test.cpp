// Tasks: what they give back, where they run, and how they end.
#include <weir/channel/channel.hpp>
#include <weir/channel/testing.hpp>
#include <weir/exec/task.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

task<int> number(int n) { co_return n; }
task<std::unique_ptr<int>> boxed(int n) { co_return std::make_unique<int>(n); }
task<int&> reference_to(int& n) { co_return n; }
task<int> failing(const char* why) {
  if (why != nullptr) throw std::runtime_error(why);
  co_return 0;
}
task<> mark(std::atomic<int>& ran) {
  ++ran;
  co_return;
}

TEST(task, gives_its_value_to_the_one_who_awaits_it) {
  scheduler s(1);
  auto sum = []() -> task<int> {
    const int a = co_await number(1);
    auto b = co_await boxed(2);
    int c = 3;
    int& d = co_await reference_to(c);
    d = 4;
    co_return a + *b + c;
  };
  EXPECT_EQ(run(s, sum()), 7);
}

TEST(task, does_not_run_before_it_is_awaited) {
  std::atomic<int> ran = 0;
  {
    const task<> t = mark(ran);
  }
  EXPECT_EQ(ran, 0);
  task<> t = mark(ran);
  task<> other = std::move(t);
  EXPECT_FALSE(t);
  scheduler s(1);
  run(s, std::move(other));
  EXPECT_EQ(ran, 1);
}

TEST(task, an_exception_is_thrown_where_the_task_is_awaited) {
  scheduler s(1);
  auto catches = []() -> task<std::string> {
    try {
      co_await failing("inner");
    } catch (const std::runtime_error& e) {
      co_return std::string("caught ") + e.what();
    }
    co_return "nothing";
  };
  EXPECT_EQ(run(s, catches()), "caught inner");
  EXPECT_THROW(run(s, failing("outer")), std::runtime_error);
}

TEST(task, a_long_chain_of_tasks_needs_no_stack) {
  scheduler s(1);
  auto sum = [](int n) -> task<long> {
    long total = 0;
    for (int i = 0; i < n; ++i) total += co_await number(1);
    co_return total;
  };
  EXPECT_EQ(run(s, sum(1'000'000)), 1'000'000);
}

task<long> nested(long depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await nested(depth - 1);
}

TEST(task, tasks_nest_deeper_than_any_stack) {
  scheduler s(1);
  EXPECT_EQ(run(s, nested(100'000)), 100'000);
}

TEST(scheduler, runs_what_is_spawned_and_drains) {
  for (const std::size_t workers : {1u, 2u, 4u}) {
    std::atomic<int> ran = 0;
    scheduler s(workers);
    EXPECT_EQ(s.workers(), workers);
    for (int i = 0; i < 1000; ++i) spawn(s, mark(ran));
    s.drain();
    EXPECT_EQ(ran, 1000);
    spawn(s, mark(ran));
    s.drain();
    EXPECT_EQ(ran, 1001) << "a drained scheduler goes on";
  }
}

TEST(scheduler, its_destructor_drains) {
  std::atomic<int> ran = 0;
  {
    scheduler s(2);
    for (int i = 0; i < 1000; ++i) spawn(s, mark(ran));
  }
  EXPECT_EQ(ran, 1000);
}

TEST(scheduler, a_task_can_spawn_more_than_a_worker_has_room_for) {
  std::atomic<int> ran = 0;
  scheduler s(2);
  auto many = [](scheduler& on, std::atomic<int>& count) -> task<> {
    for (int i = 0; i < 5000; ++i) spawn(on, mark(count));
    co_return;
  };
  spawn(s, many(s, ran));
  s.drain();
  EXPECT_EQ(ran, 5000);
}

TEST(scheduler, waiting_for_itself_on_a_worker_is_an_error) {
  scheduler s(1);
  auto waits = [](scheduler& on) -> task<> {
    EXPECT_THROW(run(on, number(1)), std::logic_error);
    EXPECT_THROW(on.drain(), std::logic_error);
    co_return;
  };
  run(s, waits(s));
  scheduler other(1);
  auto asks = [](scheduler& on) -> task<int> { co_return run(on, number(5)); };
  EXPECT_EQ(run(s, asks(other)), 5) << "another scheduler's worker is a thread like any other";
}

TEST(scheduler, a_coroutine_is_not_held_up_by_one_that_computes_on) {
  // The woken one is put next on its waker's worker, which then never comes to it.
  scheduler s(2);
  channel<int> ch(1);
  std::atomic<bool> woken = false;
  auto waits = [](channel<int>& from, std::atomic<bool>& flag) -> task<> {
    auto op = from.async_receive();
    EXPECT_EQ(co_await op, 1);
    flag = true;
  };
  auto computes = [](channel<int>& to, std::atomic<bool>& flag) -> task<> {
    int one = 1;
    auto op = to.async_send(std::move(one));
    EXPECT_TRUE(co_await op);
    while (!flag) std::this_thread::yield();
  };
  spawn(s, waits(ch, woken));
  testing::until([&] { return ch.stats().waiting_receivers == 1; });
  spawn(s, computes(ch, woken));
  s.drain();
  EXPECT_TRUE(woken);
}

TEST(scheduler, a_pair_that_feeds_each_other_does_not_starve_the_others) {
  for (const std::size_t capacity : {0u, 1u, 64u, 1024u}) {
    scheduler s(1);
    channel<int> ch(capacity);
    std::atomic<bool> stop = false;
    auto feeds = [](channel<int>& to, std::atomic<bool>& end) -> task<> {
      while (!end) {
        int v = 1;
        auto op = to.async_send(std::move(v));
        if (!co_await op) co_return;
      }
      to.close();
    };
    auto eats = [](channel<int>& from) -> task<> {
      for (;;) {
        auto op = from.async_receive();
        if (!co_await op) co_return;
      }
    };
    auto ends = [](std::atomic<bool>& end) -> task<> {
      end = true;
      co_return;
    };
    spawn(s, feeds(ch, stop));
    spawn(s, eats(ch));
    spawn(s, ends(stop));
    s.drain();
    EXPECT_TRUE(stop);
  }
}

TEST(scheduler, uses_no_processor_while_all_its_coroutines_wait) {
  scheduler s(4);
  channel<int> ch(0);
  auto waits = [](channel<int>& from) -> task<> {
    auto op = from.async_receive();
    static_cast<void>(co_await op);
  };
  for (int i = 0; i < 100; ++i) spawn(s, waits(ch));
  testing::until([&] { return ch.stats().waiting_receivers == 100; });
  auto naps = [](duration time) -> task<> {
    auto op = sleep_for(time);
    static_cast<void>(co_await op);
  };
  const std::clock_t before = std::clock();  // of all threads of this process
  run(s, naps(std::chrono::milliseconds(200)));
  const double used = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  EXPECT_LT(used, 0.1) << "of 200 ms, and of four workers";
  ch.close();
}

TEST(scheduler, an_exception_that_leaves_a_spawned_task_ends_the_program) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  auto throws = []() -> task<> { co_await failing("nobody is there to catch this"); };
  EXPECT_DEATH(
      {
        scheduler s(1);
        spawn(s, throws());
        s.drain();
      },
      "nobody is there to catch this");
}

}  // namespace
}  // namespace weir
