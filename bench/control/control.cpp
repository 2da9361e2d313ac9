// What guards cost: a try of the rate limiter, a call through a breaker, and all of them around a submit.
//
// By Google Benchmark; `run` sets the figures beside Go's x/time/rate and Rust's governor, and judges them.
#include <weir/base/time.hpp>
#include <weir/guard/bulkhead.hpp>
#include <weir/guard/circuit_breaker.hpp>
#include <weir/guard/fallback.hpp>
#include <weir/guard/guard.hpp>
#include <weir/guard/hedge.hpp>
#include <weir/guard/rate_limiter.hpp>
#include <weir/guard/retry.hpp>
#include <weir/guard/throttle.hpp>
#include <weir/pool/worker_pool.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <optional>

namespace {

using benchmark::DoNotOptimize;
using benchmark::State;

void two_clock_reads(State& state) {
  for (auto _ : state) {
    DoNotOptimize(weir::clock::now());
    DoNotOptimize(weir::clock::now());
  }
}
BENCHMARK(two_clock_reads);

void try_granted(State& state) {
  static weir::rate_limiter limiter(1e9, 1e9);
  for (auto _ : state) DoNotOptimize(limiter.try_acquire());
}
BENCHMARK(try_granted);
BENCHMARK(try_granted)->Threads(8)->UseRealTime();

void try_refused(State& state) {
  static weir::rate_limiter limiter(0.001, 1);
  for (auto _ : state) DoNotOptimize(limiter.try_acquire());
}
BENCHMARK(try_refused);
BENCHMARK(try_refused)->Threads(8)->UseRealTime();

void through_breaker(State& state, const weir::control::circuit_breaker_options& options) {
  weir::circuit_breaker breaker(options);
  for (auto _ : state) DoNotOptimize(breaker.call([] {}));
}
BENCHMARK_CAPTURE(through_breaker, consecutive, {});
BENCHMARK_CAPTURE(through_breaker, count_window, {.mode = weir::control::breaker_mode::count_window});
BENCHMARK_CAPTURE(through_breaker, time_window, {.mode = weir::control::breaker_mode::time_window});
BENCHMARK_CAPTURE(through_breaker, slow_calls,
                  {.mode = weir::control::breaker_mode::count_window,
                   .slow_call = weir::duration(1'000'000)});

/// All guards but the hedge, which sets a timer for each call.
struct all_guards {
  weir::rate_limiter limiter{1e9, 1e9};
  weir::throttle throttle;
  weir::bulkhead places{{.limit = 100}};
  weir::retry retry{{.budget = weir::control::retry_budget_options{}}};
  weir::circuit_breaker breaker;

  auto composed() { return weir::guard(limiter, throttle, places, retry, breaker); }
};

void all_around_nothing(State& state) {
  all_guards guards;
  auto guard = guards.composed();
  for (auto _ : state) DoNotOptimize(guard.call([] {}));
}
BENCHMARK(all_around_nothing);

/// Into a queue that takes all of them: what a submit costs without a worker to wake. Several times, of which
/// the median counts: the first one pays for the memory.
constexpr std::size_t submits = 1 << 17;
struct waiting_pool {
  weir::worker_pool<int> pool{[](int&) {}, {.max_workers = 1, .queue_capacity = submits + 1, .paused = true}};
  ~waiting_pool() { pool.cancel(); }
};

void submit(State& state) {
  waiting_pool waiting;
  for (auto _ : state) DoNotOptimize(waiting.pool.submit(1));
}
BENCHMARK(submit)->Iterations(submits)->Repetitions(7)->ReportAggregatesOnly(true);

void guarded_submit(State& state) {
  waiting_pool waiting;
  all_guards guards;
  auto guard = guards.composed();
  for (auto _ : state) DoNotOptimize(guard.call([&] { return waiting.pool.submit(1); }));
}
BENCHMARK(guarded_submit)->Iterations(submits)->Repetitions(7)->ReportAggregatesOnly(true);

}  // namespace

BENCHMARK_MAIN();
