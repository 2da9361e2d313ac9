// A program as a user writes it from the synopsis alone.
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <stop_token>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;

struct job {
  std::string text;
};

TEST(pool_contract, a_program_written_from_the_synopsis_works) {
  std::atomic<int> seen = 0;
  std::atomic<int> expired = 0;
  weir::worker_pool<job> p([&](job& j, std::stop_token) { seen += static_cast<int>(j.text.size()); },
                           {.min_workers = 2, .max_workers = 2, .results_capacity = 8},
                           [&](auto&& lost) { expired += lost.reason == weir::errc::expired; });
  const job kept{"kept"};
  job given{"given"};
  ASSERT_TRUE(p.submit(kept));
  ASSERT_TRUE(p.submit(std::move(given), {.deadline = weir::after(weir::clock::now(), 1h)}));
  EXPECT_EQ(p.submit(job{"late"}, {.deadline = weir::clock::now()}).error(), weir::errc::expired);
  auto r = p.results();
  p.close();
  std::set<weir::job_id> ids;
  for (auto& o : r) {
    EXPECT_TRUE(o.value.has_value());
    EXPECT_LT(o.worker, 2u);
    ids.insert(o.id);
  }
  EXPECT_EQ(ids.size(), 2u);
  EXPECT_TRUE(p.drain());
  EXPECT_EQ(seen, 9);
  EXPECT_EQ(expired, 0);
  EXPECT_EQ(kept.text, "kept");
  EXPECT_EQ(p.stats().rejected, 1u);
}

TEST(pool_contract, a_pool_needs_no_results_and_no_capacity_to_be_told) {
  std::atomic<int> lost_jobs = 0;
  weir::worker_pool<job> p([](job&, std::stop_token) {}, {.min_workers = 2, .max_workers = 2},
                           [&](auto&& lost) { lost_jobs += lost.reason == weir::errc::cancelled; });
  const job kept{"kept"};
  p.pause();
  ASSERT_TRUE(p.submit(kept));
  p.cancel();
  EXPECT_EQ(lost_jobs, 1);
}

}  // namespace
