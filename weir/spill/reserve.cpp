#include <weir/spill/log_file.hpp>
#include <weir/spill/reserve.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace weir::detail {

namespace {

constexpr std::uint64_t least = 64U << 10U;

/// Bytes of the disk: all of them, and those a file of this process may still take.
struct disk_room {
  std::uint64_t all = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t free = std::numeric_limits<std::uint64_t>::max();
};

disk_room room_in(const std::filesystem::path& directory) noexcept {
  struct statvfs disk{};
  if (statvfs(directory.c_str(), &disk) != 0 || disk.f_blocks == 0) return {};
  const std::uint64_t free = geteuid() == 0 ? disk.f_bfree : disk.f_bavail;  // root has the last blocks, too
  return {std::uint64_t{disk.f_blocks} * disk.f_frsize, free * disk.f_frsize};
}

/// Of which all blocks are there; 0 when there is no such file.
std::uint64_t allocated(const std::filesystem::path& file) noexcept {
  struct stat seen{};
  if (stat(file.c_str(), &seen) != 0) return 0;
  const auto size = static_cast<std::uint64_t>(seen.st_size);
  return static_cast<std::uint64_t>(seen.st_blocks) * 512 >= size ? size : 0;
}

/// Gives the system's number of what failed, or 0. Where a file system cannot do it, glibc reads and writes
/// each block instead, and other C libraries say EOPNOTSUPP or EINVAL.
int allocate(int descriptor, std::uint64_t bytes) noexcept {
  int failed = EINTR;
  while (failed == EINTR) failed = posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
  return failed == EOPNOTSUPP || failed == EINVAL ? 0 : failed;
}

std::error_code system_error(int number) noexcept { return {number, std::system_category()}; }

}  // namespace

std::uint64_t file_size_bound() noexcept {
  rlimit bound{};
  const bool none = getrlimit(RLIMIT_FSIZE, &bound) != 0 || bound.rlim_cur == RLIM_INFINITY;
  return none ? std::numeric_limits<std::uint64_t>::max() : bound.rlim_cur;
}

reserve_file::reserve_file(std::filesystem::path file, std::uint64_t bytes)
    : file_(std::move(file)),
      directory_(file_.parent_path()),
      size_(std::max(least, std::min({bytes, room_in(directory_).all / 16, file_size_bound() / 4})) /
            page_size * page_size),
      held_(allocated(file_)) {}

std::error_code reserve_file::hold(std::uint64_t more) noexcept {
  const std::uint64_t wanted = size_ + more;
  if (held_ == wanted) return {};
  // Beyond the bound the kernel would send a signal; a disk without the room need not be asked for it.
  if (wanted > file_size_bound()) return system_error(EFBIG);
  if (wanted > held_ && wanted - held_ > room_in(directory_).free) return system_error(ENOSPC);
  const int descriptor = open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);  // glibc may have to read
  if (descriptor < 0) return system_error(errno);
  const int failed = wanted > held_ ? allocate(descriptor, wanted) : 0;
  const std::uint64_t now = failed == 0 ? wanted : held_;
  if (ftruncate(descriptor, static_cast<off_t>(now)) == 0) held_ = now;
  close(descriptor);
  return failed == 0 ? std::error_code() : system_error(failed);
}

void reserve_file::release() noexcept {
  unlink(file_.c_str());
  held_ = 0;
}

}  // namespace weir::detail
