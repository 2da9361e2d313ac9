#include <weir/spill/lock_file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace weir::detail {

namespace {

error failed(const std::filesystem::path& file, int number) {
  return {errc::storage, "cannot lock " + file.string() + ": " + std::generic_category().message(number) +
                             "; look at the disk and at the permissions of the directory"};
}

/// "process 123", as the holder wrote it.
std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  if (size <= 0) return "another process";
  const std::string line(text.data(), static_cast<std::size_t>(size));
  return "process " + line.substr(0, line.find('\n'));
}

}  // namespace

io_result<lock_file> lock_file::take(const std::filesystem::path& file) {
  lock_file lock(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.descriptor_ < 0) return std::unexpected(failed(file, errno));
  if (flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return std::unexpected(failed(file, errno));
    return std::unexpected(error(std::errc::device_or_resource_busy,
                                 "the spill store in " + file.parent_path().string() + " is in use by " +
                                     holder(lock.descriptor_) + "; stop it, or use another directory"));
  }
  // Who cannot be told, because the disk is full, holds the lock all the same.
  const std::string line = std::to_string(getpid()) + "\n";
  if (ftruncate(lock.descriptor_, 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(lock.descriptor_, line.data(), line.size(), 0);
  }
  return lock;
}

lock_file::lock_file(lock_file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

lock_file& lock_file::operator=(lock_file&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

lock_file::~lock_file() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace weir::detail
