// What must hold before the next attempt may start: its turn, time since the last start, the machine's load,
// its free memory, a circuit breaker that is not open, a token of the rate.
//
// Who asks stands in a line; only the head of it looks at the gates, the others sleep until it is their turn.
// Invariants: who has something new to look at, `told`, is the head: so a start or a result wakes one thread,
// however many wait; a start is granted under the mutex, one at a time, so `delay` lies between any two; load
// and memory are looked at again at least every `sample_every`, and right before a start; only the head holds
// a reservation of the rate, and gives it back when it leaves without starting. A machine that does not tell
// its load has no such gate. Waiting ends at once on a stop request, and at the job's deadline. In shadow the
// rate and the breaker hold nobody: what they would have held is counted. A pause holds everybody.
// Thread-safe.
#pragma once

#include <jobs/breaker_watch.hpp>
#include <weir/base/time.hpp>
#include <weir/base/units.hpp>
#include <weir/control/circuit_breaker.hpp>
#include <weir/control/token_bucket.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

namespace weir::jobs {

struct gate_options {
  duration delay{};              ///< least time between two starts
  std::optional<double> load{};  ///< no start while the load average is above
  std::uint64_t memfree = 0;     ///< no start while fewer bytes are available
  std::optional<weir::rate> rate{};
  std::optional<control::circuit_breaker_options> breaker{};
  bool shadow = false;
  std::function<void(control::breaker_state)> on_breaker{};  ///< called by whose asking or result changed it
};

/// Where the gates look; a test puts its own in.
struct machine {
  std::function<std::optional<double>()> load;
  std::function<std::optional<std::uint64_t>()> available_memory;

  /// /proc/loadavg (the first number) and /proc/meminfo (MemAvailable).
  static machine real();
};

enum class gate_answer : std::uint8_t {
  start,
  stopped,  ///< a stop was requested first
  expired,  ///< the deadline passed first
};

/// What became of an attempt that was let through.
enum class attempt_end : std::uint8_t {
  succeeded,
  failed,
  not_made,  ///< or it says nothing of the job: weir ended it for another reason
};

class start_gate {
 public:
  /// To be given back through ended().
  struct passage {
    gate_answer answer = gate_answer::stopped;
    std::optional<breaker_watch::permit> permit{};
    explicit operator bool() const noexcept { return answer == gate_answer::start; }
  };

  struct figures {
    std::uint64_t rate_limited = 0;  ///< starts that found no token
    duration rate_limited_time{};    ///< in which the rate held starts back
    std::uint64_t held_by_breaker = 0;
    duration breaker_time{};
    std::optional<control::breaker_state> breaker{};
    std::uint64_t breaker_changes = 0;
    std::uint64_t breaker_opened = 0;
  };

  explicit start_gate(gate_options, machine = machine::real());

  /// Waits until an attempt may start.
  passage pass(const std::stop_token& stop, time_point deadline = never);

  /// The attempt that `through` was for has ended; `took`: its time.
  void ended(const passage& through, attempt_end how, duration took);

  /// No attempt starts until resume(). Who stands in the line stays there, but for a stop or a deadline.
  void pause();
  void resume();

  figures seen() const;

  static constexpr duration sample_every = std::chrono::milliseconds(200);

 private:
  // What holds the head of the line, until when it need not look again, and where that time is counted.
  struct hold {
    time_point until;
    duration* counted = nullptr;
  };

  // One that stands in the line; on its thread's stack.
  struct waiter {
    std::condition_variable_any changed{};
    bool told = false;  // there is something new to look at
  };

  bool machine_allows() const;
  passage pass_in_turn(std::unique_lock<std::mutex>&, waiter& me, const std::stop_token&,
                       time_point deadline);
  std::optional<passage> try_start(time_point now, hold& why);
  time_point token_at(time_point now);
  passage granted(time_point now, std::optional<breaker_watch::permit>);
  void leave(waiter& me);
  void tell_head();
  void tell(std::unique_lock<std::mutex>&);

  const gate_options options_;
  const machine machine_;
  const bool open_;  // there is nothing to wait for, nothing to count

  // Set under the mutex. Relaxed where it is read without: a start that sees it late came before the pause.
  std::atomic<bool> paused_ = false;
  mutable std::mutex mutex_;  // guards all below
  std::deque<waiter*> line_;
  time_point next_start_{};
  std::optional<control::token_bucket> bucket_;
  std::optional<control::token_bucket::reservation> token_;  // the head's
  time_point token_at_{};
  std::optional<breaker_watch> breaker_;
  bool head_was_held_ = false;  // the head has been counted as held by the breaker
  figures seen_{};
};

/// The first number of /proc/loadavg's text.
std::optional<double> parse_loadavg(std::string_view text);

/// MemAvailable of /proc/meminfo's text, in bytes.
std::optional<std::uint64_t> parse_meminfo(std::string_view text);

}  // namespace weir::jobs
