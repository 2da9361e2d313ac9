// A flood: more jobs than the workers can do, sent to the real worker_pool under one strategy, and what
// became of them.
//
// Jobs arrive by a schedule that does not look at how the pool is doing (an open loop): when everybody who
// could bring a job stands at the door, the next one is late, and its wait still counts from when it was due.
// A loop that sent the next job after the last was taken would slow down with the pool and measure nothing.
// Source: G. Tene, "How NOT to Measure Latency", 2013 (coordinated omission).
//
// Invariant: offered = completed + lost() + left. Thread-safety: one flood at a time in a process, since its
// memory is the process's; flood() may be called from any thread, and calls `on_sample` on that one.
#pragma once

#include <bench/harness/block_work.hpp>
#include <weir/base/time.hpp>
#include <weir/pool/overflow.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace weir::bench {

/// What is done about a full queue, or that there is none.
struct strategy {
  std::string name;  ///< "unbounded", or the policy's name without its argument
  overflow on_full;
  std::size_t queue_capacity;
  bool bounded() const noexcept { return queue_capacity != unlimited; }
};

/// One job's service time that makes floods of a readable size: 5 s of twice what two workers do is 4000
/// blocks, 250 MiB, which is all an unbounded queue can grow to.
inline constexpr duration usual_service = std::chrono::milliseconds(5);

/// The bound of the bounded strategies: 40 ms of waiting, at two workers and the usual service.
inline constexpr std::size_t usual_queue = 16;

/// The ones compared, in the order in which they are best told: unbounded, block, drop_newest, drop_oldest,
/// reject, timeout.
const std::vector<strategy>& strategies();

/// The strategy of that name; null when there is none.
const strategy* find_strategy(std::string_view name);

/// The flood all strategies meet, so that they can be compared.
struct flood_options {
  workload work;
  duration length = std::chrono::seconds(5);  ///< of the schedule
  double overload = 2.0;                      ///< arrivals over what the workers can do
  /// A job done later than this after arriving was done for nobody.
  duration patience = std::chrono::milliseconds(250);
  std::size_t workers = 2;   ///< at least 1
  std::size_t clients = 32;  ///< how many can stand at the door at once; at least 1

  /// Jobs a second. Counts no more workers than there are processors.
  double arrivals_per_second() const;
  /// Jobs in the schedule: at least 1.
  std::uint64_t arrivals() const;
};

/// How it stands while the flood runs.
struct flood_sample {
  duration elapsed{};
  std::uint64_t depth = 0;
  duration wait{};     ///< of the job started last, from its arrival
  double goodput = 0;  ///< jobs a second, done within the patience, since the start
  std::uint64_t lost = 0;
  /// Growth since the start in bytes; none where the system does not say.
  std::optional<std::uint64_t> memory{};
};

struct quantiles {
  duration p50{}, p90{}, p99{}, max{};
};

struct flood_result {
  strategy how;
  duration elapsed{};
  std::uint64_t offered = 0;  ///< jobs due by the end
  std::uint64_t completed = 0;
  std::uint64_t in_time = 0;  ///< of the completed: within the patience
  std::uint64_t rejected = 0, dropped = 0, timed_out = 0, evicted = 0;
  std::uint64_t left = 0;  ///< at the end still queued or at the door
  quantiles wait{};        ///< from arrival to start, of the jobs that ran
  quantiles door{};        ///< from arrival until the pool had taken or refused the job
  std::uint64_t peak_depth = 0;
  /// Growth in bytes, sampled each 10 ms; none where the system does not say.
  std::optional<std::uint64_t> peak_memory{};

  std::uint64_t lost() const noexcept { return rejected + dropped + timed_out + evicted; }
  double throughput() const;  ///< completed a second
  double goodput() const;     ///< in_time a second
};

/// Floods a pool. Calls `on_sample` about each 10 ms. Ends after options.length, or within some 50 ms of a
/// stop request; then waits only for the jobs that run: what is still queued counts as left.
flood_result flood(const strategy& how, const flood_options& options,
                   const std::function<void(const flood_sample&)>& on_sample = {}, std::stop_token stop = {});

}  // namespace weir::bench
