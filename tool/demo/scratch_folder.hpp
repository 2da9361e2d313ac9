// A folder of a scene's own, gone with it.
//
// Thread-safety: one thread.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace weir::tool::demo {

class scratch_folder {
 public:
  /// In $TMPDIR, or else in /tmp. std::runtime_error, with what to do, when it cannot be made.
  scratch_folder() {
    const char* const place = std::getenv("TMPDIR");
    const std::string where = place != nullptr && *place != '\0' ? place : "/tmp";
    std::string name = where + "/weir-demo-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("cannot make a folder in " + where + ": " +
                               std::generic_category().message(errno) +
                               "; name one that can be written in TMPDIR");
    path_ = name;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace weir::tool::demo
