// Writing to a descriptor that may be slow, non-blocking, closed at the other end or full.
//
// Invariant: after the first failure nothing is written any more, so what came out is a prefix of what was
// given. For one thread at a time.
#pragma once

#include <jobs/outlet.hpp>
#include <jobs/spool.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <system_error>

namespace weir::jobs {

class descriptor_writer {
 public:
  /// Does not own the descriptors. SIGPIPE must be ignored. Once `given_up` is readable (-1: never) a reader
  /// that does not read is waited for no longer than outlet::last_patience: a failure, ECANCELED.
  explicit descriptor_writer(int descriptor, int given_up = -1) noexcept : to_(descriptor, given_up) {}

  /// Writes all of it, however long that takes, unless it is given up. False after a failure.
  bool write(std::string_view bytes) noexcept;

  /// Writes what `kept` holds; its file goes out without passing through our memory where the system can.
  bool write(const spool& kept) noexcept;

  /// Moves what is in a pipe, without copying where the system can: how many bytes; 0 when it cannot, when
  /// the pipe is empty, or after a failure.
  std::size_t move(int pipe) noexcept;

  /// What failed first; none while all is well. A broken pipe is std::errc::broken_pipe, what was given up
  /// std::errc::operation_canceled.
  std::error_code failure() const noexcept { return failure_; }

 private:
  bool fail(int code) noexcept;
  bool wait_writable() noexcept;
  bool send(const spool& kept, off_t& offset) noexcept;

  outlet to_;
  bool movable_ = true;  // as long as the system has not said no
  std::error_code failure_;
};

/// Calls `use` with the bytes of `kept`, in order, in blocks. False when its file cannot be read (errno says
/// why).
template <class Use>
bool for_each_block(const spool& kept, Use use);

/// Reads up to `size` bytes of the file of `kept` at `offset`: how many, or -1 and errno.
long read_block_of(const spool& kept, char* into, std::size_t size, std::uint64_t offset) noexcept;

template <class Use>
bool for_each_block(const spool& kept, Use use) {
  constexpr std::size_t block_bytes = std::size_t{64} << 10;
  if (kept.has_file()) {
    const auto block = std::make_unique_for_overwrite<char[]>(block_bytes);
    for (std::uint64_t offset = 0; offset < kept.in_file();) {
      const long n = read_block_of(kept, block.get(), block_bytes, offset);
      if (n <= 0) return false;
      use(std::string_view(block.get(), static_cast<std::size_t>(n)));
      offset += static_cast<std::uint64_t>(n);
    }
  }
  if (!kept.memory().empty()) use(kept.memory());
  return true;
}

}  // namespace weir::jobs
