#include <jobs/process_group.hpp>
#include <jobs/watchdog.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace weir::jobs {
namespace {

// How long a woken watchdog lets records gather: waking for each would cost every short job two context
// switches.
constexpr int gather_milliseconds = 50;
constexpr int list_descriptor = 0;  // then what is kept, from 2
constexpr int life_descriptor = 1;

/// The groups that live, by what the records say.
class group_list {
 public:
  group_list() { groups_.reserve(64); }

  void apply(std::span<const std::int32_t> records) {
    for (const std::int32_t record : records) {
      if (record > 0) {
        groups_.push_back(record);
      } else if (const auto at = std::ranges::find(groups_, -record); at != groups_.end()) {
        *at = groups_.back();
        groups_.pop_back();
      }
    }
  }

  void kill_all() const {
    for (const pid_t group : groups_) ::kill(-group, SIGKILL);
  }

  /// Kills what lives until nothing does: a process that was just being made may have escaped the first time.
  void bury_all() const {
    constexpr timespec between_looks{0, 2'000'000};
    while (!groups_.empty() && any_group_alive(groups_)) {
      kill_all();
      ::nanosleep(&between_looks, nullptr);
    }
  }

 private:
  std::vector<pid_t> groups_;
};

[[noreturn]] void watch(bool bury) {
  group_list groups;
  std::array<std::int32_t, 1024> records;
  for (;;) {
    const ssize_t n = ::read(list_descriptor, records.data(), sizeof records);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    const auto count = static_cast<std::size_t>(n) / sizeof(std::int32_t);
    groups.apply({records.data(), count});
    // A closed life line ends the wait at once; the list's own end is what counts, since a child that has not
    // called exec yet still holds it and may add itself.
    pollfd life{life_descriptor, 0, 0};
    if (count < records.size()) ::poll(&life, 1, gather_milliseconds);
  }
  groups.kill_all();
  if (bury) groups.bury_all();
  ::_exit(0);
}

/// The child's side of the fork: nothing of weir's stays open, nothing a terminal sends reaches it.
[[noreturn]] void become_watchdog(int list, int life, std::span<const int> kept) {
  ::setsid();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_NAME, "weir-watchdog");
  // Out of the way first: the numbers they are to have may be in use.
  std::vector<int> moved{::fcntl(list, F_DUPFD, 10), ::fcntl(life, F_DUPFD, 10)};
  for (const int descriptor : kept) moved.push_back(::fcntl(descriptor, F_DUPFD, 10));
  for (std::size_t i = 0; i < moved.size(); ++i)
    if (::dup2(moved[i], static_cast<int>(i)) < 0) ::_exit(1);
  ::close_range(static_cast<unsigned>(moved.size()), ~0U, 0);
  watch(!kept.empty());
}

error cannot_start(int code) {
  return {std::error_code(code, std::generic_category()),
          "cannot start the watchdog: " + std::generic_category().message(code)};
}

/// Until the child has closed what it does not keep: then it is out of our process group, and a signal to all
/// of that, which may come as soon as a job runs, does not take it along.
void wait_for_end(int ready) {
  char none = 0;
  while (::read(ready, &none, 1) < 0 && errno == EINTR) {
  }
  ::close(ready);
}

void close_both(const std::array<int, 2>& ends) {
  for (const int end : ends) {
    if (end >= 0) ::close(end);
  }
}

}  // namespace

void occupy_standard_descriptors() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    // The lowest free number is this one.
    const int way = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::fcntl(descriptor, F_GETFD) < 0 && ::open("/dev/null", way) < 0) return;
  }
}

io_result<watchdog> watchdog::start(std::span<const int> kept) {
  occupy_standard_descriptors();
  std::array<int, 2> list{-1, -1};
  std::array<int, 2> life{-1, -1};
  std::array<int, 2> ready{-1, -1};
  const auto give_up = [&](int code) {
    for (const auto& pipe : {list, life, ready}) close_both(pipe);
    return std::unexpected(cannot_start(code));
  };
  for (auto* pipe : {&list, &life, &ready})
    if (::pipe2(pipe->data(), O_CLOEXEC) < 0) return give_up(errno);
  const pid_t pid = ::fork();
  if (pid < 0) return give_up(errno);
  if (pid == 0) become_watchdog(list[0], life[0], kept);
  ::close(list[0]);
  ::close(life[0]);
  ::close(ready[1]);
  wait_for_end(ready[0]);
  return watchdog(pid, list[1], life[1]);
}

watchdog::watchdog(watchdog&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      list_(std::exchange(other.list_, -1)),
      life_(std::exchange(other.life_, -1)) {}

watchdog& watchdog::operator=(watchdog&& other) noexcept {
  if (this != &other) {
    end();
    pid_ = std::exchange(other.pid_, -1);
    list_ = std::exchange(other.list_, -1);
    life_ = std::exchange(other.life_, -1);
  }
  return *this;
}

watchdog::~watchdog() { end(); }

void watchdog::end() noexcept {
  if (pid_ < 0) return;
  ::close(list_);
  ::close(life_);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

void watchdog::forget(pid_t leader) noexcept {
  const std::int32_t record = -leader;
  // EPIPE: somebody killed the watchdog; the run goes on without one.
  while (::write(list_, &record, sizeof record) < 0 && errno == EINTR) {
  }
}

}  // namespace weir::jobs
