// What a pool does that is closed while there is no memory for the outcomes still to come.
#include <weir/pool/detail/engine.hpp>
#include <weir/pool/testing.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <new>

namespace weir::detail {
namespace {

using testing::expect_settled;
using testing::until;

/// Jobs that end when there is room for their outcomes, and refuses to make it a few times.
class narrow_owner final : public job_owner {
 public:
  explicit narrow_owner(int refusals) : refusals_(refusals) {}
  int lost() const { return lost_; }

 private:
  job_node* make_node() override { return new job_node; }
  void free_node(job_node* node) noexcept override { delete node; }
  bool run(job_node&, job_run&) noexcept override {
    room_.wait(false);
    return true;
  }
  void lose(job_node&, errc) noexcept override { ++lost_; }
  void extend_results(std::size_t) override {
    if (refusals_-- > 0) throw std::bad_alloc();
    room_ = true;
    room_.notify_all();
  }
  void close_results() noexcept override {}

  std::atomic<int> refusals_;
  std::atomic<int> lost_{0};
  std::atomic<bool> room_{false};
};

/// One job runs, two wait.
struct busy_pool {
  explicit busy_pool(int refusals) : owner(refusals) {
    core.start();
    const job_source nothing{nullptr, [](job_node&, void*) noexcept {}};
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(core.submit(nothing, {}));
    until([&] { return core.stats().running == 1; });
  }
  ~busy_pool() { core.shutdown(); }

  narrow_owner owner;
  engine core{owner, {.min_workers = 1, .max_workers = 1}, true};
};

TEST(room_for_outcomes, a_drain_after_a_close_without_memory_tries_until_there_is_some) {
  busy_pool pool(3);
  pool.core.close();
  EXPECT_EQ(pool.core.stats().completed, 0u);
  EXPECT_TRUE(pool.core.drain(never));
  EXPECT_EQ(pool.core.stats().completed, 3u);
  expect_settled(pool.core.stats());
}

TEST(room_for_outcomes, a_cancel_without_memory_reports_what_is_lost) {
  busy_pool pool(2);
  pool.core.cancel();
  EXPECT_EQ(pool.owner.lost(), 2);
  EXPECT_TRUE(pool.core.drain(never));
  EXPECT_EQ(pool.core.stats().cancelled, 2u);
  expect_settled(pool.core.stats());
}

TEST(room_for_outcomes, a_drain_past_its_deadline_without_memory_still_ends) {
  busy_pool pool(2);
  EXPECT_EQ(pool.core.drain(clock::now()).error(), errc::timed_out);
  EXPECT_EQ(pool.owner.lost(), 2);
  expect_settled(pool.core.stats());
}

}  // namespace
}  // namespace weir::detail
