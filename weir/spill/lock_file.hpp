// One process at a time has a directory.
//
// Invariant: the lock is the kernel's (flock), so it ends with its holder, however that ends; the number in
// the file only tells people who holds it.
#pragma once

#include <weir/base/error.hpp>

#include <filesystem>

namespace weir::detail {

class lock_file {
 public:
  /// Takes the lock, or says who has it. Errors: std::errc::device_or_resource_busy; errc::storage.
  static io_result<lock_file> take(const std::filesystem::path& file);

  lock_file(lock_file&& other) noexcept;
  lock_file& operator=(lock_file&& other) noexcept;
  ~lock_file();

 private:
  explicit lock_file(int descriptor) noexcept : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace weir::detail
