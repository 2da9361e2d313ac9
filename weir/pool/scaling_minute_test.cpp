// A minute of a real pool under a steady load: its workers turn at most once. Nightly: WEIR_NIGHTLY=1.
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(pool_scaling_for_a_minute, a_steady_load_makes_the_workers_turn_at_most_once) {
  if (!std::getenv("WEIR_NIGHTLY")) GTEST_SKIP() << "takes a minute; WEIR_NIGHTLY=1 runs it";
  worker_pool<int> pool([](int&) { std::this_thread::sleep_for(30ms); },
                        {.min_workers = 1, .max_workers = 8});
  const time_point end = clock::now() + 60s;
  auto workers = pool.stats().workers;
  int turns = 0, last = 0;
  for (time_point next = clock::now(); next < end; next += 14ms) {  // 2.1 busy: at the edge of 3 and 4
    std::this_thread::sleep_until(next);
    ASSERT_TRUE(pool.submit(1));
    const auto seen = pool.stats().workers;
    if (seen == workers) continue;
    const int way = seen > workers ? 1 : -1;
    turns += last != 0 && way != last;
    last = way;
    workers = seen;
  }
  EXPECT_LE(turns, 1);
  EXPECT_GE(workers, 3u);
}

}  // namespace
}  // namespace weir
