// `--dry-run`: the commands that would run, printed.
#pragma once

#include <jobs/console.hpp>
#include <jobs/earlier_jobs.hpp>
#include <jobs/run.hpp>
#include <jobs/source.hpp>

namespace weir::jobs {

/// Prints to standard output. Exit code: 0; 1 when an item cannot be an argument or the output cannot be
/// written; 141 when nobody reads it; 2 when `before` was of other jobs.
/// `before`: what has been done already, which is not printed; null: nothing.
int dry_run(const run_request& request, source& from, earlier_jobs* before, console& out);

}  // namespace weir::jobs
