// The pool against a model that anybody can read: a queue, a bound on jobs, a bound on cost.
//
// One worker, paused while jobs come in, let loose now and then: everything that happens is then decided by
// the order of calls alone. RapidCheck prints the seed of a failing run.
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <deque>
#include <numeric>
#include <string>
#include <vector>

namespace weir {
namespace {

using testing::until;

struct modelled {
  std::uint64_t id;
  int job;
  std::uint64_t cost;
};

/// What a submit should answer: 0 is accepted.
class model {
 public:
  model(std::size_t capacity, std::uint64_t max_cost) : capacity_(capacity), max_cost_(max_cost) {}

  int submit(int job, std::uint64_t cost, overflow_kind policy) {
    ++counts.submitted;
    if (cost > max_cost_) return refuse(errc::full, counts.rejected);
    if (policy == overflow_kind::drop_oldest) {
      for (; !fits(cost); queue.pop_front()) {
        lost.push_back(queue.front().job);
        ++counts.evicted;
      }
    }
    if (fits(cost)) {
      accept(job, cost);
      return 0;
    }
    switch (policy) {
      case overflow_kind::timeout: return refuse(errc::timed_out, counts.timed_out);
      case overflow_kind::drop_newest: return refuse(errc::dropped, counts.dropped);
      case overflow_kind::caller_runs:
        ++last_id;
        ran.push_back(job);
        ++counts.completed;
        return 0;
      default: return refuse(errc::full, counts.rejected);
    }
  }

  std::size_t submit_some(const std::vector<int>& jobs, std::uint64_t cost) {
    if (cost > max_cost_) return 0;
    std::size_t taken = 0;
    for (; taken < jobs.size() && fits(cost); ++taken) {
      ++counts.submitted;
      accept(jobs[taken], cost);
    }
    return taken;
  }

  void run_all() {
    for (; !queue.empty(); queue.pop_front()) {
      ran.push_back(queue.front().job);
      ++counts.completed;
    }
  }

  void cancel() {
    for (; !queue.empty(); queue.pop_front()) {
      lost.push_back(queue.front().job);
      ++counts.cancelled;
    }
  }

  std::uint64_t cost() const {
    return std::accumulate(queue.begin(), queue.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const modelled& m) { return sum + m.cost; });
  }

  std::deque<modelled> queue;
  std::vector<int> ran, lost;
  pool_stats counts;
  std::uint64_t last_id = 0;

 private:
  bool fits(std::uint64_t cost_of_one) const {
    return queue.size() < capacity_ && cost() + cost_of_one <= max_cost_;
  }
  void accept(int job, std::uint64_t cost_of_one) {
    queue.push_back({++last_id, job, cost_of_one});
    counts.high_water = std::max<std::uint64_t>(counts.high_water, queue.size());
  }
  static int refuse(errc reason, std::uint64_t& counter) {
    ++counter;
    return static_cast<int>(reason);
  }

  std::size_t capacity_;
  std::uint64_t max_cost_;
};

void compare(const model& want, const pool_stats& got) {
  RC_ASSERT(got.submitted == want.counts.submitted);
  RC_ASSERT(got.completed == want.counts.completed);
  RC_ASSERT(got.rejected == want.counts.rejected);
  RC_ASSERT(got.dropped == want.counts.dropped);
  RC_ASSERT(got.timed_out == want.counts.timed_out);
  RC_ASSERT(got.evicted == want.counts.evicted);
  RC_ASSERT(got.cancelled == want.counts.cancelled);
  RC_ASSERT(got.high_water == want.counts.high_water);
  RC_ASSERT(got.queued == want.queue.size());
  RC_ASSERT(got.cost == want.cost());
  RC_ASSERT(got.submitted == testing::accounted_for(got));
}

overflow policy_of_draw(int draw) {
  switch (draw) {
    case 0: return overflow::timeout(duration::zero());
    case 1: return overflow::reject();
    case 2: return overflow::drop_newest();
    case 3: return overflow::caller_runs();
    default: return overflow::drop_oldest();
  }
}

TEST(pool_model, a_pool_does_what_the_model_does) {
  const bool holds = rc::check([] {
    const auto capacity = *rc::gen::inRange<std::size_t>(1, 6);
    const auto max_cost = *rc::gen::elementOf(std::vector<std::uint64_t>{unlimited, 10, 3});
    model want(capacity, max_cost);
    std::vector<int> ran, lost;
    worker_pool<int> pool([&](int& job) { ran.push_back(job); },
                          {.min_workers = 1,
                           .max_workers = 1,
                           .queue_capacity = capacity,
                           .max_cost = max_cost,
                           .paused = true},
                          [&](worker_pool<int>::lost&& l) { lost.push_back(l.job); });
    int next = 0;
    const auto steps = *rc::gen::inRange(0, 60);
    for (int step = 0; step < steps; ++step) {
      const auto cost = *rc::gen::inRange<std::uint64_t>(0, 5);
      const int what = *rc::gen::inRange(0, 10);
      if (what == 0) {
        pool.resume();
        until([&] { return pool.stats().queued + pool.stats().running == 0; });
        pool.pause();
        want.run_all();
      } else if (what == 1) {
        std::vector<int> jobs(*rc::gen::inRange<std::size_t>(0, 5));
        std::iota(jobs.begin(), jobs.end(), next);
        next += static_cast<int>(jobs.size());
        RC_ASSERT(pool.submit_some(jobs, {.cost = cost}) == want.submit_some(jobs, cost));
      } else {
        const overflow policy = policy_of_draw(*rc::gen::inRange(0, 5));
        const auto id = pool.submit(int{next}, {.on_full = policy, .cost = cost});
        RC_ASSERT((id ? 0 : static_cast<int>(id.error())) == want.submit(next, cost, policy.kind()));
        if (id) RC_ASSERT(static_cast<std::uint64_t>(*id) == want.last_id);
        ++next;
      }
      compare(want, pool.stats());
    }
    pool.cancel();
    want.cancel();
    compare(want, pool.stats());
    RC_ASSERT(pool.drain().has_value());
    RC_ASSERT(ran == want.ran);
    RC_ASSERT(lost == want.lost);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace weir
