// What always holds, whatever is asked and whatever the clock does: lanes, shares, workers, limits, queues.
#include <weir/control/codel.hpp>
#include <weir/control/concurrency_limit.hpp>
#include <weir/control/expected_wait.hpp>
#include <weir/control/fair_share.hpp>
#include <weir/control/lane_schedule.hpp>
#include <weir/control/testing.hpp>
#include <weir/control/worker_scaler.hpp>

#include <deque>
#include <map>
#include <optional>

namespace weir::control {
namespace {

using namespace std::chrono_literals;

template <class Int>
Int in_range(Int least, Int most) {
  return *rc::gen::inRange<Int>(least, most + 1);
}

TEST(lane_schedule_properties, strict_priority_starves_no_lane_past_its_limit) {
  expect_always("a waiting lane gets 1 pick in starvation_limit", [] {
    const auto lanes = in_range<std::size_t>(1, 8);
    const auto limit = static_cast<std::int64_t>(lanes) + in_range(0, 12);
    lane_schedule schedule({.lanes = static_cast<std::int64_t>(lanes), .starvation_limit = limit});
    std::vector<std::int64_t> waited(lanes, 0);
    std::vector<std::size_t> lengths(lanes, 0);
    // Lanes fill and empty as they like, also while they wait; often all of them are full at once.
    for (const auto& change :
         *rc::gen::container<std::vector<std::uint32_t>>(150, rc::gen::arbitrary<std::uint32_t>())) {
      for (std::size_t i = 0; i < lanes; ++i) lengths[i] = change >> (2 * i) & 3;
      const auto picked = schedule.pick(lengths);
      const auto first = std::find_if(lengths.begin(), lengths.end(), [](auto n) { return n != 0; });
      RC_ASSERT(picked.has_value() == (first != lengths.end()));
      RC_ASSERT((!picked || lengths.at(*picked) != 0));
      for (std::size_t i = 1; i < lanes; ++i) {
        waited[i] = lengths[i] == 0 || i == picked ? 0 : waited[i] + 1;
        RC_ASSERT(waited[i] < limit);
      }
    }
  });
}

TEST(lane_schedule_properties, lower_lanes_cost_the_first_no_more_than_their_minimum) {
  expect_always("with all lanes full the first gets all but 1 in starvation_limit for each lower one", [] {
    const auto lanes = in_range<std::int64_t>(1, 8);
    const auto limit = lanes + in_range(0, 40);
    lane_schedule schedule({.lanes = lanes, .starvation_limit = limit});
    const std::vector<int> full(static_cast<std::size_t>(lanes), 1);
    std::int64_t lower = 0;
    for (std::int64_t i = 0; i < 10 * limit; ++i) lower += *schedule.pick(full) > 0;
    // A lane may have to go up to lanes - 2 picks early, so that another is not late.
    RC_ASSERT(lower <= (lanes - 1) * (10 * limit / std::max<std::int64_t>(1, limit - lanes + 2) + 1));
    RC_ASSERT(lower >= (lanes - 1) * 10);
  });
}

// The shares of keys that always have work.
TEST(fair_share_properties, shares_differ_by_at_most_one_quantum_and_the_largest_cost) {
  expect_always("of any two keys that have work since the start", [] {
    const auto quantum = in_range<std::int64_t>(1, 50);
    const auto dearest = in_range<std::uint64_t>(1, 50);
    const auto keys = in_range<std::uint64_t>(2, 12);
    fair_share share({.quantum = quantum});
    std::map<fair_share::key, std::deque<std::uint64_t>> costs;
    std::map<fair_share::key, std::uint64_t> got;
    const auto push = [&](fair_share::key key) {
      costs[key].push_back(in_range<std::uint64_t>(1, dearest));
      share.push(key, costs[key].back());
    };
    for (std::uint64_t key = 0; key < keys; ++key) push(key), push(key), got[key] = 0;
    for (int i = 0; i < 100; ++i) {
      const auto key = *share.pick();
      got[key] += costs[key].front();
      costs[key].pop_front();
      push(key);
      const auto [least, most] =
          std::minmax_element(got.begin(), got.end(), [](auto& a, auto& b) { return a.second < b.second; });
      // All cost 1: nothing is ever saved up, so one quantum is all.
      RC_ASSERT(most->second - least->second <= static_cast<std::uint64_t>(quantum) + dearest - 1);
    }
  });
}

// A model of the plain kind: rounds one by one, a queue a key, without a bound on keys.
class plain_rounds {
 public:
  explicit plain_rounds(std::uint64_t quantum) : quantum_(quantum) {}

