// One run at a time on a journal or a results directory, and none before the jobs of the one before are gone.
//
// A lock of flock(2) belongs to the open file, not to the process: the watchdog has the same open file, so a
// run that was killed keeps its lock until the watchdog has seen the last of its jobs die. The system gives
// the lock back whatever happens to the two. Thread-safety: one thread.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace weir::jobs {

/// The process that took the lock, as /proc/locks has it; none when it is gone, or not to be seen from here.
std::optional<pid_t> lock_holder(int descriptor);

/// How long the lock of a living holder is waited for (it may be dying), and that of a dead one, whose jobs
/// are being killed.
struct lock_patience {
  duration living = std::chrono::seconds(1);
  duration dead = std::chrono::seconds(30);
};

/// Locks `descriptor` for this process and those that inherit it, until all of them have closed it. `name` is
/// what it is in messages; `waiting` is told once, when the jobs of a dead run are waited for. Fails with
/// EWOULDBLOCK and who holds it; a file system without locks is no failure.
io_result<> lock_file(int descriptor, const std::string& name,
                      const std::function<void(std::string)>& waiting, lock_patience = {});

}  // namespace weir::jobs
