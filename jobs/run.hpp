// `weir run`: a reader submits items to a worker_pool, whose workers run one job each.
//
// What waits, who loses when the queue is full, and the counting of it are the pool's. Here is what ties it
// to the world: reading stops at the first signal, at a halt, when a command cannot be started, when output
// cannot be written; the report comes last.
#pragma once

#include <jobs/command_template.hpp>
#include <jobs/run_options.hpp>

#include <optional>
#include <string>
#include <vector>

namespace weir::jobs {

struct run_request {
  run_options options;
  command_template command;
  std::optional<std::vector<std::string>>
      items{};  ///< the words after `:::`; none: options.arg_file or standard input
};

/// Runs it all, in the process's main thread and before it has another (signals are blocked, a watchdog is
/// forked). Returns the exit code: 0 all done; 1 something failed or was lost; 2 the input or the report's
/// file cannot be opened; 126, 127 the command cannot be executed or found; 129, 130, 143 ended by a signal;
/// 141 nobody reads the output.
int run(run_request request);

}  // namespace weir::jobs
