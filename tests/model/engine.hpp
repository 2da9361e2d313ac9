// A controlled scheduler: runs a scenario again and again, each time making other choices.
//
// The scenario is a function. It sets up as thread 0, starts the others by `threads()`, which returns when
// all have ended, and checks what came of it. Its threads are fibers of one thread of the machine. Before
// each operation on an atomic any thread may be switched to, and each load may return any value that
// memory.hpp allows; both are choices. Choices are made
// - depth first, all of them within the bounds: at most `preemptions` surprises, which are to stop a thread
//   that could go on for another (or for somebody's timeout), and, at most `odd_reads` times, to give a load
//   a value that is not the newest or to let a weak compare-and-swap fail for nothing. What follows a thread
//   that blocks, ends or yields is free of charge;
// - then at random, without bounds, from a seed.
// A failure is: a failed check, a data race, an atomic used outside of its life, all threads blocked (a lost
// wake-up), or more steps than `steps` (a livelock). Its choices are a string by which it can be run again.
//
// Thread-safety: one exploration at a time in a process.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace model {

struct limits {
  int preemptions = 2;                    ///< surprises of any kind
  int odd_reads = 1;                      ///< of the second kind
  std::uint64_t executions = UINT64_MAX;  ///< depth first; more than these are not looked at
  std::uint64_t random = 1000;            ///< executions at random after that
  std::uint64_t seed = 1;
  std::uint64_t steps = 20000;  ///< of one execution
};

struct findings {
  bool failed = false;
  std::string what;      ///< failed: why, in a line
  std::string schedule;  ///< failed: for replay()
  std::string trace;     ///< failed: every step
  bool exhaustive = false;
  std::uint64_t executions = 0;  ///< depth first
  std::uint64_t at_random = 0;
  std::uint64_t states = 0;  ///< steps made at a point where another execution may go on differently
  double seconds = 0;        ///< of the processor
};

using body = std::function<void()>;

/// Until the first failure, or all that the limits allow.
findings explore(const body& scenario, const limits& bounds);

/// One execution, by the schedule of a failure. std::invalid_argument when it is none.
findings replay(const body& scenario, std::string_view schedule);

// What follows is for a scenario while it runs.

/// Runs these as threads and returns when all have ended. Once in an execution.
void threads(std::initializer_list<body> bodies);

/// Ends the execution as failed.
[[noreturn]] void fail(std::string what);
inline void check(bool holds, const char* what) {
  if (!holds) fail(what);
}

/// Any number below `count`: the scenario's own choice, free of charge.
unsigned choose(unsigned count);

}  // namespace model
