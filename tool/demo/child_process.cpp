#include <tool/demo/child_process.hpp>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace weir::tool::demo {

namespace {

[[noreturn]] void refuse(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

[[noreturn]] void run_child(const std::function<void(int)>& work, int pipe) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    work(pipe);
  } catch (...) {
    ::_exit(1);  // the parent sees that the numbers end too soon
  }
  ::_exit(0);  // without what the parent has registered or not printed yet
}

}  // namespace

child_process::child_process(const std::function<void(int)>& work) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) refuse("cannot make a pipe");
  child_ = ::fork();
  if (child_ == 0) run_child(work, ends[1]);
  const int failure = errno;
  ::close(ends[1]);
  pipe_ = ends[0];
  if (child_ > 0) return;
  ::close(pipe_);
  errno = failure;
  refuse("cannot start a process");
}

child_process::~child_process() {
  kill();
  ::close(pipe_);
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void child_process::tell(int pipe, std::uint32_t number) noexcept {
  // Few enough bytes that a pipe takes them whole.
  while (::write(pipe, &number, sizeof number) < 0 && errno == EINTR) {
  }
}

std::optional<std::uint32_t> child_process::next() {
  std::uint32_t number = 0;
  ssize_t got = 0;
  do {
    got = ::read(pipe_, &number, sizeof number);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof number) return std::nullopt;
  return number;
}

void child_process::kill() noexcept { ::kill(child_, SIGKILL); }

}  // namespace weir::tool::demo
