// The command line that every channel contender has, whatever it is written in, so that one harness drives
// them all:
//
//   PROGRAM --cell PxC --capacity N --bytes 8|64 --items N [--pingpong]
//   PROGRAM --cell PxC --capacity N --bytes 8 --items N --parked
//     ours only: what the process uses in N milliseconds in which C receivers wait
//
// prints one line of JSON: seconds, cpu_seconds, voluntary, involuntary, checksum. Exit 2 and a line on
// standard error for a cell that the contender cannot run, or a bad command line.
#pragma once

#include <bench/harness/channel_cell.hpp>

#include <functional>
#include <thread>

namespace weir::bench {

/// Parses, runs, prints; what main returns.
int channel_program(int argc, char** argv, const std::function<channel_reading(const channel_cell&)>& run,
                    const std::function<spent(const channel_cell&, duration)>& parked = {});

/// What the process uses in so much time, once `settled()` holds and who polls for a while has stopped.
template <class Settled>
spent watched(Settled settled, duration length) {
  while (!settled()) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const stopwatch watch;
  std::this_thread::sleep_for(length);
  return watch.read();
}

}  // namespace weir::bench
