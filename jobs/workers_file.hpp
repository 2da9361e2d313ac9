// The file that holds the number of workers, looked at again while the run goes on.
#pragma once

#include <jobs/console.hpp>
#include <jobs/run_options.hpp>
#include <weir/base/time.hpp>

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <string>

namespace weir::jobs {

/// For one thread.
class workers_file {
 public:
  /// "": there is none. What the file holds now counts as known.
  explicit workers_file(std::string path);

  bool watched() const noexcept { return !path_.empty(); }

  /// What the file holds, when it has changed since the last call; what makes no sense is said once on
  /// the console, and the number stays. One call of stat when nothing has changed.
  std::optional<worker_choice> changed(console&);

  static constexpr duration every = std::chrono::milliseconds(200);

 private:
  // What tells two states of a file apart; a file that is not there has none.
  struct state {
    ino_t inode = 0;
    off_t size = -1;
    timespec modified{};
    bool operator==(const state&) const noexcept;
  };
  state look() const;

  std::string path_;
  state seen_{};
};

}  // namespace weir::jobs
