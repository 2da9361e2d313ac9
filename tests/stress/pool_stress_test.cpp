// Everything a pool can be asked, at once, at random, for a while; then the books are compared with our own.
//
// A round builds a pool with random options. Producers submit with every policy, deadline, cost and token;
// jobs throw, submit and drain; somebody resizes and pauses; readers of results come and leave. The round
// ends in one of the ways a pool can end. Then: the law; every counter is what callers, on_lost and jobs saw;
// every accepted job ran or was lost, once; every refused one is untouched. WEIR_STRESS_SECONDS says how long
// (60; 10 under sanitizers), WEIR_STRESS_SEED repeats a run's choices.
#include <weir/pool/task_pool.hpp>
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <initializer_list>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

using namespace std::chrono_literals;
using random_source = std::mt19937_64;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int default_seconds = 10;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int default_seconds = 10;
#else
constexpr int default_seconds = 60;
#endif
#else
constexpr int default_seconds = 60;
#endif

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::stoull(text) : otherwise;
}

std::uint64_t below(random_source& random, std::uint64_t n) { return random() % n; }

template <class T>
T one_of(random_source& random, std::initializer_list<T> choices) {
  return choices.begin()[below(random, choices.size())];
}

overflow any_policy(random_source& random, std::size_t capacity) {
  switch (below(random, capacity == 0 ? 5 : 7)) {
    case 0: return overflow::block();
    case 1: return overflow::timeout(std::chrono::microseconds(below(random, 2000)));
    case 2: return overflow::reject();
    case 3: return overflow::drop_newest();
    case 4: return overflow::caller_runs();
    case 5: return overflow::evict_lower();
    default: return overflow::drop_oldest();
  }
}

/// Move-only; says by itself whether it still holds its job.
struct order {
  order() = default;
  explicit order(std::uint64_t seed) : choice(std::make_unique<std::uint64_t>(seed)) {}
  std::unique_ptr<std::uint64_t> choice;
};

/// What callers, jobs and on_lost saw.
struct ledger {
  std::atomic<std::uint64_t> accepted{0}, ran{0}, threw{0};
  std::array<std::atomic<std::uint64_t>, 12> refused{}, lost{};  // by errc

  std::uint64_t refusals(errc e) const { return refused[static_cast<std::size_t>(e)]; }
  std::uint64_t losses(errc e) const { return lost[static_cast<std::size_t>(e)]; }

  void compare(const pool_stats& s) const {
    testing::expect_settled(s);
    EXPECT_EQ(s.completed, ran - threw);
    EXPECT_EQ(s.failed, threw);
    EXPECT_EQ(s.rejected, refusals(errc::full) + refusals(errc::closed) + refusals(errc::expired) +
                              refusals(errc::overloaded));
    EXPECT_EQ(s.dropped, refusals(errc::dropped));
    EXPECT_EQ(s.timed_out, refusals(errc::timed_out));
    EXPECT_EQ(s.withdrawn, refusals(errc::cancelled));
    EXPECT_EQ(s.evicted, losses(errc::dropped));
    EXPECT_EQ(s.expired, losses(errc::expired));
    EXPECT_EQ(s.cancelled, losses(errc::cancelled));
    EXPECT_EQ(accepted, ran + s.evicted + s.expired + s.cancelled);
  }
};

class round {
 public:
  explicit round(std::uint64_t seed) : random_(seed) {
    options_ = {.name = "stress",
                .min_workers = 1 + below(random_, 4),
                .queue_capacity = one_of<std::size_t>(random_, {0, 1, 2, 7, 64, 1024}),
                .max_cost = one_of<std::uint64_t>(random_, {unlimited, 10, 100}),
                .on_full = overflow::block(),
                .results_capacity = one_of<std::size_t>(random_, {0, 0, 1, 16}),
                .paused = below(random_, 4) == 0,
                .stop = stop_.get_token()};
    options_.max_workers = options_.min_workers + below(random_, 3);
    options_.on_full = any_policy(random_, options_.queue_capacity);
    options_.lanes = one_of<std::size_t>(random_, {1, 1, 2, 4});
    options_.starvation_limit = options_.lanes + below(random_, 5);
    if (below(random_, 2) == 0) options_.lane = {{.capacity = 1 + below(random_, 10)}};
    options_.fair_by_key = below(random_, 3) == 0;
    options_.scaling.interval = std::chrono::microseconds(1 + below(random_, 5000));
    options_.scaling.shrink_after = options_.scaling.interval;
    ending_ = below(random_, 6);
    pool_ = std::make_unique<worker_pool<order, int>>(
        [this](order& o, std::stop_token stop) { return process(o, stop); }, options_,
        [this](worker_pool<order, int>::lost&& l) { note_lost(l); });
  }

