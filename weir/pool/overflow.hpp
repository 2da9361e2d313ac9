// What a submit does when the queue is full.
//
// Invariant: a wait is kept only by the policy `timeout`, and is never negative, so two policies that do the
// same compare equal. A value type: thread-safe as an int is.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// The policies, for a switch. Who holds the job in the end: the caller for those that refuse, the pool else.
enum class overflow_kind : std::uint8_t {
  block,        ///< the submitter waits
  timeout,      ///< the submitter waits, but not for ever
  reject,       ///< refused: errc::full
  drop_newest,  ///< refused, and meant to be: errc::dropped
  drop_oldest,  ///< the oldest waiting job is lost
  caller_runs,  ///< the submitter runs the job
  evict_lower,  ///< the newest job of a less important lane is lost
  spill,        ///< the job goes to disk
};

/// An overflow policy, chosen at run time, per pool and per submit. All O(1), thread-safe.
class overflow {
 public:
  /// Wait for space.
  static constexpr overflow block() noexcept { return overflow(overflow_kind::block); }
  /// Wait that long (a negative time is none), then errc::timed_out.
  static constexpr overflow timeout(any_duration time) noexcept {
    const duration wait = time;
    return overflow(overflow_kind::timeout, wait < duration::zero() ? duration::zero() : wait);
  }
  /// errc::full at once.
  static constexpr overflow reject() noexcept { return overflow(overflow_kind::reject); }
  /// errc::dropped at once; counted apart from `reject`, because here losing is by design.
  static constexpr overflow drop_newest() noexcept { return overflow(overflow_kind::drop_newest); }
  /// The oldest job of its lane is evicted (the pool's on_lost gets it), this one is accepted.
  static constexpr overflow drop_oldest() noexcept { return overflow(overflow_kind::drop_oldest); }
  /// The submitting thread runs it: the producer slows down by itself.
  static constexpr overflow caller_runs() noexcept { return overflow(overflow_kind::caller_runs); }
  /// Evicts the newest job of the least important lane below this one, else errc::full.
  static constexpr overflow evict_lower() noexcept { return overflow(overflow_kind::evict_lower); }
  /// Goes to the pool's spill store (pool_options::spill), comes back in order. From then on every job of its
  /// lane goes that way, whatever its policy, until the store holds none of the lane; when the store refuses,
  /// the answer is errc::full or errc::storage.
  static constexpr overflow spill() noexcept { return overflow(overflow_kind::spill); }

  /// Reads what to_string writes: "block", "timeout:50ms", "drop_oldest". Error: std::errc::invalid_argument;
  /// the detail names the text and the policies. O(length).
  static io_result<overflow> parse(std::string_view text);

  /// "block", "timeout:1500ms": the wait in the largest unit that shows it exactly.
  std::string to_string() const;

  constexpr overflow_kind kind() const noexcept { return kind_; }
  /// How long `timeout` waits; zero for the others.
  constexpr duration wait() const noexcept { return wait_; }

  friend constexpr bool operator==(const overflow&, const overflow&) noexcept = default;

 private:
  constexpr explicit overflow(overflow_kind kind, duration wait = duration::zero()) noexcept
      : wait_(wait), kind_(kind) {}

  duration wait_;
  overflow_kind kind_;
};

}  // namespace weir
