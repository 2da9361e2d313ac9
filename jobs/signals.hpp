// Signals as events: taken by one thread, in the order they come, never in a handler.
//
// The signals a run listens to are blocked in the thread that calls block_signals, before it starts another,
// so that all threads inherit it; a signalfd hands them to the listener's thread. A job's mask is emptied
// before its program runs. The same thread does what is due from time to time. Invariant: callbacks run on
// that thread only, one at a time.
#pragma once

#include <weir/base/time.hpp>

#include <functional>
#include <stop_token>
#include <thread>

namespace weir::jobs {

/// Blocks SIGINT, SIGTERM, SIGHUP and SIGUSR1 in this thread and those it starts from now on. SIGHUP stays as
/// it is where it is ignored: that is how nohup asks a program to go on.
void block_signals();

class signal_listener {
 public:
  struct callbacks {
    std::function<void(int)> on_signal;
    /// Called at the start, after each signal and each nudge, and at the time it gave last; returns when to
    /// call it again (never: only after the next of these).
    std::function<time_point()> on_time;
  };

  /// Starts the thread; block_signals has been called. Throws std::system_error when the system has no
  /// descriptor or thread left.
  explicit signal_listener(callbacks);
  signal_listener(const signal_listener&) = delete;
  signal_listener& operator=(const signal_listener&) = delete;
  /// Ends the thread. No callback runs after it; must not be called by one.
  ~signal_listener();

  /// Has on_time called soon. Thread-safe.
  void nudge() noexcept;

 private:
  void listen(const std::stop_token& ended);
  bool wait(time_point until, const std::stop_token& ended);

  callbacks callbacks_;
  int signals_;
  int wake_;
  std::jthread thread_;
};

}  // namespace weir::jobs
