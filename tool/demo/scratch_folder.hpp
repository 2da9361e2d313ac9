// A folder of a scene's own, gone with it.
//
// Thread-safety: one thread.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace weir::tool::demo {

class scratch_folder {
 public:
  /// In the system's folder for temporary files. std::system_error when it cannot be made.
  scratch_folder() {
    std::string name = std::filesystem::temp_directory_path() / "weir-demo-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr)
      throw std::system_error(errno, std::generic_category(), "cannot make a folder " + name);
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
