// Appends to a file for many threads: what comes while one writes goes out together, in one write(2).
//
// The first to come writes (it leads); who comes meanwhile leaves its bytes and waits. When the leader is
// done, one of those that wait writes for all of them. Invariants: bytes of one call stay together and in the
// order of the calls; append returns after its bytes were taken by the system, so a kill -9 cannot take them
// back; of a write that failed nothing stays in a regular file that does not end with a newline. The mutex is
// not held while writing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>

namespace weir::jobs {

class group_writer {
 public:
  /// Writes at the end of `descriptor`, which is opened with O_APPEND or is no file. Not owned.
  explicit group_writer(int descriptor) noexcept : descriptor_(descriptor) {}
  group_writer(const group_writer&) = delete;
  group_writer& operator=(const group_writer&) = delete;

  /// `lines` ends with a newline. Fails with the system's code, from then on every time: what comes after a
  /// gap is not written. Thread-safe.
  std::error_code append(std::string_view lines);

 private:
  std::error_code write_out(std::string_view bytes) const;

  const int descriptor_;
  std::mutex mutex_;  // guards all below; batch_ is the leader's while writing_
  std::condition_variable changed_;
  std::string waiting_;
  std::string batch_;
  std::uint64_t entered_ = 0;  // calls whose bytes are in waiting_, batch_ or the file
  std::uint64_t written_ = 0;  // calls whose bytes are in the file
  bool writing_ = false;
  std::error_code failure_;
};

}  // namespace weir::jobs
