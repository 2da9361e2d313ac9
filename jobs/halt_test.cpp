#include <jobs/halt.hpp>

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weir::jobs {
namespace {

using kind = halt_rule::kind;

TEST(halt, never_never_halts) {
  halt_watch watch({});
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(watch.failed());
}

TEST(halt, the_failure_that_completes_the_number_is_told_so_and_no_other) {
  halt_watch watch({kind::soon, 3});
  EXPECT_FALSE(watch.failed());
  EXPECT_FALSE(watch.failed());
  EXPECT_TRUE(watch.failed());
  EXPECT_FALSE(watch.failed());
}

TEST(halt, of_many_failures_at_once_one_halts_the_run) {
  halt_watch watch({kind::now, 50});
  std::atomic<int> told = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) told += watch.failed() ? 1 : 0;
      });
  }
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace weir::jobs
