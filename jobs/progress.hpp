// How far a run has come, in one line.
//
// Thread-safety: values and pure functions.
#pragma once

#include <weir/base/time.hpp>
#include <weir/observe/stats.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace weir::jobs {

struct progress {
  pool_stats jobs{};
  std::size_t queue_capacity = 0;
  duration elapsed{};
  std::optional<double> share_read{};  ///< of the input, in [0, 1]; none: its end is not known
};

/// How long the rest will take at the rate so far: what is left of the input, judged by the share that has
/// been read, and what has been read and is not done. None when the end of the input is not known, or nothing
/// is done yet.
std::optional<duration> time_left(const progress&);

/// The queue as a bar of `width` cells, with a mark at 80 % of its capacity, from where on a queue is short
/// of room:
/// "[#####   |  ]". O(width).
std::string queue_bar(std::size_t depth, std::size_t capacity, std::size_t width);

/// For a terminal: done, failed, lost, rate, time left, the queue's bar.
std::string live_line(const progress&);

/// For a log: the same in words.
std::string plain_line(const progress&);

}  // namespace weir::jobs