  void push(fair_share::key key, std::uint64_t cost) {
    if (items_[key].empty()) turns_.push_back({key, 0, false});
    items_[key].push_back(std::max<std::uint64_t>(cost, 1));
  }

  std::optional<fair_share::key> pick() {
    if (turns_.empty()) return std::nullopt;
    for (;;) {
      turn& now = turns_.front();
      if (!now.paid) now.deficit += quantum_;
      now.paid = true;
      auto& items = items_[now.key];
      if (items.front() <= now.deficit) {
        const auto key = now.key;
        now.deficit -= items.front();
        items.pop_front();
        if (items.empty()) turns_.pop_front();
        return key;
      }
      turns_.push_back({now.key, now.deficit, false});
      turns_.pop_front();
    }
  }

  bool remove_newest(fair_share::key key) {
    auto& items = items_[key];
    if (items.empty()) return false;
    items.pop_back();
    if (items.empty())
      turns_.erase(std::find_if(turns_.begin(), turns_.end(), [&](auto& t) { return t.key == key; }));
    return true;
  }

 private:
  struct turn {
    fair_share::key key;
    std::uint64_t deficit;
    bool paid;
  };
  std::uint64_t quantum_;
  std::deque<turn> turns_;
  std::map<fair_share::key, std::deque<std::uint64_t>> items_;
};

TEST(fair_share_properties, picks_what_plain_rounds_would) {
  expect_always("also when rounds are skipped, and items are taken back", [] {
    const auto quantum = in_range<std::int64_t>(1, 5);
    fair_share share({.quantum = quantum});
    plain_rounds model(static_cast<std::uint64_t>(quantum));
    for (const auto op : *rc::gen::container<std::vector<int>>(120, rc::gen::inRange(0, 1000))) {
      const auto key = static_cast<fair_share::key>(op % 20);
      if (op < 550) {
        const auto cost = static_cast<std::uint64_t>(op % 7 == 0 ? op : 1 + op % 9);
        share.push(key, cost);
        model.push(key, cost);
      } else if (op < 950) {
        RC_ASSERT(share.pick() == model.pick());
      } else {
        RC_ASSERT(share.remove_newest(key) == model.remove_newest(key));
      }
    }
  });
}

TEST(fair_share_properties, with_more_keys_than_queues_nothing_is_lost) {
  expect_always("a bound on keys changes shares, not contents", [] {
    fair_share share({.quantum = in_range<std::int64_t>(1, 9), .max_keys = in_range<std::int64_t>(1, 5)});
    std::map<fair_share::key, std::deque<std::uint64_t>> costs;
    std::size_t size = 0;
    const auto check_pick = [&] {
      const auto key = share.pick();
      RC_ASSERT(key.has_value() == (size > 0));
      if (!key) return;
      RC_ASSERT(!costs[*key].empty());
      costs[*key].pop_front();
      --size;
    };
    for (const auto op : *rc::gen::container<std::vector<int>>(120, rc::gen::inRange(0, 1000))) {
      const auto key = static_cast<fair_share::key>(op % 12);
      if (op < 500) {
        share.push(key, static_cast<std::uint64_t>(op % 11));
        costs[key].push_back(0);
        ++size;
      } else if (op < 900) {
        check_pick();
      } else {
        RC_ASSERT(share.remove_newest(key) == !costs[key].empty());
        if (!costs[key].empty()) costs[key].pop_back(), --size;
      }
      RC_ASSERT(share.size() == size);
    }
    while (size > 0) check_pick();
    RC_ASSERT(share.pick() == std::nullopt);
  });
}

worker_scaler_options any_scaler() {
  worker_scaler_options options;
  options.min = in_range<std::int64_t>(1, 10);
  options.max = options.min + in_range<std::int64_t>(0, 20);
  options.rule = *rc::gen::element(scaler_rule::threshold, scaler_rule::little);
  options.shrink_after = duration(in_range<duration::rep>(0, 3'000'000'000));
  return options;
}

TEST(worker_scaler_properties, workers_never_leave_their_bounds) {
  expect_always("whatever is measured, and whatever number there was", [] {
    const auto options = any_scaler();
    worker_scaler scaler(options);
    auto workers = in_range<std::int64_t>(0, 50);
    auto now = *clock_start();
    for (int i = 0; i < 60; ++i) {
      now += *clock_step(2s);
      const load_sample load{
          .workers = workers,
          .depth = in_range<std::int64_t>(0, 120),
          .capacity = in_range<std::int64_t>(0, 100),
          .arrival_per_second = *rc::gen::element(0.0, 1.0, 30.0, 1e4, 1e300, -1.0, std::nan("")),
          .service = duration(in_range<duration::rep>(-1, 500'000'000))};
      workers += scaler.decide(now, load);
      RC_ASSERT(workers >= options.min);
      RC_ASSERT(workers <= options.max);
    }
  });
}

// What operators call flapping. The load that the scaler is given is steady: noise that stays below a target
// for all of shrink_after turns it once more, so keeping noise away is the pool's load_meter's task.
TEST(worker_scaler_properties, a_steady_load_changes_direction_at_most_once_a_minute) {
  expect_always("by Little's law, at any level", [] {
    worker_scaler scaler({.min = 1, .max = 64, .rule = scaler_rule::little});
    const double busy = in_range(0, 4000) / 100.0;
    std::int64_t workers = in_range<std::int64_t>(1, 64);
    std::int64_t direction = 0;
    int turns = 0;
    for (time_point now{}; now < time_point(1min); now += 100ms) {
      const auto change =
          scaler.decide(now, {.workers = workers, .arrival_per_second = busy * 50, .service = 20ms});
      workers += change;
      if (change != 0 && (change > 0) != (direction > 0)) turns += direction != 0;
      if (change != 0) direction = change;
    }
    RC_ASSERT(turns <= 1);
    RC_ASSERT(static_cast<double>(workers) >= busy);
  });
}

template <class Options>
void bound(Options& options) {
  options.min = in_range<std::int64_t>(1, 300);
  options.max = options.min + in_range<std::int64_t>(0, 300);
  options.initial = in_range(options.min, options.max);
}

void stays_within(concurrency_limit limit, std::int64_t min, std::int64_t max) {
  for (int i = 0; i < 100; ++i) {
    const auto rtt =
        duration(*rc::gen::element<duration::rep>(-1, 0, 1, 1'000, 1'000'000, 2'000'000, INT64_MAX));
    const auto given = limit.sample({}, rtt, in_range<std::int64_t>(0, 1000), in_range(0, 3) == 0);
    RC_ASSERT(given >= min);
    RC_ASSERT(given <= max);
    RC_ASSERT(given == limit.limit());
  }
}

TEST(concurrency_limit_properties, a_limit_never_leaves_its_bounds) {
  expect_always("aimd, vegas and gradient2", [] {
    aimd_options by_losses;
    bound(by_losses);
    by_losses.backoff_ratio = in_range(50, 99) / 100.0;
    stays_within(aimd(by_losses), by_losses.min, by_losses.max);

    vegas_options by_queue;
    bound(by_queue);
    by_queue.smoothing = in_range(1, 100) / 100.0;
    by_queue.seed = *rc::gen::arbitrary<std::uint64_t>();
    stays_within(vegas(by_queue), by_queue.min, by_queue.max);

    gradient2_options by_gradient;
    bound(by_gradient);
    by_gradient.smoothing = in_range(1, 100) / 100.0;
    by_gradient.queue_size = in_range<std::int64_t>(0, 50);
    stays_within(gradient2(by_gradient), by_gradient.min, by_gradient.max);
  });
}

TEST(codel_properties, drops_nothing_that_was_quick_and_nothing_in_the_first_interval) {
  expect_always("whatever the clock does", [] {
    codel queue;
    test_clock clock(*clock_start());
    std::optional<time_point> above_since;
    for (int i = 0; i < 100; ++i) {
      clock.move(*clock_step(60ms));
      const auto sojourn = duration(in_range<duration::rep>(0, 20'000'000));
      const bool dropped = queue.should_drop(clock.read(), sojourn);
      if (sojourn < 5ms) above_since.reset();
      if (sojourn >= 5ms && !above_since) above_since = clock.latest();
      RC_ASSERT((!dropped || (above_since && clock.latest() - *above_since >= 100ms)));
    }
  });
}

TEST(expected_wait_properties, who_is_admitted_behind_a_queue_is_admitted_behind_a_shorter_one) {
  expect_always("and with more workers, and with more time", [] {
    expected_wait wait;
    time_point now = *clock_start();
    for (int n = in_range(0, 20); n > 0; --n) {
      now += *clock_step(1s);
      wait.on_complete(now, duration(in_range<duration::rep>(0, 50'000'000)));
    }
    const auto queued = in_range<std::int64_t>(0, 1000);
    const auto workers = in_range<std::int64_t>(0, 16);
    const auto deadline = now + *clock_step(1s);
    if (!wait.admit(now, queued, workers, deadline)) return;
    RC_ASSERT(wait.admit(now, in_range<std::int64_t>(0, queued), workers, deadline));
    RC_ASSERT(wait.admit(now, queued, workers + 1, deadline));
    RC_ASSERT(wait.admit(now, queued, workers, deadline + 1ns));
    RC_ASSERT(wait.admit(now, queued, workers));
  });
}

}  // namespace
}  // namespace weir::control
