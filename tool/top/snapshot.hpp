// What /stats.json of a running weir told, as far as `weir top` shows it.
//
// Thread-safety: values and pure functions.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/observe/stats.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tool::top {

/// Quantiles of times.
struct times {
  duration p50{}, p90{}, p99{}, max{};
};

struct lane {
  std::uint64_t queued = 0;
  std::uint64_t capacity = 0;
  std::optional<duration> wait{};  ///< p99; where jobs were given lanes
};

struct spill {
  std::uint64_t jobs = 0, bytes = 0, max_bytes = 0;
};

struct alert {
  std::string name;
  std::string text;
  duration active{};
};

struct snapshot {
  std::string state;  ///< "running", "paused", "draining"
  std::uint64_t pid = 0;
  duration elapsed{};  ///< since it began
  pool_stats jobs{};   ///< the law, workers, busy, high_water, cost, waiting
  std::uint64_t capacity = 0;
  double utilization = 0;
  std::optional<std::uint64_t> max_cost{};
  std::uint64_t in_flight = 0;
  std::uint64_t retries = 0;
  std::uint64_t least_workers = 0, most_workers = 0;
  times queue_wait{}, run_time{};
  std::vector<lane> lanes{};
  std::optional<std::uint64_t> limit{};
  std::optional<std::string> breaker{};
  std::optional<top::spill> spill{};
  std::vector<alert> alerts{};
};

/// Words that are not there count as 0, as do those of another type: a newer or older weir is shown as far as
/// it is understood. An error: the text is no JSON object with the law's first word, `submitted`.
io_result<snapshot> parse_snapshot(std::string_view json);

/// Of the time between two snapshots of one run.
struct rates {
  double submitted = 0, completed = 0, failed = 0, lost = 0;  ///< a second
};

/// None: no time has passed, or they are of two different runs.
std::optional<rates> rates_between(const snapshot& before, const snapshot& now);

/// Jobs that did not run, whatever the reason.
std::uint64_t lost(const snapshot&) noexcept;

}  // namespace weir::tool::top
