// A system that has no more threads to give: pools live with those they have, and lose nothing.
//
// Each test runs in a process of its own (a death test), whose address space is bounded so that stacks do not
// fit.
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <system_error>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WEIR_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WEIR_TEST_SANITIZED 1
#endif
#endif

#ifndef WEIR_TEST_SANITIZED  // their shadow memory needs an address space without bounds

namespace weir {
namespace {

/// From now on this process may map so many megabytes more than it has.
void bound_memory(std::size_t megabytes) {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit limit{};
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + (megabytes << 20);
  setrlimit(RLIMIT_AS, &limit);
}

/// How many stacks of the usual 8 MB fit, and some for the rest.
constexpr std::size_t stacks(std::size_t n) { return 8 * n + 6; }

[[noreturn]] void say(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::_Exit(0);
}

class thread_shortage_death : public ::testing::Test {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    rlimit stack{};
    getrlimit(RLIMIT_STACK, &stack);
    if (stack.rlim_cur != 8 << 20) GTEST_SKIP() << "threads do not have the usual stacks of 8 MB";
  }
};

TEST_F(thread_shortage_death, a_pool_lives_with_the_workers_it_could_start) {
  EXPECT_EXIT(
      {
        bound_memory(stacks(2));
        std::atomic<int> ran = 0;
        worker_pool<int> pool([&](int&) { ++ran; }, {.min_workers = 50, .max_workers = 50});
        const auto workers = pool.stats().workers;
        for (int i = 0; i < 100; ++i) (void)pool.submit(int{i});
        (void)pool.drain();
        say(workers > 0 && workers < 50 && ran == 100 ? "fewer workers did all" : "not so");
      },
      ::testing::ExitedWithCode(0), "fewer workers did all");
}

TEST_F(thread_shortage_death, a_pool_without_a_single_worker_is_not_made) {
  EXPECT_EXIT(
      {
        bound_memory(2);
        try {
          worker_pool<int> pool([](int&) {}, {.name = "kitchen", .max_workers = 4});
        } catch (const std::system_error& e) {
          say(e.what());
        }
        say("it was made");
      },
      ::testing::ExitedWithCode(0), "cannot start a worker of pool kitchen");
}

TEST_F(thread_shortage_death, growth_that_fails_loses_no_job) {
  EXPECT_EXIT(
      {
        testing::gate hold;
        std::atomic<int> ran = 0;
        bound_memory(stacks(1));
        worker_pool<int> pool(
            [&](int& i) {
              if (i == 0) hold.pass();
              ++ran;
            },
            {.min_workers = 1, .max_workers = 8});
        for (int i = 0; i < 20; ++i) (void)pool.submit(int{i});
        const auto workers = pool.stats().workers;
        hold.open();
        (void)pool.drain();
        say(workers < 8 && ran == 20 ? "all ran" : "not so");
      },
      ::testing::ExitedWithCode(0), "all ran");
}

TEST_F(thread_shortage_death, a_block_submit_inside_the_only_worker_is_refused_when_no_other_can_be_started) {
  EXPECT_EXIT(
      {
        worker_pool<int>* self = nullptr;
        std::atomic<int> refused = 0;
        bound_memory(stacks(1));
        worker_pool<int> pool(
            [&](int& i) {
              if (i != 0) return;
              for (int n = 1; n <= 3; ++n)
                if (!self->submit(int{n})) ++refused;
            },
            {.min_workers = 1, .max_workers = 2, .queue_capacity = 1, .paused = true});
        self = &pool;
        (void)pool.submit(0);
        pool.resume();
        testing::until([&] { return pool.stats().completed == 2; });
        say(refused == 2 ? "two were refused" : "not so");
      },
      ::testing::ExitedWithCode(0), "two were refused");
}

}  // namespace
}  // namespace weir

#endif
