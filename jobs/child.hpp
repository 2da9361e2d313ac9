// The side of a start that runs in the child: between clone and exec, in weir's own memory.
//
// Invariants: the parent's thread sleeps until the child has called exec or ended (CLONE_VFORK), so the child
// may read what the parent prepared and leave an error code in it; every signal is blocked in both until
// then, so no handler runs in the shared memory; the child makes system calls only, never one of libc's
// functions that take locks or that a sanitizer replaces. Kernel 5.9 or later (pidfd, close_range).
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>

namespace weir::jobs {

/// What a child becomes. All of it is prepared by the parent.
struct child_program {
  const char* path = nullptr;
  const char* const* argv = nullptr;
  const char* const* environment = nullptr;
  int in = -1;                         ///< becomes 0
  int out = -1;                        ///< becomes 1; above 2, as the two others
  int err = -1;                        ///< becomes 2
  int watchdog = -1;                   ///< told the pid before exec; -1: nobody is
  const rlimit* open_files = nullptr;  ///< the limit it gets; null: weir's own
  int error = 0;                       ///< left by the child: errno of exec, 0 when that went well
};

struct child_process {
  pid_t pid = -1;
  int pidfd = -1;  ///< close-on-exec
};

/// The stack a child runs on until exec: 64 KiB of address space, of which it touches a page or two.
class child_stack {
 public:
  /// Throws std::bad_alloc when there is no address space left.
  child_stack();
  child_stack(const child_stack&) = delete;
  child_stack& operator=(const child_stack&) = delete;
  ~child_stack();

  void* top() const noexcept;

 private:
  void* base_;
};

/// Starts `program` in a process group of its own, with dispositions at their default, an empty mask and no
/// descriptor above 2. 0, and `started` is set: the child ran (when program.error is set it could not exec,
/// and must be reaped all the same). Otherwise errno of clone: EAGAIN, ENOMEM, EMFILE.
int start_child(child_program& program, const child_stack& stack, child_process& started) noexcept;

}  // namespace weir::jobs
