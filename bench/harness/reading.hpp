// What a piece of work cost: time, processor time of the whole process, and how often its threads lost the
// processor.
//
// Thread-safety: a stopwatch belongs to one thread at a time.
#pragma once

#include <weir/base/time.hpp>

#include <cstdint>

namespace weir::bench {

struct spent {
  duration time{};
  duration processor{};           ///< user and system, of all threads, ended ones too
  std::uint64_t voluntary = 0;    ///< context switches because a thread slept or yielded
  std::uint64_t involuntary = 0;  ///< because its turn was over
};

/// Counts from its making, or from the last restart.
class stopwatch {
 public:
  stopwatch() noexcept { restart(); }
  void restart() noexcept;
  spent read() const noexcept;

 private:
  time_point start_;
  spent before_;  // of the process since it began; `time` unused
};

inline double in_seconds(duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace weir::bench
