// What all jobs of a run share: the environment, /dev/null, where commands are found.
#pragma once

#include <jobs/watchdog.hpp>
#include <weir/base/error.hpp>

#include <sys/resource.h>

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::jobs {

/// Thread-safe. Takes the environment as it is when made.
class launcher {
 public:
  /// `dog` may be null (no watchdog); otherwise it must outlive this. Sets SIGCHLD to its default (where it
  /// is ignored, no child can be waited for) and raises the soft limit of open files to the hard one; jobs
  /// get the old limit. Fails with the system's code when /dev/null cannot be opened.
  static io_result<std::unique_ptr<launcher>> make(watchdog* dog);

  launcher(const launcher&) = delete;
  launcher& operator=(const launcher&) = delete;
  ~launcher();

  /// Where `command` is: itself when it holds a slash, else the first executable file of that name in PATH.
  /// Found once, then remembered. Fails with ENOENT, or EACCES when there are only files that cannot be
  /// executed.
  io_result<std::string> find(std::string_view command);

  /// weir's environment without WEIR_ITEM, WEIR_SEQ, WEIR_SLOT, WEIR_ITEM_OMITTED.
  std::span<const std::string> environment() const noexcept { return environment_; }

  watchdog* dog() const noexcept { return dog_; }
  int null_device() const noexcept { return null_device_; }
  /// The limit of open files that jobs get; null: it was not changed.
  const rlimit* open_files() const noexcept { return limit_raised_ ? &open_files_ : nullptr; }

 private:
  launcher(watchdog* dog, int null_device);
  io_result<std::string> search_path(const std::string& command) const;

  watchdog* dog_;
  int null_device_;
  rlimit open_files_{};
  bool limit_raised_ = false;
  std::vector<std::string> environment_;
  std::string path_;
  std::mutex mutex_;  // guards found_
  std::map<std::string, std::string, std::less<>> found_;
};

}  // namespace weir::jobs