  void run(duration time) {
    const auto end = after(clock::now(), time);
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) threads.emplace_back([this, seed = random_(), end] { produce(seed, end); });
      threads.emplace_back([this, seed = random_(), end] { disturb(seed, end); });
      if (options_.results_capacity != 0 && below(random_, 4) != 0)
        threads.emplace_back([this, seed = random_()] { read(seed); });
      std::this_thread::sleep_until(end);
      finish();
    }
    books_.compare(pool_->stats());
    EXPECT_EQ(pool_->run_time().count(), pool_->stats().completed + pool_->stats().failed);
    EXPECT_EQ(pool_->queue_wait().count(), pool_->stats().completed + pool_->stats().failed);
    pool_.reset();
  }

 private:
  int process(order& o, const std::stop_token& stop) {
    ++books_.ran;
    const std::uint64_t choice = *std::exchange(o.choice, nullptr);  // a second run would crash here
    random_source random(choice);
    switch (below(random, 16)) {
      case 0: ++books_.threw; throw std::runtime_error("a job failed");
      case 1: {
        const auto until = clock::now() + std::chrono::microseconds(below(random, 300));
        while (clock::now() < until && !stop.stop_requested()) std::this_thread::yield();
        break;
      }
      case 2:
      case 3:
        if (below(random, 2) == 0) submit_one(random);  // half, so that their number does not grow
        break;
      case 4:
        if (ending_ == 5 && ending_now_) {
          EXPECT_TRUE(pool_->drain());
        }
        break;
      default: break;
    }
    return 1;
  }

  void note_lost(worker_pool<order, int>::lost& l) {
    EXPECT_TRUE(l.job.choice) << "lost, but it had run";
    ++books_.lost[static_cast<std::size_t>(l.reason)];
    if (*l.job.choice % 8 == 0) submit_one_with(overflow::reject(), {}, *l.job.choice + 1);
  }

  void submit_one_with(std::optional<overflow> policy, submit_options o, std::uint64_t choice) {
    order job(choice);
    o.on_full = policy;
    // Counted first: it may have run before submit returns.
    const auto id = pool_->submit(std::move(job), std::move(o));
    if (id) {
      ++books_.accepted;
      EXPECT_FALSE(job.choice);
    } else {
      ++books_.refused[static_cast<std::size_t>(id.error())];
      EXPECT_TRUE(job.choice) << "refused, but touched";
    }
  }

  void submit_one(random_source& random) {
    submit_options o{
        .lane = below(random, options_.lanes), .cost = below(random, 12), .key = below(random, 5)};
    if (below(random, 4) == 0) o.deadline = clock::now() + std::chrono::microseconds(below(random, 500));
    std::stop_source soon;
    std::optional<std::jthread> stopper;
    if (below(random, 64) == 0) {
      o.stop = soon.get_token();
      stopper.emplace([&soon] { soon.request_stop(); });
    }
    std::optional<overflow> policy;
    if (below(random, 3) != 0) policy = any_policy(random, options_.queue_capacity);
    submit_one_with(policy, std::move(o), random());
  }

  void submit_several(random_source& random) {
    std::vector<order> jobs;
    for (std::uint64_t i = below(random, 9); i > 0; --i) jobs.emplace_back(random());
    const std::size_t taken =
        pool_->submit_some(jobs, {.lane = below(random, options_.lanes), .cost = below(random, 4)});
    books_.accepted += taken;
    for (std::size_t i = 0; i < jobs.size(); ++i) EXPECT_EQ(jobs[i].choice == nullptr, i < taken);
  }

  void produce(std::uint64_t seed, time_point end) {
    random_source random(seed);
    while (clock::now() < end && !ending_now_) {
      if (below(random, 8) == 0) {
        submit_several(random);
      } else {
        submit_one(random);
      }
    }
  }

  void disturb(std::uint64_t seed, time_point end) {
    random_source random(seed);
    while (clock::now() < end && !ending_now_) {
      switch (below(random, 4)) {
        case 0: {
          const std::size_t min = 1 + below(random, 4);
          pool_->resize(min, min + below(random, 3));
          break;
        }
        case 1: pool_->pause(); break;
        default: pool_->resume(); break;
      }
      testing::expect_law(pool_->stats());
      EXPECT_LE(pool_->queue_utilization(), 1.0);
      std::this_thread::sleep_for(std::chrono::microseconds(below(random, 3000)));
    }
    pool_->resume();
  }

  void read(std::uint64_t seed) {
    random_source random(seed);
    auto first = pool_->results();
    std::optional second = pool_->results();
    const bool leaves = below(random, 2) == 0;
    for (std::uint64_t i = 0; !leaves || i < 500; ++i) {
      if (i == 100) second.reset();
      const auto outcome = first.receive();
      if (!outcome) {
        EXPECT_EQ(outcome.error(), errc::closed);
        return;
      }
      EXPECT_TRUE(!outcome->value || *outcome->value == 1);
    }
  }

  void finish() {
    ending_now_ = true;
    switch (ending_) {
      case 0: EXPECT_TRUE(pool_->drain()); break;
      case 1: (void)pool_->drain(clock::now() + 1ms); break;
      case 2: pool_->cancel(); break;
      case 3: stop_.request_stop(); break;
      case 4: pool_->close(); break;
      default: {
        pool_->resume();
        for (std::uint64_t i = 0; i < 64; ++i) submit_one_with(overflow::reject(), {}, i);
      }
    }
    EXPECT_TRUE(pool_->drain());
  }

  random_source random_;
  std::stop_source stop_;
  pool_options options_;
  std::uint64_t ending_;
  std::atomic<bool> ending_now_{false};
  ledger books_;
  std::unique_ptr<worker_pool<order, int>> pool_;
};

