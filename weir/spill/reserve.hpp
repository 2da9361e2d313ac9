// Room on the disk that is kept for acknowledging. Removing records is writing, and a store that has filled
// its disk could not say any more what has run: a file of this size stands in for that room, and gives it up
// when it is needed. How much that is: table.hpp.
//
// Invariant: while is_held(), the file has all its blocks on the disk, where the file system can allocate
// them ahead. Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <system_error>

namespace weir::detail {

class reserve_file {
 public:
  /// Of `bytes`, or less; held when the file is there from an earlier time. Less is: a sixteenth of the disk,
  /// a quarter of the process's limit of file sizes; 64 KiB at least.
  reserve_file(std::filesystem::path file, std::uint64_t bytes);

  /// Bytes; whole pages.
  std::uint64_t size() const noexcept { return size_; }
  bool is_held() const noexcept { return held_ >= size_; }

  /// Takes the room, for `more` bytes beyond its size as well; gives back what an earlier call had taken
  /// beyond. Errors: no_space_on_device when the disk has not so much, file_too_large above the process's
  /// limit of file sizes, and what else the system says. A file system that cannot allocate ahead is taken
  /// as it is: nothing is kept there, and that is no error. Cheap when nothing changes.
  std::error_code hold(std::uint64_t more = 0) noexcept;
  /// Gives the room up until the next hold().
  void release() noexcept;

 private:
  std::filesystem::path file_;
  std::filesystem::path directory_;
  std::uint64_t size_;
  std::uint64_t held_;  // what the file has
};

/// No file of this process may be larger. Bytes.
std::uint64_t file_size_bound() noexcept;

}  // namespace weir::detail
