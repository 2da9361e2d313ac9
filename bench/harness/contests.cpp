#include <bench/harness/contests.hpp>

#include <bench/harness/between_coroutines.hpp>
#include <bench/harness/condvar_pools.hpp>
#include <bench/harness/condvar_queue.hpp>
#include <bench/harness/weir_pools.hpp>
#include <bench/harness/weir_queue.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weir::bench {

namespace {

using channel_run = channel_reading (*)(const channel_cell&);

contestant channel_contestant(std::string name, channel_cell cell, channel_run run) {
  return {std::move(name), [cell, run](std::uint64_t items) mutable {
            cell.items = items;
            const channel_reading reading = run(cell);
            return lap{reading.cost, reading.checksum == expected_checksum(cell)};
          }};
}

contest channel_contest(const channel_cell& cell) {
  const std::string shape =
      cell.ping_pong ? "ping-pong" : fmt::format("{}x{}", cell.producers, cell.consumers);
  contest c{.cell = fmt::format("{}, capacity {}", shape, cell.capacity),
            .contestants = {channel_contestant("coroutines", cell, between_coroutines),
                            channel_contestant("threads", cell, between_threads<weir_queue>)}};
  c.compared = cell.capacity > 0;
  if (c.compared)
    c.contestants.push_back(channel_contestant("condvars", cell, between_threads<condvar_queue>));
  return c;
}

using pool_run = pool_reading (*)(const pool_cell&);

contestant pool_contestant(std::string name, pool_cell cell, pool_run run) {
  return {std::move(name), [cell, run](std::uint64_t items) mutable {
            cell.items = items;
            const pool_reading reading = run(cell);
            return lap{reading.cost, reading.ran == items};
          }};
}

contest pool_contest(const pool_cell& cell) {
  return {.cell = fmt::format("{}, {} to {}", cell.spin > 0 ? "1 us" : "empty", cell.producers, cell.workers),
          .contestants = {pool_contestant("submit_some", cell, run_jobs<weir_worker_pool_by_16>),
                          pool_contestant("worker_pool", cell, run_jobs<weir_worker_pool>),
                          pool_contestant("task_pool", cell, run_jobs<weir_task_pool>),
                          pool_contestant("condvars", cell, run_jobs<condvar_pool>)}};
}

struct timed_contestant {
  std::string_view name;
  std::vector<duration> (*run)(const pool_cell&);
};

constexpr std::array<timed_contestant, 3> timed = {{{"worker_pool", latencies_after_idling<weir_worker_pool>},
                                                    {"task_pool", latencies_after_idling<weir_task_pool>},
                                                    {"condvars", latencies_after_idling<condvar_pool>}}};

}  // namespace

std::vector<contest> channel_contests(extent how_much) {
  const bool quick = how_much == extent::quick;
  struct shape {
    std::size_t producers, consumers;
  };
  const std::vector<shape> shapes =
      quick ? std::vector<shape>{{1, 1}, {4, 4}} : std::vector<shape>{{1, 1}, {4, 4}, {8, 1}, {1, 8}};
  const std::vector<std::size_t> capacities =
      quick ? std::vector<std::size_t>{0, 1, 64} : std::vector<std::size_t>{0, 1, 64, 1024};
  std::vector<contest> contests;
  for (const auto& [producers, consumers] : shapes)
    for (const std::size_t capacity : capacities)
      contests.push_back(
          channel_contest({.producers = producers, .consumers = consumers, .capacity = capacity}));
  contests.push_back(channel_contest({.capacity = 1, .ping_pong = true}));
  return contests;
}

std::vector<contest> pool_contests(extent how_much) {
  const std::uint64_t microsecond = spin_of(std::chrono::microseconds(1));
  std::vector<contest> contests;
  for (const std::uint64_t spin : {std::uint64_t{0}, microsecond})
    for (const std::size_t producers : {1U, 4U})
      for (const std::size_t workers : {2U, 8U}) {
        if (how_much == extent::quick && (producers != 1 || workers != 2)) continue;
        contests.push_back(pool_contest({.producers = producers, .workers = workers, .spin = spin}));
      }
  return contests;
}

std::vector<latency_standing> pool_latencies(extent how_much) {
  const unsigned rounds = how_much == extent::quick ? 2 : 5;
  const pool_cell cell{.workers = 2, .items = 10};
  std::array<std::vector<duration>, timed.size()> found;
  for (unsigned round = 0; round < rounds; ++round)
    for (std::size_t turn = 0; turn < timed.size(); ++turn) {
      const std::size_t who = (round + turn) % timed.size();
      std::ranges::copy(timed[who].run(cell), std::back_inserter(found[who]));
    }
  std::vector<latency_standing> standings;
  for (std::size_t i = 0; i < timed.size(); ++i) {
    std::vector<duration>& of = found[i];
    std::ranges::sort(of);
    standings.push_back({std::string(timed[i].name), of[of.size() / 2], of[of.size() * 99 / 100]});
  }
  return standings;
}

}  // namespace weir::bench
