#include <jobs/spool.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace weir::jobs {
namespace {

constexpr std::size_t write_block = std::size_t{64} << 10;
constexpr std::size_t most_moved = std::size_t{1} << 20;

error cannot_keep(int code) {
  return {std::error_code(code, std::generic_category()),
          "cannot keep output in " + temporary_directory() + ": " + std::generic_category().message(code)};
}

/// A file that has no name, or -1 and errno.
int open_unnamed(const std::string& directory) {
  const int file = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return file;
  std::string name = directory + "/weir-XXXXXX";
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

std::string temporary_directory() {
  const char* directory = std::getenv("TMPDIR");
  return directory != nullptr && *directory != '\0' ? directory : "/tmp";
}

spool::spool(spool&& other) noexcept
    : limit_(other.limit_),
      memory_(std::exchange(other.memory_, {})),
      file_size_(std::exchange(other.file_size_, 0)),
      file_(std::exchange(other.file_, -1)) {}

spool& spool::operator=(spool&& other) noexcept {
  if (this != &other) {
    clear();
    limit_ = other.limit_;
    memory_ = std::exchange(other.memory_, {});
    file_size_ = std::exchange(other.file_size_, 0);
    file_ = std::exchange(other.file_, -1);
  }
  return *this;
}

spool::~spool() {
  if (file_ >= 0) ::close(file_);
}

io_result<> spool::append(std::string_view bytes) {
  const std::size_t room = file_ < 0 ? limit_ : write_block;
  if (memory_.size() + bytes.size() <= room) {
    memory_.append(bytes);
    return {};
  }
  if (auto moved = to_file(); !moved) return moved;
  if (file_ < 0 || bytes.size() >= write_block) return write_file(bytes);
  memory_.append(bytes);
  return {};
}

io_result<std::size_t> spool::take(int pipe) {
  if (file_ < 0) return std::size_t{0};
  if (auto moved = to_file(); !moved) return std::unexpected(moved.error());
  auto end = static_cast<off_t>(file_size_);
  const ssize_t n = ::splice(pipe, nullptr, file_, &end, most_moved, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (n < 0 && (errno == EAGAIN || errno == EINVAL || errno == EINTR)) return std::size_t{0};
  if (n < 0) return std::unexpected(cannot_keep(errno));
  file_size_ += static_cast<std::uint64_t>(n);
  return static_cast<std::size_t>(n);
}

io_result<> spool::to_file() {
  if (memory_.empty()) return {};
  const std::uint64_t before = file_size_;
  auto written = write_file(memory_);
  memory_.erase(0, static_cast<std::size_t>(file_size_ - before));
  if (memory_.empty() && memory_.capacity() > write_block) memory_.shrink_to_fit();
  return written;
}

io_result<> spool::write_file(std::string_view bytes) {
  if (file_ < 0) file_ = open_unnamed(temporary_directory());
  if (file_ < 0) return std::unexpected(cannot_keep(errno));
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(file_size_));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(cannot_keep(errno));
    file_size_ += static_cast<std::uint64_t>(n);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

void spool::clear() noexcept {
  if (file_ >= 0) ::close(std::exchange(file_, -1));
  file_size_ = 0;
  memory_.clear();
  if (memory_.capacity() > write_block) memory_.shrink_to_fit();
}

}  // namespace weir::jobs
