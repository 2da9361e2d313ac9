#include <weir/base/futex.hpp>
#include <weir/spill/log_sync.hpp>

#include <utility>

namespace weir::detail {

log_sync::log_sync(std::function<bool()> sync) : sync_(std::move(sync)), thread_([this] { run(); }) {}

log_sync::~log_sync() {
  word_.fetch_or(stopped, std::memory_order_release);
  futex_wake_one(&word_);
  thread_.join();
}

void log_sync::note() noexcept {
  // Seldom a wake: under load the word is set already, or the thread is between two syncs.
  if (word_.load(std::memory_order_relaxed) & noted) return;
  if (word_.fetch_or(noted, std::memory_order_release) == 0) futex_wake_one(&word_);
}

std::uint32_t log_sync::wait_for(std::uint32_t bits, time_point deadline) noexcept {
  std::uint32_t seen = word_.load(std::memory_order_acquire);
  while (!(seen & bits) && futex_wait(word_, seen, deadline)) seen = word_.load(std::memory_order_acquire);
  return word_.load(std::memory_order_acquire);
}

void log_sync::run() noexcept {
  while (!(wait_for(noted | stopped, never) & stopped)) {
    if (wait_for(stopped, from_now(interval)) & stopped) return;
    word_.fetch_and(~noted, std::memory_order_acquire);
    if (!sync_()) failed_.store(true, std::memory_order_release);
  }
}

}  // namespace weir::detail
