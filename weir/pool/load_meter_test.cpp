// The load that a scaler is told, and what it makes of it, on virtual time: a pool is simulated job by job.
#include <weir/control/splitmix64.hpp>
#include <weir/control/worker_scaler.hpp>
#include <weir/pool/detail/load_meter.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <vector>

namespace weir::detail {
namespace {

using namespace std::chrono_literals;
using control::scaler_rule;

constexpr duration step = 125ms;  // load_meter::looks an interval

/// Jobs at random times, of random lengths, through as many workers as the scaler says.
class simulated_pool {
 public:
  simulated_pool(control::worker_scaler_options options, std::uint64_t seed)
      : options_(options), scaler_(options), meter_(options.interval), random_(seed) {
    meter_.restart(now_, {});
  }

  /// For so long. `load`: workers kept busy. `regular`: like clockwork instead of at random.
  void run(duration time, double load, duration service, bool regular = false) {
    const time_point end = now_ + time;
    const auto between = [&] {
      const double mean = static_cast<double>(service.count()) / load;
      return duration(static_cast<duration::rep>(regular ? mean : -mean * std::log(1 - random_.unit())));
    };
    time_point arrival = load > 0 ? now_ + between() : never;
    while (now_ < end) {
      const time_point done = running_.empty() ? never : running_.front();
      now_ = std::min({next_tick_, arrival, done, end});
      if (now_ == done) {
        finish();
      } else if (now_ == arrival) {
        ++at_.arrived;
        queue_.push_back(regular ? service
                                 : duration(static_cast<duration::rep>(-static_cast<double>(service.count()) *
                                                                       std::log(1 - random_.unit()))));
        arrival = now_ + between();
      } else if (now_ == next_tick_) {
        tick();
      }
      begin();
    }
  }

  std::int64_t workers() const { return workers_; }
  std::size_t queued() const { return queue_.size(); }
  const std::vector<time_point>& turns() const { return turns_; }

 private:
  void begin() {
    while (!queue_.empty() && static_cast<std::int64_t>(running_.size()) < workers_) {
      running_.push_back(now_ + queue_.front());
      std::sort(running_.begin(), running_.end());
      begun_.push_back({now_, now_ + queue_.front()});
      queue_.pop_front();
    }
  }
  void finish() {
    const auto one = std::find_if(begun_.begin(), begun_.end(),
                                  [this](const auto& job) { return job.second == running_.front(); });
    at_.service += one->second - one->first;
    ++at_.ended;
    begun_.erase(one);
    running_.erase(running_.begin());
  }
  void tick() {
    next_tick_ += step;
    at_.queued = queue_.size();
    at_.running = begun_.size();
    at_.age = {};
    for (const auto& job : begun_) at_.age += now_ - job.first;
    control::load_sample load = meter_.look(now_, at_);
    load.workers = workers_;
    load.depth = static_cast<std::int64_t>(queue_.size());
    load.capacity = 100;
    const std::int64_t change = scaler_.decide(now_, load);
    if (change == 0) return;
    if (went_up_ && *went_up_ != (change > 0)) turns_.push_back(now_);
    went_up_ = change > 0;
    workers_ += change;
    EXPECT_GE(workers_, options_.min);
    EXPECT_LE(workers_, options_.max);
  }

  control::worker_scaler_options options_;
  control::worker_scaler scaler_;
  load_meter meter_;
  control::splitmix64 random_;
  time_point now_{};
  time_point next_tick_ = now_ + step;
  load_moment at_;
  std::deque<duration> queue_;
  std::vector<time_point> running_;  // when they end, sorted
  std::vector<std::pair<time_point, time_point>> begun_;
  std::int64_t workers_ = 1;
  std::optional<bool> went_up_;
  std::vector<time_point> turns_;
};

control::worker_scaler_options little() { return {.min = 1, .max = 8, .rule = scaler_rule::little}; }

/// The most turns within a minute.
std::size_t most_in_a_minute(const std::vector<time_point>& turns) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    std::size_t n = 0;
    for (std::size_t k = i; k < turns.size() && turns[k] - turns[i] < 60s; ++k) ++n;
    most = std::max(most, n);
  }
  return most;
}

TEST(load_meter, a_steady_load_at_any_level_makes_the_workers_turn_at_most_once_a_minute) {
  for (const bool regular : {true, false})
    for (const duration service : {2ms, 50ms})
      for (int tenths = 1; tenths <= 90; tenths += 2) {
        SCOPED_TRACE(::testing::Message() << "load " << tenths / 10.0 << ", service " << service.count()
                                          << " ns, seed " << tenths << ", regular " << regular);
        simulated_pool pool(little(), static_cast<std::uint64_t>(tenths));
        pool.run(service < 10ms ? 100s : 300s, tenths / 10.0, service, regular);
        EXPECT_LE(most_in_a_minute(pool.turns()), 1u);
        EXPECT_GE(static_cast<double>(pool.workers()), std::min(8.0, std::ceil(tenths / 10.0)));
      }
}

TEST(load_meter, without_holding_the_load_a_threshold_flips) {
  simulated_pool pool({.min = 1, .max = 8, .rule = scaler_rule::threshold}, 1);
  pool.run(300s, 1.5, 50ms);
  EXPECT_GT(most_in_a_minute(pool.turns()), 1u);
}

TEST(load_meter, a_burst_is_answered_within_one_interval) {
  for (const double quiet : {0.0, 0.5}) {
    simulated_pool pool(little(), 3);
    pool.run(60s, quiet, 50ms);
    const auto before = pool.workers();
    pool.run(1s, 20, 50ms);
    EXPECT_GT(pool.workers(), before + 2) << "after a load of " << quiet;
  }
}

TEST(load_meter, workers_stay_until_a_backlog_is_worked_off) {
  simulated_pool pool(little(), 4);
  pool.run(5s, 100, 500ms);
  ASSERT_GT(pool.queued(), 500u);
  pool.run(20s, 0, 500ms);
  ASSERT_GT(pool.queued(), 0u);
  EXPECT_EQ(pool.workers(), 8);
}

TEST(load_meter, without_load_workers_become_the_least_there_may_be) {
  simulated_pool pool(little(), 5);
  pool.run(20s, 5, 50ms);
  EXPECT_GE(pool.workers(), 7);
  pool.run(70s, 0, 50ms);
  EXPECT_EQ(pool.workers(), 1);
}

TEST(load_meter, a_load_that_halves_for_good_needs_fewer_workers) {
  simulated_pool pool(little(), 6);
  pool.run(30s, 5, 5ms);
  const auto before = pool.workers();
  pool.run(90s, 2, 5ms);
  EXPECT_LE(pool.workers(), 4);
  EXPECT_GT(before, 6);
}

TEST(load_meter, jobs_that_do_not_end_show_by_their_age) {
  load_meter meter(1s);
  meter.restart(time_point{}, {.arrived = 1});
  const auto load = meter.look(time_point(500ms), {.arrived = 11, .queued = 10, .running = 1, .age = 500ms});
  EXPECT_GE(load.service, 499ms);
  EXPECT_GT(load.arrival_per_second, 10);
}

TEST(load_meter, the_only_job_is_no_load_that_asks_for_a_second_worker) {
  load_meter meter(1s);
  meter.restart(time_point{}, {.arrived = 1});
  const auto load = meter.look(time_point(1s), {.arrived = 1, .running = 1, .age = 1s});
  EXPECT_EQ(load.arrival_per_second, 0);
  EXPECT_TRUE(meter.is_idle());
}

}  // namespace
}  // namespace weir::detail
