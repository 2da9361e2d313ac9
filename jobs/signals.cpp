#include <jobs/signals.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace weir::jobs {

namespace {

sigset_t listened() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&set, number);
  struct sigaction hangup{};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
  return set;
}

int checked(int descriptor, const char* what) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), what);
  return descriptor;
}

}  // namespace

void block_signals() {
  const sigset_t set = listened();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

signal_listener::signal_listener(callbacks c) : callbacks_(std::move(c)) {
  const sigset_t set = listened();
  signals_ = checked(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), "cannot listen to signals");
  wake_ = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "cannot listen to signals");
  // The thread gets its token as an argument: it may look at it before thread_ is assigned.
  thread_ = std::jthread([this](const std::stop_token& ended) { listen(ended); });
}

signal_listener::~signal_listener() {
  thread_.request_stop();
  nudge();
  thread_.join();
  ::close(signals_);
  ::close(wake_);
}

void signal_listener::nudge() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_, &one, sizeof one);  // a full counter has woken it already
}

// Until there is a signal, a nudge, or the time has come; consumes nudges.
bool signal_listener::wait(time_point until, const std::stop_token& ended) {
  pollfd waits[] = {{signals_, POLLIN, 0}, {wake_, POLLIN, 0}};
  timespec left{};
  if (until != never) {
    const auto rest = std::max(duration::zero(), until - clock::now());
    left.tv_sec = static_cast<time_t>(rest.count() / 1'000'000'000);
    left.tv_nsec = static_cast<long>(rest.count() % 1'000'000'000);
  }
  ::ppoll(waits, 2, until == never ? nullptr : &left, nullptr);
  std::uint64_t nudges = 0;
  [[maybe_unused]] const ssize_t n = ::read(wake_, &nudges, sizeof nudges);
  return !ended.stop_requested();
}

void signal_listener::listen(const std::stop_token& ended) {
  time_point next = callbacks_.on_time();
  while (!ended.stop_requested()) {
    if (!wait(next, ended)) return;
    signalfd_siginfo info{};
    while (!ended.stop_requested() && ::read(signals_, &info, sizeof info) == sizeof info)
      callbacks_.on_signal(static_cast<int>(info.ssi_signo));
    next = callbacks_.on_time();
  }
}

}  // namespace weir::jobs
