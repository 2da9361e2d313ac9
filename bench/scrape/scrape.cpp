// What it costs to look at pools: a snapshot, the alerts' rules, a scrape, and its text; all of it on the
// looker's thread.
//
// By Google Benchmark. Pools have worked: their histograms hold 10,000 jobs each whose times are spread over
// many buckets. bench/README.md has the figures.
#include <adapters/prometheus/collectable.hpp>
#include <weir/observe/alert_watch.hpp>
#include <weir/pool/worker_pool.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using benchmark::DoNotOptimize;
using benchmark::State;

using pool = weir::worker_pool<std::uint64_t>;

std::unique_ptr<pool> worked_pool(std::int64_t number) {
  auto made = std::make_unique<pool>(
      [](std::uint64_t& turns) {
        while (turns-- != 0) DoNotOptimize(turns);
      },
      weir::pool_options{.name = "pool-" + std::to_string(number), .max_workers = 1, .queue_capacity = 64});
  for (std::uint64_t i = 0; i < 10'000; ++i)
    if (!made->submit(i * 7919 % 5'000)) std::abort();
  while (made->queue_depth() != 0) std::this_thread::yield();
  return made;
}

/// Pools with their alerts, as many as `state` says.
struct shown_pools {
  explicit shown_pools(std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      pools.push_back(worked_pool(i));
      shown.push_back(add_figures(*sources, *pools.back(), std::make_shared<weir::alert_watch>()));
    }
  }
  std::shared_ptr<weir::figure_sources> sources = std::make_shared<weir::figure_sources>();
  std::vector<std::unique_ptr<pool>> pools;
  std::vector<weir::figure_source> shown;
};

void stats(State& state) {
  const auto one = worked_pool(0);
  for (auto _ : state) DoNotOptimize(one->stats());
}
BENCHMARK(stats);

void snapshot(State& state) {
  const auto one = worked_pool(0);
  for (auto _ : state) DoNotOptimize(one->snapshot());
}
BENCHMARK(snapshot);

void alert_rules(State& state) {
  const weir::pool_snapshot shot = worked_pool(0)->snapshot();
  weir::alerts rules;
  weir::time_point now{};
  for (auto _ : state) DoNotOptimize(rules.observe(now += std::chrono::seconds(1), shot));
}
BENCHMARK(alert_rules);

void scrape(State& state) {
  const shown_pools all(state.range(0));
  const weir::prometheus::collectable metrics(all.sources);
  for (auto _ : state) DoNotOptimize(metrics.Collect());
}
BENCHMARK(scrape)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond);

void scrape_as_text(State& state) {
  const shown_pools all(state.range(0));
  std::size_t bytes = 0;
  for (auto _ : state) bytes = weir::prometheus::text(all.sources->collect()).size();
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(scrape_as_text)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
