#include <tool/demo/interrupts.hpp>

#include <atomic>

namespace weir::tool::demo {

namespace {

// Written in a signal handler: lock-free, and relaxed since it publishes nothing but itself.
std::atomic<int> noted = 0;
static_assert(std::atomic<int>::is_always_lock_free);

void note(int signal) { noted.store(signal, std::memory_order_relaxed); }

}  // namespace

interrupts::interrupts() {
  noted.store(0, std::memory_order_relaxed);
  struct sigaction action{};
  action.sa_handler = note;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    sigaction(signals[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) sigaction(signals[i], &action, nullptr);
  }
}

interrupts::~interrupts() {
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before_[i], nullptr);
}

int interrupts::pending() const noexcept { return noted.load(std::memory_order_relaxed); }

void interrupts::check() const {
  if (const int signal = pending()) throw interrupted{signal};
}

}  // namespace weir::tool::demo
