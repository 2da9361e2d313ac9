#include <jobs/descriptor_writer.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace weir::jobs {
namespace {

// Linux moves at most this much in one call.
constexpr std::uint64_t most_at_once = 0x7ffff000;
constexpr std::size_t most_moved = std::size_t{1} << 20;

}  // namespace

long read_block_of(const spool& kept, char* into, std::size_t size, std::uint64_t offset) noexcept {
  const auto wanted = std::min<std::uint64_t>(size, kept.in_file() - offset);
  for (;;) {
    const ssize_t n =
        ::pread(kept.descriptor(), into, static_cast<std::size_t>(wanted), static_cast<off_t>(offset));
    if (n >= 0 || errno != EINTR) return n;
  }
}

bool descriptor_writer::fail(int code) noexcept {
  failure_ = std::error_code(code, std::generic_category());
  return false;
}

bool descriptor_writer::wait_writable() noexcept { return to_.await_room() || fail(errno); }

bool descriptor_writer::write(std::string_view bytes) noexcept {
  if (failure_) return false;
  while (!bytes.empty()) {
    const ssize_t n = to_.write(bytes);
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (!wait_writable()) return false;
    } else if (errno != EINTR) {
      return fail(errno);
    }
  }
  return true;
}

std::size_t descriptor_writer::move(int pipe) noexcept {
  while (movable_ && to_.descriptor() >= 0 && !failure_) {
    const ssize_t n =
        ::splice(pipe, nullptr, to_.descriptor(), nullptr, most_moved, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EINVAL) movable_ = false;
    if (errno == EAGAIN) {
      // Either end may be what is not ready.
      pollfd readable{pipe, POLLIN, 0};
      if (::poll(&readable, 1, 0) <= 0 || !wait_writable()) return 0;
    } else if (errno != EINTR && errno != EINVAL) {
      fail(errno);
    }
  }
  return 0;
}

/// The file of `kept` by way of the system, as far as that goes; false after a failure.
bool descriptor_writer::send(const spool& kept, off_t& offset) noexcept {
  const auto size = static_cast<off_t>(kept.in_file());
  while (offset < size && to_.descriptor() >= 0) {
    const auto wanted = std::min(static_cast<std::uint64_t>(size - offset), most_at_once);
    const ssize_t n =
        ::sendfile(to_.descriptor(), kept.descriptor(), &offset, static_cast<std::size_t>(wanted));
    if (n > 0) continue;
    if (n == 0) return fail(EIO);  // the file is shorter than what was put into it
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {
      if (!wait_writable()) return false;
      continue;
    }
    if (errno != EINVAL && errno != ENOSYS) return fail(errno);
    return true;  // not to this kind of descriptor, or one opened for appending
  }
  return true;
}

bool descriptor_writer::write(const spool& kept) noexcept {
  off_t offset = 0;
  if (failure_ || !send(kept, offset)) return false;
  const auto size = static_cast<off_t>(kept.in_file());
  char block[65536];
  while (offset < size) {
    const long n = read_block_of(kept, block, sizeof block, static_cast<std::uint64_t>(offset));
    if (n <= 0) return fail(n < 0 ? errno : EIO);
    if (!write({block, static_cast<std::size_t>(n)})) return false;
    offset += n;
  }
  return write(kept.memory());
}

}  // namespace weir::jobs
