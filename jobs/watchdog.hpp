// The process that outlives weir by a moment: it kills the jobs of a weir that was killed.
//
// Protocol: a pipe carries 32-bit numbers in the machine's order. A job's child writes its own pid before
// exec, so its group is known before its program runs; weir writes the negated pid when the job's leader has
// ended and is not yet reaped, so a number that another process may get again is never on the list. A write
// is 4 bytes, far below PIPE_BUF, so records never mix. Whatever ends weir closes the write ends; at end of
// file the watchdog sends SIGKILL to every group on its list and ends. Invariant: every write end is
// close-on-exec, so no job's program keeps the pipe open. What is promised: the group of each job that has
// not ended. What a job left behind in the background when its leader ended, and a job that left its group by
// setsid, lives on, as it does after a run that ends normally. The watchdog has the descriptors it was told
// to keep, with their locks, until the last process it had to kill is dead: who waits for the lock starts no
// job beside one of an old run.
#pragma once

#include <weir/base/error.hpp>

#include <sys/types.h>

#include <span>

namespace weir::jobs {

/// Makes sure that 0, 1 and 2 are open, so that no pipe or file of ours gets such a number and is then taken
/// for standard input or output. What comes in the place of a closed one fails as that did: it cannot be read
/// as input, nor written to as output. Call it first in main.
void occupy_standard_descriptors();

/// Owns the watchdog process. Movable; the destructor ends the process and waits for it, so that no zombie
/// stays.
class watchdog {
 public:
  /// Forks: call it before the first thread and before memory grows. The child is in a session of its own
  /// (ctrl-C does not reach it), ignores SIGINT, SIGTERM, SIGHUP and SIGQUIT, and keeps nothing open but its
  /// pipes. Fails with the system's code when there is no process or descriptor left.
  /// `kept` stay open in the child (their locks are held) until nothing of the groups it had to kill is
  /// alive.
  static io_result<watchdog> start(std::span<const int> kept = {});

  watchdog(watchdog&& other) noexcept;
  watchdog& operator=(watchdog&& other) noexcept;
  ~watchdog();

  /// The write end of the list, for a job's child to write its pid to. Close-on-exec.
  int descriptor() const noexcept { return list_; }

  /// The group of `leader` needs no watching any more. Call it after the leader has ended and before it is
  /// reaped. Thread-safe. Does nothing when the watchdog is gone.
  void forget(pid_t leader) noexcept;

  pid_t pid() const noexcept { return pid_; }

 private:
  watchdog(pid_t pid, int list, int life) noexcept : pid_(pid), list_(list), life_(life) {}
  void end() noexcept;

  pid_t pid_ = -1;
  int list_ = -1;
  int life_ = -1;  // closed first: wakes a watchdog that is gathering records
};

}  // namespace weir::jobs
