// Which items of a queue to drop, so that it does not stand: controlled delay.
//
// A queue is good while some item gets through it within `target` in each `interval`; one that does not empty
// for an interval stands, and then items are dropped, the quicker the longer that lasts: the n-th
// interval / sqrt(n) after the one before.
// Asked for each item as it is taken; do not ask for the last one. A value type: no clock, thread, lock or
// allocation; not thread-safe. Rules to the bit: tests/vectors/README.md, "codel".
// Source: K. Nichols, V. Jacobson, A. McGregor, J. Iyengar, "Controlled Delay Active Queue Management", RFC
// 8289, sections 5.3 to 5.6. The RFC drops in a loop inside one dequeue; here each item is a question of its
// own.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/control/rounding.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::control {

struct codel_options {
  duration target = std::chrono::milliseconds(5);      ///< a wait below this is good; at least 1 ns
  duration interval = std::chrono::milliseconds(100);  ///< some longest usual round trip; 1 ns to 2^58 ns
};

/// What is wrong with the options, if anything: the first bad one in the order written.
std::optional<option_error> check(const codel_options&);

class codel {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit codel(const codel_options& = {});

  /// Whether to drop the item just taken from the queue, in which it was for `sojourn`. O(1).
  bool should_drop(time_point now, duration sojourn) noexcept;

 private:
  bool stands(duration sojourn) noexcept;
  int128 next_after(int128 t) const noexcept;

  codel_options options_;
  time_point now_ = time_point::min();  // the largest time seen
  std::optional<time_point>
      above_since_;  // the first item that waited too long, of those without a good one since
  bool dropping_ = false;
  int128 drop_next_ = 0;         // ns; may lie beyond the largest time
  std::int64_t count_ = 0;       // drops of this dropping
  std::int64_t last_count_ = 0;  // what it began with
};

}  // namespace weir::control
