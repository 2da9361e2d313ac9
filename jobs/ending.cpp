#include <jobs/ending.hpp>

#include <sys/eventfd.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace weir::jobs {

namespace {

int made_event() {
  const int event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) throw std::system_error(errno, std::generic_category(), "cannot make an event descriptor");
  return event;
}

void set(int event) noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event, &one, sizeof one);  // the first write cannot fail
}

}  // namespace

ending::ending() : interrupt_(made_event()), given_up_(made_event()) {}

ending::~ending() {
  ::close(interrupt_);
  ::close(given_up_);
}

void ending::stop_reading() noexcept {
  if (reading_.request_stop()) set(interrupt_);
}

void ending::stop_starting() noexcept {
  stop_reading();
  starting_.request_stop();
}

void ending::stop_running() noexcept {
  stop_starting();
  if (running_.request_stop()) set(given_up_);
}

// Relaxed: the code is a number that stands for itself; the stop requests publish what else there is.
bool ending::because(int exit_code) noexcept {
  int none = 0;
  return exit_code_.compare_exchange_strong(none, exit_code, std::memory_order_relaxed);
}

void ending::interrupted(int signal) noexcept {
  int none = 0;
  signal_.compare_exchange_strong(none, signal, std::memory_order_relaxed);
}

int ending::exit_code() const noexcept {
  const int signal = signal_.load(std::memory_order_relaxed);
  return signal ? 128 + signal : exit_code_.load(std::memory_order_relaxed);
}

}  // namespace weir::jobs
