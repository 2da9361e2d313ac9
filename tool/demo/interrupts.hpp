// SIGINT, SIGTERM and SIGHUP noted instead of died of, so that a scene ends at a place where the terminal is
// clean.
//
// Invariant: while an object lives, the signals are noted; afterwards they do what they did before. Those
// that were ignored at the start (nohup, a shell's background job) stay ignored. One object at a time;
// pending() from any thread.
#pragma once

#include <csignal>

#include <array>

namespace weir::tool::demo {

/// Thrown where a scene stops because of a signal.
struct interrupted {
  int signal;
};

class interrupts {
 public:
  interrupts();
  ~interrupts();
  interrupts(const interrupts&) = delete;
  interrupts& operator=(const interrupts&) = delete;

  /// The last signal noted, 0 when there was none.
  int pending() const noexcept;

  /// Throws interrupted when there was one.
  void check() const;

 private:
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, signals.size()> before_{};
};

}  // namespace weir::tool::demo
