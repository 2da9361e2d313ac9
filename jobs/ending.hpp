// How a run comes to its end before its input does: in three steps, and with one cause.
//
// The steps: nothing more is read; nothing more is started; what runs is stopped. Each includes those before
// it, each is one-way and safe to ask for again, from any thread. The cause that came first decides the exit
// code.
#pragma once

#include <atomic>
#include <stop_token>

namespace weir::jobs {

/// Thread-safe.
class ending {
 public:
  /// Throws std::system_error when the system has no descriptor left.
  ending();
  ending(const ending&) = delete;
  ending& operator=(const ending&) = delete;
  ~ending();

  void stop_reading() noexcept;
  void stop_starting() noexcept;
  void stop_running() noexcept;

  /// Stop requests of the three steps.
  std::stop_token reading() const noexcept { return reading_.get_token(); }
  std::stop_token starting() const noexcept { return starting_.get_token(); }
  std::stop_token running() const noexcept { return running_.get_token(); }

  /// A descriptor that becomes readable with the first step, for who waits in poll.
  int interrupt() const noexcept { return interrupt_; }

  /// A descriptor that becomes readable with the last step.
  int given_up() const noexcept { return given_up_; }

  /// The run will end with this exit code, if nothing else has ended it before; says whether it was the
  /// first.
  bool because(int exit_code) noexcept;

  /// The run will end with 128 + `signal`, whatever else has ended it; the first signal counts.
  void interrupted(int signal) noexcept;

  /// 0: there is no cause.
  int exit_code() const noexcept;

 private:
  std::stop_source reading_;
  std::stop_source starting_;
  std::stop_source running_;
  int interrupt_;
  int given_up_;
  std::atomic<int> exit_code_ = 0;
  std::atomic<int> signal_ = 0;
};

}  // namespace weir::jobs
