// All of some bytes into a file, whatever single write(2)s take. Thread-safety: as write(2).
#pragma once

#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <string_view>

namespace weir::jobs {

/// How many of the bytes were written: all, or fewer and errno says why. Waits as the descriptor does: one
/// that does not block is not for this.
inline std::size_t write_whole(int descriptor, std::string_view bytes) noexcept {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno != EINTR) break;
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace weir::jobs
