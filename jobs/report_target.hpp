// Where the closing report goes: a file, opened before the first job so that a wrong path is told in time, or
// standard error.
#pragma once

#include <jobs/console.hpp>
#include <weir/base/error.hpp>

#include <string>
#include <string_view>

namespace weir::jobs {

/// For one thread.
class report_target {
 public:
  report_target() = default;
  report_target(const report_target&) = delete;
  report_target& operator=(const report_target&) = delete;
  ~report_target();

  /// Makes the file, or empties it. "" is standard error. Error: it cannot be written; the detail names it.
  io_result<> open(const std::string& path);

  /// Writes the report; false after saying on the console what went wrong.
  bool write(std::string_view text, console&);

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace weir::jobs
