// Which lane goes next: strict priority, with a bound on how long a lower lane may be passed over.
//
// Invariant: while lane i > 0 has work it is picked at least once in `starvation_limit` picks, however many
// lanes wait: passed_[i] < starvation_limit. A value type: no clock, thread or lock; it allocates when made
// and copied only; not thread-safe. Rules to the bit: tests/vectors/README.md, "lane_schedule". Source of the
// test for "must serve now": earliest deadline first with unit jobs (Liu, Layland, "Scheduling Algorithms for
// Multiprogramming in a Hard-Real-Time Environment", 1973): it can be kept as long as no k lanes need service
// within fewer than k picks.
#pragma once

#include <weir/base/error.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <vector>

namespace weir::control {

struct lane_schedule_options {
  std::int64_t lanes = 1;  ///< priorities, lane 0 first; at least 1
  std::int64_t starvation_limit =
      64;  ///< a waiting lane gets 1 pick in this many at the least; at least `lanes`
};

/// What is wrong with the options, if anything: the first bad one in the order written.
std::optional<option_error> check(const lane_schedule_options&);

class lane_schedule {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit lane_schedule(const lane_schedule_options& = {});

  /// The lane to serve next; none when all are empty. `lengths`: a container of what waits in each lane, of
  /// any whole-number type; only whether a length is 0 matters. Lanes that are not given count as empty,
  /// further lengths are not looked at. O(lanes).
  template <class Lengths>
  std::optional<std::size_t> pick(const Lengths& lengths) noexcept {
    auto length = std::begin(lengths);
    const auto end = std::end(lengths);
    for (char& waits : waits_) {
      waits = length != end && *length != 0;
      if (length != end) ++length;
    }
    return pick_waiting();
  }
  std::optional<std::size_t> pick(std::initializer_list<std::size_t> lengths) noexcept {
    return pick<std::initializer_list<std::size_t>>(lengths);
  }

 private:
  std::optional<std::size_t> pick_waiting() noexcept;
  std::optional<std::size_t> due_lane(std::size_t below) noexcept;

  std::int64_t starvation_limit_;
  std::vector<char> waits_;           // whether a lane has work: the argument of the pick under way
  std::vector<std::int64_t> passed_;  // picks a waiting lane has seen others get since its own last one
  std::vector<std::size_t> within_;   // scratch of due_lane: lanes by the picks left to serve them
};

}  // namespace weir::control
