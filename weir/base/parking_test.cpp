// Waiting at its lowest level: the futex, the parker, the lock, the list, the dice.
#include <weir/base/fifo_list.hpp>
#include <weir/base/futex.hpp>
#include <weir/base/parker.hpp>
#include <weir/base/short_lock.hpp>
#include <weir/base/thread_random.hpp>

#include <gtest/gtest.h>

#include <array>
#include <ctime>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace weir::detail {
namespace {

using namespace std::chrono_literals;
using reason = parker<>::reason;

TEST(futex, does_not_sleep_on_a_word_that_has_changed) {
  std::atomic<std::uint32_t> word{1};
  EXPECT_TRUE(futex_wait(word, 0, never));
}

TEST(futex, tells_when_the_deadline_passed) {
  std::atomic<std::uint32_t> word{0};
  const time_point until = clock::now() + 5ms;
  while (futex_wait(word, 0, until)) {
  }
  EXPECT_GE(clock::now(), until);
  EXPECT_FALSE(futex_wait(word, 0, time_point::min())) << "a time before the clock's zero has passed";
  EXPECT_FALSE(futex_wait(word, 0, time_point(1ns)));
}

TEST(futex, a_wake_for_a_word_that_is_gone_is_harmless) {
  auto word = std::make_unique<std::atomic<std::uint32_t>>(0);
  const volatile auto address = reinterpret_cast<std::uintptr_t>(word.get());
  word.reset();
  futex_wake_one(reinterpret_cast<std::atomic<std::uint32_t>*>(address));
}

TEST(parker, tells_done_interrupted_and_timed_out) {
  parker<> p;
  EXPECT_EQ(p.wait(clock::now() + 1ms), reason::timed_out);
  p.interrupt();
  p.interrupt();
  EXPECT_EQ(p.wait(never), reason::interrupted);
  p.finish();
  EXPECT_EQ(p.wait(never), reason::done) << "done comes before interrupted";
  EXPECT_EQ(p.wait(time_point::min()), reason::done) << "and before the deadline";
  p.wait_done();
}

TEST(parker, wakes_one_who_sleeps) {
  for (const bool finish : {true, false}) {
    parker<> p;
    std::jthread sleeper([&] { EXPECT_EQ(p.wait(never), finish ? reason::done : reason::interrupted); });
    finish ? p.finish() : p.interrupt();
  }
}

TEST(parker, an_interrupt_does_not_end_a_wait_for_done) {
  parker<> p;
  p.interrupt();
  int before_finish = 0;
  std::jthread partner([&] {
    before_finish = 1;
    p.finish();
  });
  p.wait_done();
  EXPECT_EQ(before_finish, 1) << "what the partner wrote before is seen";
}

TEST(parker, may_be_destroyed_as_soon_as_it_is_done) {
  for (int i = 0; i < 2000; ++i) {
    auto p = std::make_unique<parker<>>();
    std::jthread partner([raw = p.get()] { raw->finish(); });
    p->wait(never);
    p.reset();
  }
}

TEST(parker, waiting_costs_no_processor_time) {
  parker<> p;
  timespec before{};
  timespec after{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  p.wait(clock::now() + 300ms);
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
  const auto used = std::chrono::seconds(after.tv_sec - before.tv_sec) +
                    std::chrono::nanoseconds(after.tv_nsec - before.tv_nsec);
  EXPECT_LT(used, 100ms);
}

TEST(short_lock, lets_in_one_at_a_time) {
  short_lock<> lock;
  long count = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20000; ++i) {
          const std::lock_guard hold(lock);
          ++count;
        }
      });
    }
  }
  EXPECT_EQ(count, 80000);
}

TEST(short_lock, try_lock_fails_while_it_is_held) {
  short_lock<> lock;
  EXPECT_TRUE(lock.try_lock());
  EXPECT_FALSE(lock.try_lock());
  lock.unlock();
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TEST(short_lock, wakes_those_who_sleep_until_the_last) {
  short_lock<> lock;
  std::atomic<int> through{0};
  std::vector<std::jthread> threads;
  lock.lock();
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      const std::lock_guard hold(lock);
      ++through;
    });
  }
  std::this_thread::sleep_for(2ms);  // likely to sleep by now; right either way
  lock.unlock();
  threads.clear();
  EXPECT_EQ(through, 6);
}

TEST(short_lock, may_be_destroyed_by_the_next_holder) {
  for (int i = 0; i < 2000; ++i) {
    auto lock = std::make_unique<short_lock<>>();
    lock->lock();
    std::jthread next([&] {
      lock->lock();
      lock->unlock();
      lock.reset();
    });
    lock->unlock();
    next.join();
  }
}

struct node : fifo_hook<node> {};

TEST(fifo_list, keeps_the_order_when_elements_leave_from_anywhere) {
  std::array<node, 5> n;
  fifo_list<node> list;
  for (auto& x : n) list.push_back(x);
  EXPECT_EQ(list.size(), 5u);
  list.remove(n[2]);
  list.remove(n[0]);
  list.remove(n[4]);
  EXPECT_FALSE(n[2].linked);
  EXPECT_EQ(list.front(), &n[1]);
  list.push_back(n[2]);
  list.remove(n[1]);
  EXPECT_EQ(list.front(), &n[3]);
  list.remove(n[3]);
  EXPECT_EQ(list.front(), &n[2]);
  list.remove(n[2]);
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.size(), 0u);
}

TEST(thread_random, threads_draw_different_numbers) {
  std::mutex lock;
  std::set<std::uint64_t> seen;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) {
          const std::uint64_t drawn = thread_random();
          const std::lock_guard hold(lock);
          seen.insert(drawn);
        }
      });
    }
  }
  EXPECT_EQ(seen.size(), 400u);
}

TEST(thread_random, below_stays_below_and_reaches_all) {
  std::array<int, 5> times{};
  for (int i = 0; i < 5000; ++i) ++times.at(thread_random_below(5));
  for (int t : times) EXPECT_GT(t, 800);
  EXPECT_EQ(thread_random_below(1), 0u);
}

}  // namespace
}  // namespace weir::detail
