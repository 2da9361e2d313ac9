// What must hold before the next job may start: time since the last start, the machine's load, its free
// memory.
//
// Invariant: a start is granted under the mutex, one at a time, so `delay` lies between any two; load and
// memory are looked at again at least every `sample_every`, and right before a start. A machine that does not
// tell them has no such gate. Waiting ends at once on a stop request. Thread-safe.
#pragma once

#include <weir/base/time.hpp>

#include <condition_variable>
#include <cstdint>
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
};

/// Where the gates look; a test puts its own in.
struct machine {
  std::function<std::optional<double>()> load;
  std::function<std::optional<std::uint64_t>()> available_memory;

  /// /proc/loadavg (the first number) and /proc/meminfo (MemAvailable).
  static machine real();
};

class start_gate {
 public:
  explicit start_gate(gate_options, machine = machine::real());

  /// Waits until a job may start. False: a stop was requested first.
  bool pass(const std::stop_token& stop);

  static constexpr duration sample_every = std::chrono::milliseconds(200);

 private:
  bool machine_allows() const;

  const gate_options options_;
  const machine machine_;
  const bool open_;  // there is nothing to wait for
  std::mutex mutex_;
  std::condition_variable_any changed_;
  time_point next_start_{};  // guarded by mutex_
};

/// The first number of /proc/loadavg's text.
std::optional<double> parse_loadavg(std::string_view text);

/// MemAvailable of /proc/meminfo's text, in bytes.
std::optional<std::uint64_t> parse_meminfo(std::string_view text);

}  // namespace weir::jobs
