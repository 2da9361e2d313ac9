// The command line that every channel contender has, whatever it is written in, so that one harness drives
// them all:
//
//   PROGRAM --cell PxC --capacity N --bytes 8|64 --items N [--pingpong]
//
// prints one line of JSON: seconds, cpu_seconds, voluntary, involuntary, checksum. Exit 2 and a line on
// standard error for a cell that the contender cannot run, or a bad command line.
#pragma once

#include <bench/harness/channel_cell.hpp>

#include <functional>

namespace weir::bench {

/// Parses, runs, prints; what main returns.
int channel_program(int argc, char** argv, const std::function<channel_reading(const channel_cell&)>& run);

}  // namespace weir::bench
