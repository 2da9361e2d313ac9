// weir::channel beside a mutex with two condition variables and oneTBB's bounded queue: items a second from
// producers to consumers, one at a time, blocking on both sides. Capacity 0 is weir's alone: the others
// cannot.
//
// Names are CONTENDER/PRODUCERSxCONSUMERS, capacity N. bench/channel/run makes the table.

#include <bench/peers/condvar_queue.hpp>
#include <bench/peers/race.hpp>

#include <weir/channel/channel.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#ifdef WEIR_BENCH_TBB
#include <oneapi/tbb/concurrent_queue.h>
#endif

namespace {

class weir_queue {
 public:
  explicit weir_queue(std::size_t capacity) : channel_(capacity) {}
  void put(std::uint64_t value) { (void)channel_.send(std::move(value)); }  // never closed: cannot fail
  std::uint64_t take() { return *channel_.receive(); }

 private:
  weir::channel<std::uint64_t> channel_;
};

#ifdef WEIR_BENCH_TBB
class tbb_queue {
 public:
  explicit tbb_queue(std::size_t capacity) { queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity)); }
  void put(std::uint64_t value) { queue_.push(value); }
  std::uint64_t take() {
    std::uint64_t value = 0;
    queue_.pop(value);
    return value;
  }

 private:
  tbb::concurrent_bounded_queue<std::uint64_t> queue_;
};
#endif

struct topology {
  std::size_t producers;
  std::size_t consumers;
  std::size_t capacity;
  std::uint64_t items;  // an iteration; divisible by both
};

// Moves the items once; false when what arrived is not what was sent.
template <class Queue>
bool move_items(const topology& shape, double& took) {
  Queue queue(shape.capacity);
  std::atomic<std::uint64_t> sum = 0;
  const bench::lap lap = bench::race(shape.producers + shape.consumers, [&](std::size_t i) {
    if (i < shape.producers) {
      const std::uint64_t share = shape.items / shape.producers;
      for (std::uint64_t n = 1; n <= share; ++n) queue.put(i * share + n);
    } else {
      std::uint64_t own = 0;
      for (std::uint64_t n = shape.items / shape.consumers; n > 0; --n) own += queue.take();
      sum.fetch_add(own, std::memory_order_relaxed);  // read after the race has joined its threads
    }
  });
  took = bench::seconds(lap.end - lap.start);
  return sum.load(std::memory_order_relaxed) == shape.items * (shape.items + 1) / 2;
}

template <class Queue>
void enter(const std::string& contender, const topology& shape) {
  const std::string name =
      fmt::format("{}/{}x{}, capacity {}", contender, shape.producers, shape.consumers, shape.capacity);
  benchmark::RegisterBenchmark(name.c_str(), [shape](benchmark::State& state) {
    for (auto _ : state) {
      double took = 0;
      if (!move_items<Queue>(shape, took)) {
        state.SkipWithError("items were lost or doubled");
        break;
      }
      state.SetIterationTime(took);
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(shape.items) * state.iterations());
  })->UseManualTime();
}

void enter_all() {
  for (const std::size_t threads : {1U, 4U})
    for (const std::size_t capacity : {0U, 1U, 64U, 1024U}) {
      // Where every item costs a sleep and a wake, fewer of them tell the same.
      const topology shape{threads, threads, capacity, capacity < 64 ? 20'000U : 400'000U};
      enter<weir_queue>("weir", shape);
      if (capacity == 0) continue;
      enter<bench::condvar_queue<std::uint64_t>>("mutex and condvars", shape);
#ifdef WEIR_BENCH_TBB
      enter<tbb_queue>("oneTBB bounded queue", shape);
#endif
    }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  enter_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
