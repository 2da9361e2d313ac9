// When to stop calling what keeps failing, and when to try it again.
//
//            too many failures                  reset_timeout has passed
//   closed ---------------------> open ---------------------------------> half_open
//      ^                           ^                                        |  |
//      |                           +------------ the probes failed ---------+  |
//      +---------------------------------------- the probes succeeded ---------+
//
// Invariant: no call is let through while open; while half_open at most `half_open_probes` are out, unless
// those out have not been heard of for `probe_timeout`: then their permits count as lost, so a permit that is
// never given back cannot leave the breaker stuck. Each change of state begins a new generation; a result
// with the permit of an older one changes nothing. A value type: no clock, thread or lock, and no allocation
// after construction; not thread-safe (guard/circuit_breaker.hpp is). Rules to the bit:
// tests/vectors/README.md, "circuit_breaker". Sources: M. Nygard, "Release It!" (the three states);
// resilience4j (windows, rates, slow calls, judging probes together; its issues 903, 935 and 1389 are what
// lost permits did there).
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/control/call_window.hpp>
#include <weir/control/sliced_window.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::control {

enum class breaker_state {
  closed,     ///< calls go through and are counted
  open,       ///< no call goes through
  half_open,  ///< a few go through, to see
};

/// What opens a closed breaker.
enum class breaker_mode {
  consecutive,   ///< `max_failures` in a row
  count_window,  ///< the share of failures, or of slow calls, among the last `window_calls`
  time_window,   ///< the same among those of the last `window`
};

struct circuit_breaker_options {
  breaker_mode mode = breaker_mode::consecutive;
  std::int64_t max_failures = 5;                      ///< consecutive: at least 1
  duration reset_timeout = std::chrono::seconds(30);  ///< open for this long, then half_open; at least 1 ns
  std::int64_t half_open_probes = 1;                  ///< calls that are judged together; at least 1
  std::optional<duration> probe_timeout{};     ///< then a probe is lost; at least 1 ns; none: reset_timeout
  std::int64_t window_calls = 100;             ///< count_window: at least 1; two bytes of memory each
  duration window = std::chrono::seconds(60);  ///< time_window: at least 10 ns; 90 to 100 % of it counts
  std::int64_t minimum_calls = 10;             ///< fewer are not judged; at least 1, at most window_calls
  double failure_rate = 0.5;                   ///< opens at this share; above 0, at most 1
  std::optional<duration> slow_call{};         ///< longer is slow; at least 1 ns; none: no call is slow
  double slow_call_rate = 1.0;                 ///< opens at this share; above 0, at most 1
};

/// What is wrong with the options, if anything: the first bad one in the order written, also of those that
/// the mode does not look at.
std::optional<option_error> check(const circuit_breaker_options&);

class circuit_breaker {
 public:
  /// Leave to make one call; to be given back with its result, or by release(). A plain value.
  struct permit {
    std::uint64_t generation;
  };

  /// A closed breaker. Throws std::invalid_argument with the message of `check`; traps where exceptions are
  /// off.
  explicit circuit_breaker(const circuit_breaker_options& = {});

  /// What allow() would find: half_open also for an open breaker that has waited long enough. Changes
  /// nothing. O(1).
  breaker_state state_at(time_point now) const noexcept;

  /// May a call be made? O(1).
  std::optional<permit> allow(time_point now) noexcept;

  /// How the call went and how long it took. O(1).
  void on_success(time_point now, permit of, duration took = {}) noexcept;
  void on_failure(time_point now, permit of, duration took = {}) noexcept;

  /// The call was never made; its place as a probe is free again. O(1).
  void release(time_point now, permit of) noexcept;

  /// Opens, or closes, by hand; from any state, also the same one. O(1).
  void trip(time_point now) noexcept;
  void reset(time_point now) noexcept;

 private:
  void enter(breaker_state next) noexcept;
  bool waited(time_point now) const noexcept;
  bool let_probe() noexcept;
  void on_result(time_point now, permit of, call_result how) noexcept;
  void judge_probes(call_result how) noexcept;
  void judge_calls(call_result how) noexcept;
  void judge(const call_counts& counts) noexcept;
  bool over(const call_counts& counts) const noexcept;
  bool slow(duration took) const noexcept { return options_.slow_call && took > *options_.slow_call; }

  circuit_breaker_options options_;
  breaker_state state_ = breaker_state::closed;
  std::uint64_t generation_ = 0;
  time_point now_ = time_point::min();  // the largest time seen
  time_point opened_at_{};

  std::int64_t failures_in_a_row_ = 0;  // closed, consecutive
  call_window calls_;                   // closed, count_window
  sliced_window<3> lately_;             // closed, time_window: calls, failures, slow ones

  // half_open
  std::int64_t issued_ = 0;  // permits out or back with a result; a release too many makes it negative
  time_point last_issued_{};
  call_counts probes_{};  // results so far
};

}  // namespace weir::control