TEST(pool_stress, everything_at_once_obeys_the_law) {
  const std::uint64_t seed = from_environment("WEIR_STRESS_SEED", std::random_device{}());
  const auto end =
      clock::now() + std::chrono::seconds(from_environment("WEIR_STRESS_SECONDS", default_seconds));
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  random_source random(seed);
  while (clock::now() < end && !::testing::Test::HasFailure()) {
    const std::uint64_t of_round = random();
    SCOPED_TRACE(::testing::Message() << "seed " << seed << ", round " << of_round);
    round(of_round).run(100ms);
  }
}

TEST(pool_stress, every_future_is_answered_once) {
  const std::uint64_t seed = from_environment("WEIR_STRESS_SEED", std::random_device{}());
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  random_source random(seed);
  for (int round = 0; round < 50; ++round) {
    std::atomic<std::uint64_t> lost = 0, values = 0, errors = 0;
    task_pool pool({.min_workers = 2, .max_workers = 3, .queue_capacity = 1 + below(random, 20)},
                   [&](task_pool::lost) { ++lost; });
    {
      std::vector<std::jthread> producers;
      for (int i = 0; i < 3; ++i)
        producers.emplace_back([&, own = random()]() mutable {
          random_source mine(own);
          std::vector<std::future<int>> futures;
          for (int n = 0; n < 300; ++n) {
            auto future = pool.async([n] { return n % 5 == 0 ? throw std::runtime_error("") : n; },
                                     {.on_full = any_policy(mine, 1), .deadline = clock::now() + 10ms});
            if (future) futures.push_back(std::move(*future));
          }
          for (auto& future : futures) {
            try {
              future.get();
              ++values;
            } catch (const std::system_error&) {
              ++errors;
            } catch (const std::runtime_error&) {
              ++values;
            }
          }
        });
      std::this_thread::sleep_for(std::chrono::microseconds(below(random, 3000)));
      if (round % 2) pool.cancel();
    }
    EXPECT_TRUE(pool.drain());
    testing::expect_settled(pool.stats());
    EXPECT_EQ(lost, errors);
    EXPECT_EQ(pool.stats().completed + pool.stats().failed, values);
    EXPECT_EQ(pool.stats().evicted + pool.stats().expired + pool.stats().cancelled, lost);
  }
}

}  // namespace
}  // namespace weir
