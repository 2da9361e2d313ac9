// What `weir bench channel` and `weir bench pool` hold: weir beside what people write for themselves with the
// standard library. Foreign peers are in bench/channel and bench/pool.
//
// Thread-safety: pure functions; what they return starts threads when it runs.
#pragma once

#include <bench/harness/contest.hpp>

#include <string>
#include <vector>

namespace weir::bench {

/// How much of it all.
enum class extent { whole, quick };

/// Channels between threads and between coroutines beside a mutex with two condition variables; from
/// producers to consumers at several capacities, and there and back. At capacity 0 weir is alone.
std::vector<contest> channel_contests(extent);

/// Pools beside a textbook one, with empty jobs and with jobs of 1 us.
std::vector<contest> pool_contests(extent);

/// From submit to start after 10 ms of idleness, of a pool of two workers.
struct latency_standing {
  std::string contestant;
  duration p50, p99;
};

/// weir's pools and the textbook one take turns, a few jobs each.
std::vector<latency_standing> pool_latencies(extent);

}  // namespace weir::bench
