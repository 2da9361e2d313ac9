// `--dry-run`: the commands that would run, printed.
#pragma once

#include <jobs/console.hpp>
#include <jobs/run.hpp>
#include <jobs/source.hpp>

namespace weir::jobs {

/// Prints to standard output. Exit code: 0; 1 when an item cannot be an argument or the output cannot be
/// written; 141 when nobody reads it.
int dry_run(const run_request& request, source& from, console& out);

}  // namespace weir::jobs
