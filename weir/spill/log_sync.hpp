// Makes the log durable a few milliseconds after something came into it, on a thread of its own: what
// durability::batch is.
//
// Invariants: every note() is followed by a sync that begins at most `interval` later, however many there
// were. The word says what the thread has to do, and the thread sleeps on it; `noted` is taken back before
// the sync, so that a note during a sync asks for the next one. Orders: the release of note() pairs with the
// acquire of the thread's exchange; the commit before the note has reached the operating system by then
// anyhow. A sync that fails may have dropped what it could not write (Linux forgets it), so repeating it
// proves nothing: has_failed() stays true until mended() says that the content is safe by another way.
//
// Thread-safety: note(), has_failed() and mended() from any thread.
#pragma once

#include <weir/base/time.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

namespace weir::detail {

class log_sync {
 public:
  /// With the time a sync takes, what is at risk is 10 ms old at the most.
  static constexpr duration interval = std::chrono::milliseconds(8);

  /// `sync` makes durable all that was written before it was called; true when it did.
  explicit log_sync(std::function<bool()> sync);
  log_sync(const log_sync&) = delete;
  log_sync& operator=(const log_sync&) = delete;
  /// Ends the thread; what was noted since the last sync is not synced.
  ~log_sync();

  /// There is something new in the log.
  void note() noexcept;
  bool has_failed() const noexcept { return failed_.load(std::memory_order_acquire); }
  void mended() noexcept { failed_.store(false, std::memory_order_release); }

 private:
  static constexpr std::uint32_t noted = 1;
  static constexpr std::uint32_t stopped = 2;

  void run() noexcept;
  /// Until one of `bits` is set or the deadline passes. What is set.
  std::uint32_t wait_for(std::uint32_t bits, time_point deadline) noexcept;

  std::function<bool()> sync_;
  std::atomic<std::uint32_t> word_{0};
  std::atomic<bool> failed_{false};  // the thread's release with has_failed()'s acquire
  std::thread thread_;               // last: it uses the others
};

}  // namespace weir::detail
