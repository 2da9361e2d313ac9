// weir's pools beside other thread pools: a million empty jobs, submitted one by one (and 16 at once where a
// pool can), timed from the first submit to the end of the last job.
//
// weir's pools and the textbook one are bounded, with 1024 places, and make the submitter wait; Asio's and
// oneTBB's take everything at once, into as much memory as it needs. A pool is made before the clock starts.
//
// Names are CONTENDER/PRODUCERS, WORKERS. bench/pool/run makes the table.

#include <bench/peers/condvar_queue.hpp>
#include <bench/peers/race.hpp>

#include <weir/pool/task_pool.hpp>
#include <weir/pool/worker_pool.hpp>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#ifdef WEIR_BENCH_ASIO
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#endif
#ifdef WEIR_BENCH_TBB
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#endif

namespace {

constexpr std::uint64_t jobs = 1'000'000;
constexpr std::size_t queue_capacity = 1024;

// What each job does: it says that it ran. The last one says when.
class finish_line {
 public:
  void cross() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      at_ = weir::clock::now();
      finished_.store(true, std::memory_order_release);  // partner: the acquire inside wait()
      finished_.notify_one();
    }
  }

  weir::time_point wait() const {
    finished_.wait(false, std::memory_order_acquire);
    return at_;
  }

 private:
  alignas(64) std::atomic<std::uint64_t> left_ = jobs;
  alignas(64) std::atomic<bool> finished_ = false;
  weir::time_point at_{};
};

weir::pool_options options(std::size_t workers) {
  return {
      .min_workers = workers, .max_workers = workers, .queue_capacity = queue_capacity};  // on_full: block
}

// Contenders are made with a number of workers and a finish line; submit(count) hands in so many jobs.

class weir_tasks {
 public:
  weir_tasks(std::size_t workers, finish_line& line) : line_(line), pool_(options(workers)) {}
  void submit(std::uint64_t count) {
    for (; count > 0; --count)
      if (!pool_.submit([&line = line_] { line.cross(); })) std::abort();
  }

 private:
  finish_line& line_;
  weir::task_pool pool_;
};

// The job is the line's address.
using job_pool = weir::worker_pool<finish_line*>;

class weir_workers {
 public:
  weir_workers(std::size_t workers, finish_line& line)
      : line_(&line), pool_([](finish_line*& job) { job->cross(); }, options(workers)) {}
  void submit(std::uint64_t count) {
    for (; count > 0; --count)
      if (!pool_.submit(line_)) std::abort();
  }

 private:
  finish_line* line_;
  job_pool pool_;
};

class weir_workers_by_16 {
 public:
  weir_workers_by_16(std::size_t workers, finish_line& line)
      : pool_([](finish_line*& job) { job->cross(); }, options(workers)) {
    batch_.fill(&line);
  }
  void submit(std::uint64_t count) {
    std::array<finish_line*, 16> batch = batch_;  // one a producer
    while (count > 0) {
      const std::size_t taken =
          pool_.submit_some(std::span(batch).first(std::min<std::uint64_t>(batch.size(), count)));
      count -= taken;
      if (taken > 0) continue;
      // submit_some never waits; when nothing fits, one job waits for its place.
      if (!pool_.submit(batch.front())) std::abort();
      --count;
    }
  }

 private:
  std::array<finish_line*, 16> batch_;
  job_pool pool_;
};

// Threads over the textbook queue.
class condvar_pool {
 public:
  condvar_pool(std::size_t workers, finish_line& line) : line_(line), queue_(queue_capacity) {
    for (std::size_t i = 0; i < workers; ++i)
      threads_.emplace_back([this] {
        while (const std::function<void()> task = queue_.take()) task();  // an empty function: the end
      });
  }
  ~condvar_pool() {
    for (std::size_t i = 0; i < threads_.size(); ++i) queue_.put({});
  }
  void submit(std::uint64_t count) {
    for (; count > 0; --count) queue_.put([&line = line_] { line.cross(); });
  }

 private:
  finish_line& line_;
  bench::condvar_queue<std::function<void()>> queue_;
  std::vector<std::jthread> threads_;
};

#ifdef WEIR_BENCH_ASIO
class asio_pool {
 public:
  asio_pool(std::size_t workers, finish_line& line) : line_(line), pool_(workers) {}
  ~asio_pool() { pool_.join(); }
  void submit(std::uint64_t count) {
    for (; count > 0; --count) boost::asio::post(pool_, [&line = line_] { line.cross(); });
  }

 private:
  finish_line& line_;
  boost::asio::thread_pool pool_;
};
#endif

#ifdef WEIR_BENCH_TBB
class tbb_arena {
 public:
  tbb_arena(std::size_t workers, finish_line& line)
      : line_(line),
        // oneTBB starts no more threads than there are processors unless told; one more for the caller's own.
        allowed_(tbb::global_control::max_allowed_parallelism, workers + 1),
        arena_(static_cast<int>(workers), 0) {}
  void submit(std::uint64_t count) {
    for (; count > 0; --count) arena_.enqueue([&line = line_] { line.cross(); });
  }

 private:
  finish_line& line_;
  tbb::global_control allowed_;
  tbb::task_arena arena_;
};
#endif

template <class Pool>
void run_jobs(benchmark::State& state, std::size_t producers, std::size_t workers) {
  for (auto _ : state) {
    finish_line line;
    Pool pool(workers, line);
    const bench::lap lap = bench::race(producers, [&](std::size_t) { pool.submit(jobs / producers); });
    state.SetIterationTime(bench::seconds(line.wait() - lap.start));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(jobs) * state.iterations());
}

template <class Pool>
void enter(const std::string& contender) {
  for (const std::size_t producers : {1U, 4U})
    for (const std::size_t workers : {2U, 8U}) {
      const std::string name = fmt::format("{}/{} producer{}, {} workers", contender, producers,
                                           producers == 1 ? "" : "s", workers);
      benchmark::RegisterBenchmark(
          name.c_str(), [=](benchmark::State& state) { run_jobs<Pool>(state, producers, workers); })
          ->UseManualTime()
          ->Iterations(1);
    }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  enter<weir_tasks>("weir task_pool");
  enter<weir_workers>("weir worker_pool");
  enter<weir_workers_by_16>("weir worker_pool, 16 at once");
  enter<condvar_pool>("mutex and condvars");
#ifdef WEIR_BENCH_ASIO
  enter<asio_pool>("Asio thread_pool");
#endif
#ifdef WEIR_BENCH_TBB
  enter<tbb_arena>("oneTBB task_arena");
#endif
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
