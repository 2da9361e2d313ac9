// What became of a run, for people and for programs.
//
// Thread-safety: values and pure functions.
#pragma once

#include <jobs/control_report.hpp>
#include <weir/base/time.hpp>
#include <weir/observe/histogram.hpp>
#include <weir/observe/stats.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace weir::jobs {

struct report {
  pool_stats jobs{};                           ///< the law, and high_water
  std::uint64_t failed_by_timeout = 0;         ///< of the failed
  std::optional<std::uint64_t> passed_over{};  ///< of a resumed run: jobs that are done, or in the store
  std::optional<spill_snapshot> spill{};       ///< of a run with a spill store
  duration elapsed{};
  std::size_t queue_capacity = 0;
  histogram_snapshot queue_wait{};
  histogram_snapshot run_time{};
  control_report control{};
};

/// Jobs that did not run, whatever the reason.
std::uint64_t lost(const pool_stats&) noexcept;

/// Jobs of which nothing more is to be expected.
std::uint64_t finished(const pool_stats&) noexcept;

/// Jobs that ran to their end in a second.
double jobs_per_second(const report&) noexcept;

/// For people: a few lines, each ended by a newline; `who` begins the first. What went wrong is red with
/// `color`.
std::string as_text(const report&, std::string_view who, bool color);

/// One object on one line, ended by a newline: the law's words, failed_by_timeout, peak_depth, seconds,
/// jobs_per_second, queue_wait and run_time with p50 p90 p99 max in seconds, passed_over of a resumed run,
/// resumed and spilled_total of one that spills, and what control_report.hpp adds.
std::string as_json(const report&);

/// The same keys and values, added to an object.
void add_to(nlohmann::ordered_json& object, const report&);

/// The same as two lines, names and values; the times as queue_wait_p50 and so on.
std::string as_csv(const report&);

/// A time in three digits and a unit: "1.23ms", "45.1s", "0s".
std::string brief(duration);

}  // namespace weir::jobs
