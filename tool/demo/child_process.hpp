// A process of its own for something that is to be killed, and a pipe for what it has done so far.
//
// Invariant: the child is gone, and waited for, when the object is; it dies with its parent, too.
// Thread-safety: one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>

namespace weir::tool::demo {

class child_process {
 public:
  /// Forks: the child calls `work` with the end of the pipe to tell() into, and ends. Threads are the child's
  /// to make. std::system_error when the system has no process to spare.
  explicit child_process(const std::function<void(int pipe)>& work);
  ~child_process();
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  /// In the child, by any thread of it: the parent will read this number, in the order of the calls, also
  /// when the child is killed right after.
  static void tell(int pipe, std::uint32_t number) noexcept;

  /// The next number that was told; none when there will be no more. Waits.
  std::optional<std::uint32_t> next();

  /// As `kill -9` does.
  void kill() noexcept;

 private:
  pid_t child_ = -1;
  int pipe_ = -1;
};

}  // namespace weir::tool::demo
