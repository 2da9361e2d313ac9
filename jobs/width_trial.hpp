// How a command behaves with one, two, ... of it at once: what a plan needs to know, measured.
//
// A few rounds of jobs at each width, their output thrown away. Invariant: a trial with a failed job is no
// trial: a command that fails says nothing of one that works.
#pragma once

#include <jobs/command_template.hpp>
#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weir::jobs {

/// What was measured at one width.
struct width_result {
  std::size_t workers = 1;
  std::uint64_t jobs = 0;
  std::uint64_t failed = 0;
  duration elapsed{};   ///< from the first start to the last end
  duration run_time{};  ///< of a job, the mean
  duration compute{};   ///< processor time of a job, the mean

  double jobs_per_second() const noexcept;
};

/// What follows from the widths.
struct width_findings {
  std::int64_t cores = 1;        ///< processors this process may use
  double wait_over_compute = 0;  ///< of the narrowest width, at least 0
  duration service{};            ///< the run time there
  std::size_t workers = 1;       ///< the least within 5 % of the most jobs a second
  double jobs_per_second = 0;    ///< with so many
};

/// All widths of `least..most` up to eight of them, else doubling ones and the last.
std::vector<std::size_t> widths_between(std::size_t least, std::size_t most);

/// Runs `command` on the items, one a job and again from the first when they run out, at each width: three
/// rounds at least, and half a second. In the process's main thread and before it has another. Error: the
/// command cannot be started (std::errc::no_such_file_or_directory, permission_denied), or the system refuses
/// processes.
io_result<std::vector<width_result>> try_widths(const command_template& command,
                                                std::span<const std::string> items,
                                                std::span<const std::size_t> widths);

/// `widths`: at least one, with jobs.
width_findings findings_of(std::span<const width_result> widths);

}  // namespace weir::jobs
