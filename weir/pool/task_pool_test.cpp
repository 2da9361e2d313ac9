#include <weir/pool/task_pool.hpp>
#include <weir/pool/testing.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#if defined(__SANITIZE_THREAD__)
#define WEIR_TEST_UNDER_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEIR_TEST_UNDER_TSAN
#endif
#endif

namespace weir {
namespace {

using namespace std::chrono_literals;
using testing::expect_settled;
using testing::gate;
using testing::moves_few_times;
using testing::until;

std::error_code lost_code(std::future<int>& future) {
  try {
    future.get();
  } catch (const std::system_error& e) {
    return e.code();
  }
  return {};
}

TEST(task_pool, runs_any_callable) {
  std::atomic<int> sum = 0;
  {
    task_pool pool({.max_workers = 2});
    ASSERT_TRUE(pool.submit([&] { ++sum; }));
    std::array<int, 100> large{};
    large[99] = 5;
    ASSERT_TRUE(pool.submit([&sum, large] { sum += large[99]; }));
    struct alignas(128) wide {
      std::atomic<int>* sum;
      void operator()() const { *sum += reinterpret_cast<std::uintptr_t>(this) % 128 == 0 ? 10 : 10'000; }
    };
    ASSERT_TRUE(pool.submit(wide{&sum}));
    const std::function<void()> copied = [&] { sum += 100; };
    ASSERT_TRUE(pool.submit(copied));
    ASSERT_TRUE(pool.submit([&sum, owned = std::make_unique<int>(1000)] { sum += *owned; }));
    ASSERT_TRUE(pool.submit([&sum](std::stop_token stop) { sum += stop.stop_requested() ? 0 : 20'000; }));
  }
  EXPECT_EQ(sum, 21'116);
}

TEST(task_pool, runs_callables_whose_move_may_throw) {
  std::atomic<int> sum = 0;
  const std::string name = "a name that is too long for the string itself";
  const std::deque<int> dishes{1, 2, 3};
  const auto counts = [&sum, name] { sum += static_cast<int>(name.size()); };
  static_assert(!std::is_nothrow_move_constructible_v<decltype(counts)>);
  task_pool pool({.max_workers = 1, .queue_capacity = 5, .on_full = overflow::reject(), .paused = true});
  ASSERT_TRUE(pool.submit([&sum, name] { sum += static_cast<int>(name.size()); }));
  ASSERT_TRUE(pool.submit(counts));
  auto length = pool.async([name] { return name.size(); });
  auto first = pool.async([dishes](std::stop_token) -> const int& { return dishes.front(); });
  auto whole = pool.async([dishes = std::deque<int>(dishes)] { return dishes; });
  EXPECT_EQ(pool.submit(counts).error(), errc::full);
  auto refused = [dishes = std::deque<int>(dishes)] { return dishes.size(); };
  EXPECT_EQ(pool.submit(std::move(refused)).error(), errc::full);
  EXPECT_EQ(refused(), 3u);
  pool.resume();
  EXPECT_EQ(length->get(), name.size());
  EXPECT_EQ(whole->get(), dishes);
  first->wait();
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(sum, 2 * static_cast<int>(name.size()));
}

TEST(task_pool, may_be_given_empty_options) {
  task_pool pool({});
  EXPECT_EQ(pool.async([] { return 1; })->get(), 1);
  task_pool with_hook({}, [](const task_pool::lost&) {});
  EXPECT_EQ(with_hook.async([] { return 2; })->get(), 2);
  static_assert(!std::is_copy_constructible_v<task_pool> && !std::is_move_constructible_v<task_pool>);
}

TEST(task_pool, async_gives_what_the_task_returns) {
  task_pool pool;
  EXPECT_EQ(pool.async([] { return 42; })->get(), 42);
  EXPECT_EQ(pool.async([](std::stop_token stop) { return stop.stop_possible(); })->get(), true);
  EXPECT_EQ(*pool.async([] { return std::make_unique<int>(7); })->get(), 7);
  int target = 0;
  EXPECT_EQ(&pool.async([&]() -> int& { return target; })->get(), &target);
  pool.async([&] { target = 5; })->get();
  EXPECT_EQ(target, 5);
}

TEST(task_pool, async_gives_what_the_task_throws) {
  task_pool pool;
  auto future = pool.async([]() -> int { throw std::out_of_range("no such dish"); });
  EXPECT_THROW(future->get(), std::out_of_range);
  EXPECT_EQ(pool.stats().failed, 1u);
}

TEST(task_pool, a_result_whose_move_throws_gives_that_to_the_future) {
#ifdef WEIR_TEST_UNDER_TSAN
  GTEST_SKIP() << "ThreadSanitizer's pthread_once, under std::promise, does not survive an exception";
#endif
  task_pool pool;
  int thrown = 0;
  for (int moves = 0; moves < 4; ++moves) {
    auto future = pool.async([moves] { return moves_few_times(moves); });
    try {
      future->get();
    } catch (const std::length_error&) {
      ++thrown;
    }
  }
  EXPECT_GE(thrown, 2);
  EXPECT_TRUE(pool.drain());
  expect_settled(pool.stats());
}

TEST(task_pool, a_task_is_counted_and_its_captures_gone_before_its_future_is_ready) {
  task_pool pool({.max_workers = 2});
  for (std::uint64_t i = 1; i <= 300; ++i) {
    auto owned = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = owned;
    pool.async([owned = std::move(owned)] { return *owned; })->get();
    EXPECT_TRUE(watch.expired());
    EXPECT_EQ(pool.stats().completed, i);
    EXPECT_EQ(pool.run_time().count(), i);
  }
}

TEST(task_pool, a_refused_callable_stays_its_callers) {
  task_pool pool({.max_workers = 1, .queue_capacity = 1, .on_full = overflow::reject(), .paused = true});
  ASSERT_TRUE(pool.submit([] {}));
  const auto refused = [&](auto task) {
    EXPECT_EQ(pool.submit(std::move(task)).error(), errc::full);
    EXPECT_EQ(task(), 1);
    EXPECT_EQ(pool.async(std::move(task)).error(), errc::full);
    EXPECT_EQ(task(), 1);
  };
  refused([owned = std::make_unique<int>(1)] { return owned ? *owned : 0; });
  refused([owned = std::make_unique<int>(1), large = std::array<int, 50>{}] {
    return owned ? *owned + large[1] : 0;
  });
  EXPECT_EQ(pool.stats().rejected, 4u);
}

TEST(task_pool, a_lost_tasks_future_names_the_reason) {
  std::mutex mutex;
  std::vector<std::pair<std::uint64_t, errc>> lost;
  task_pool pool({.max_workers = 1, .queue_capacity = 3, .paused = true}, [&](task_pool::lost l) {
    const std::lock_guard lock(mutex);
    lost.emplace_back(static_cast<std::uint64_t>(l.id), l.reason);
    EXPECT_EQ(l.lane, 0u);
  });
  const auto soon = clock::now() + 5ms;
  auto evicted = pool.async([] { return 1; });
  auto expired = pool.async([] { return 2; }, {.deadline = soon});
  auto kept = pool.async([] { return 3; });
  auto last = pool.async([] { return 4; }, {.on_full = overflow::drop_oldest()});
  EXPECT_EQ(lost_code(*evicted), errc::dropped);
  until([&] { return clock::now() >= soon; });
  pool.resume();
  EXPECT_EQ(lost_code(*expired), errc::expired);
  EXPECT_EQ(kept->get(), 3);
  EXPECT_EQ(last->get(), 4);
  pool.pause();
  auto cancelled = pool.async([] { return 5; });
  pool.cancel();
  EXPECT_EQ(lost_code(*cancelled), errc::cancelled);
  EXPECT_EQ(lost, (std::vector<std::pair<std::uint64_t, errc>>{
                      {1, errc::dropped}, {2, errc::expired}, {5, errc::cancelled}}));
  EXPECT_TRUE(pool.drain());
  expect_settled(pool.stats());
}

TEST(task_pool, lost_tasks_are_destroyed_whatever_their_size) {
  const auto watch = std::make_shared<int>(0);
  task_pool pool({.max_workers = 1, .paused = true});
  ASSERT_TRUE(pool.submit([watch] {}));
  ASSERT_TRUE(pool.submit([watch, large = std::array<char, 200>{}] { (void)large; }));
  EXPECT_EQ(watch.use_count(), 3);
  pool.cancel();
  EXPECT_EQ(watch.use_count(), 1);
}

class recorder final : public observer {
 public:
  void on_failed(const job_note& note, const std::exception_ptr& what) override {
    try {
      std::rethrow_exception(what);
    } catch (const std::exception& e) {
      add("failed " + std::to_string(note.id) + " of " + std::string(note.pool) + ": " + e.what());
    }
  }
  void on_lost(const job_note& note, errc reason) override {
    add("lost " + std::to_string(note.id) + ": " + std::string(message(reason)));
  }
  void on_refused(std::string_view pool, errc reason) override {
    add("refused by " + std::string(pool) + ": " + std::string(message(reason)));
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

TEST(task_pool, an_observer_hears_of_failures_losses_and_refusals) {
  const auto seen = std::make_shared<recorder>();
  task_pool pool({.name = "kitchen", .max_workers = 1, .queue_capacity = 2, .paused = true, .observe = seen});
  ASSERT_TRUE(pool.submit([] {}));
  ASSERT_TRUE(pool.submit([] { throw std::runtime_error("burnt"); }));
  EXPECT_FALSE(pool.submit([] {}, {.on_full = overflow::reject()}));
  ASSERT_TRUE(pool.submit([] {}, {.on_full = overflow::drop_oldest()}));
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(seen->all(),
            (std::vector<std::string>{"refused by kitchen: queue full", "lost 1: dropped by policy",
                                      "failed 2 of kitchen: burnt"}));
}

TEST(task_pool, an_observer_that_overrides_nothing_is_fine) {
  task_pool pool(
      {.max_workers = 1, .queue_capacity = 1, .paused = true, .observe = std::make_shared<observer>()});
  ASSERT_TRUE(pool.submit([] { throw 1; }));
  EXPECT_FALSE(pool.submit([] {}, {.on_full = overflow::reject()}));
  EXPECT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().failed, 1u);
}

// A coroutine that moves to a pool and says on which thread it went on.
struct detached {
  struct promise_type {
    detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

struct move_to {
  task_pool& pool;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) { pool.post(h); }
  void await_resume() const noexcept {}
};

detached hop(task_pool& pool, std::atomic<int>& hops, std::thread::id& where) {
  co_await move_to{pool};
  where = std::this_thread::get_id();
  ++hops;
}

TEST(task_pool, resumes_posted_coroutines_on_its_workers) {
  task_pool pool({.max_workers = 1});
  std::atomic<int> hops = 0;
  std::thread::id where;
  hop(pool, hops, where);
  until([&] { return hops == 1; });
  EXPECT_TRUE(pool.drain());
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(task_pool, no_posted_coroutine_is_ever_lost) {
  std::atomic<int> hops = 0;
  std::thread::id where;
  task_pool pool({.max_workers = 1, .queue_capacity = 1, .on_full = overflow::reject(), .paused = true});
  hop(pool, hops, where);
  EXPECT_EQ(hops, 0);
  hop(pool, hops, where);  // full
  EXPECT_EQ(hops, 1);
  pool.cancel();
  EXPECT_EQ(hops, 2);
  hop(pool, hops, where);  // closed
  EXPECT_EQ(hops, 3);
  EXPECT_EQ(where, std::this_thread::get_id());
}

}  // namespace
}  // namespace weir
