#include <jobs/outlet.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdint>
#include <string_view>

namespace weir::jobs {
namespace {

int rounded_up_to_milliseconds(duration d) noexcept {
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(d).count();
  return static_cast<int>(std::clamp<std::int64_t>(whole, 0, INT_MAX));
}

/// The same pipe or terminal, opened so that it does not block; -1.
int opened_again(int descriptor) noexcept {
  char path[40] = "/proc/self/fd/";
  const std::size_t prefix = std::string_view(path).size();
  *std::to_chars(path + prefix, path + sizeof path - 1, descriptor).ptr = '\0';
  return ::open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

}  // namespace

outlet::outlet(int descriptor, int given_up) noexcept : descriptor_(descriptor), given_up_(given_up) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  struct stat info{};
  // One that is only for reading stays so: writing to it has to fail.
  if (flags < 0 || (flags & O_NONBLOCK) || (flags & O_ACCMODE) == O_RDONLY) return;
  if (::fstat(descriptor, &info) != 0) return;
  if (!S_ISFIFO(info.st_mode) && !S_ISSOCK(info.st_mode) && ::isatty(descriptor) != 1) return;
  errno = 0;
  const int again = S_ISSOCK(info.st_mode) ? -1 : opened_again(descriptor);
  ours_ = again >= 0;
  piecewise_ = !ours_ && errno != ENXIO;  // without a reader a write does not wait, it fails
  if (ours_) descriptor_ = again;
}

outlet::~outlet() {
  if (ours_) ::close(descriptor_);
}

ssize_t outlet::write(std::string_view bytes) noexcept {
  if (piecewise_) {
    pollfd room{descriptor_, POLLOUT, 0};
    const int ready = ::poll(&room, 1, 0);
    if (ready == 0) errno = EAGAIN;
    if (ready <= 0) return -1;
    bytes = bytes.substr(0, PIPE_BUF);
  }
  return ::write(descriptor_, bytes.data(), bytes.size());
}

bool outlet::await_room(duration most) noexcept {
  pollfd room{descriptor_, POLLOUT, 0};
  const time_point until = from_now(most);
  for (;;) {
    const int ready = ::poll(&room, 1, rounded_up_to_milliseconds(until - clock::now()));
    if (ready >= 0 || errno != EINTR) return ready != 0;
  }
}

bool outlet::await_room() noexcept {
  pollfd waits[] = {{descriptor_, POLLOUT, 0}, {given_up_, POLLIN, 0}};
  while (::poll(waits, 2, -1) < 0) {
    if (errno != EINTR) return false;
  }
  if (waits[0].revents != 0) return true;
  const time_point began = clock::now();
  const bool room = await_room(patience_);
  patience_ = std::max(duration::zero(), patience_ - (clock::now() - began));
  if (!room) errno = ECANCELED;
  return room;
}

}  // namespace weir::jobs
