// The command line that every pool contender has, whatever it is written in:
//
//   PROGRAM [--with KIND] --producers P --workers W --items N [--spin ROUNDS]
//     N jobs, each so many rounds of work; checksum: how many ran
//   PROGRAM [--with KIND] --workers W --items N --idle
//     a job every 10 ms; latencies: seconds from submit to start, N of them; checksum: N
//   PROGRAM [--with KIND] --workers W --items N --parked
//     what an idle pool uses in N milliseconds; checksum: N
//   PROGRAM --calibrate
//     spin: the rounds that take 1 us
//
// Each prints one line of JSON, with seconds, cpu_seconds, voluntary, involuntary. Exit 2 and a line on
// standard error for a bad command line.
#pragma once

#include <bench/harness/pool_cell.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

/// The three measurements of a contender.
struct pool_contender {
  std::string_view kind;  ///< its name for --with; with one contender nothing need be given
  pool_reading (*jobs)(const pool_cell&);
  std::vector<duration> (*latencies)(const pool_cell&);
  spent (*parked)(const pool_cell&, duration);
};

template <template <class> class Contender>
pool_contender contender(std::string_view kind) {
  return {kind, run_jobs<Contender>, latencies_after_idling<Contender>, standing_idle<Contender>};
}

/// Parses, runs, prints; what main returns.
int pool_program(int argc, char** argv, const std::vector<pool_contender>& contenders);

}  // namespace weir::bench
