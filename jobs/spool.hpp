// Bytes kept until they can be printed: in memory while few, in a file without a name beyond that.
//
// Invariant: in_memory() + in_file() == size(); once there is a file, memory is only what was not yet written
// to it. The file is unlinked from birth (O_TMPFILE; where the file system lacks it, made and unlinked at
// once), so nothing stays behind, however weir ends. A value for one thread at a time.
#pragma once

#include <weir/base/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::jobs {

/// An append-only store of bytes, read back once from its beginning, then cleared and used again.
class spool {
 public:
  /// Where in memory ends and the file begins, by default.
  static constexpr std::size_t default_limit = std::size_t{1} << 20;

  explicit spool(std::size_t memory_limit = default_limit) noexcept : limit_(memory_limit) {}
  spool(spool&& other) noexcept;
  spool& operator=(spool&& other) noexcept;
  ~spool();

  /// Adds bytes at the end. Fails with the system's code and "cannot keep output in DIR: ..." when the file
  /// cannot be made or the disk is full; what was added before stays readable. Amortised O(bytes).
  io_result<> append(std::string_view bytes);

  /// Moves what is in a pipe to the end of the file, without passing through our memory where the system can:
  /// how many bytes, 0 when it cannot, or when there is no file yet. Fails as append does.
  io_result<std::size_t> take(int pipe);

  /// Moves what is in memory to the file, to make room. Fails as append does.
  io_result<> to_file();

  std::uint64_t size() const noexcept { return file_size_ + memory_.size(); }
  bool empty() const noexcept { return size() == 0; }
  std::uint64_t in_memory() const noexcept { return memory_.size(); }
  std::uint64_t in_file() const noexcept { return file_size_; }
  bool has_file() const noexcept { return file_ >= 0; }

  /// For the reader: the file (-1: none), whose first in_file() bytes come first, then the bytes in memory.
  int descriptor() const noexcept { return file_; }
  std::string_view memory() const noexcept { return memory_; }

  /// Empty again: the file is closed, up to 64 KiB of memory are kept for the next job.
  void clear() noexcept;

 private:
  io_result<> write_file(std::string_view bytes);

  std::size_t limit_;
  std::string memory_;
  std::uint64_t file_size_ = 0;
  int file_ = -1;
};

/// The directory for temporary files: TMPDIR, or /tmp where it is unset or empty.
std::string temporary_directory();

}  // namespace weir::jobs
