// What `weir bench spill` holds: the spill store beside the table in SQLite that people write by hand. The
// cells of the targets, with files that grow and memory that must not, are in bench/spill/run.
//
// Thread-safety: a pure function; what it returns starts threads and writes files when it runs.
#pragma once

#include <bench/harness/contest.hpp>
#include <bench/harness/contests.hpp>

#include <vector>

namespace weir::bench {

/// Records of 100 bytes, in and out again, a hundred a transaction and one by one, at each durability beside
/// SQLite's setting that costs as much at a power cut. Each lap has a new store in the folder for temporary
/// files. None when weir was built without SQLite.
std::vector<contest> spill_contests(extent);

}  // namespace weir::bench
