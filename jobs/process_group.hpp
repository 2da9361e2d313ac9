// Whether a process is alive, and whether a process group still has somebody in it: asked of /proc, and only
// about groups that are being killed, and about who holds a lock.
//
// A zombie does not count: it runs nothing, and may stay for as long as its parent likes. Without /proc the
// answer is no. Thread-safety: pure functions; the answer is of a moment.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>

namespace weir::jobs {

/// The group of a process; nothing when there is no such process, or it is dead.
std::optional<pid_t> living_group_of(pid_t process);

/// Whether a process other than `leader`, whose group it is, is in it and not dead.
bool group_has_others(pid_t leader);

/// Whether any of the groups has a process that is not dead. O(processes of the system).
bool any_group_alive(std::span<const pid_t> groups);

}  // namespace weir::jobs
