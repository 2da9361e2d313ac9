// Contenders side by side in rounds: each takes a turn in each round, and who goes first moves on.
//
// The speed of a machine changes from minute to minute, so only what is taken within a round is compared:
// ratios are made round by round, and their median and range are reported. Each contender gets as many items
// as take it about as long as a turn shall last, found once, before the first round. Thread-safety: none
// needed; one contest at a time, by one thread.
#pragma once

#include <bench/harness/reading.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace weir::bench {

/// So many items (a multiple of 64) done once.
struct lap {
  spent cost;
  bool right = true;  ///< false: items were lost, doubled or torn
};

struct contestant {
  std::string name;
  std::function<lap(std::uint64_t items)> run;
};

/// Contestants who do the same. The last one is what the others are compared with, unless it stands alone or
/// `compared` is false.
struct contest {
  std::string cell;
  std::vector<contestant> contestants;
  bool compared = true;
};

struct contest_options {
  unsigned rounds = 5;                             ///< at least 1
  duration turn = std::chrono::milliseconds(100);  ///< about so long; more than 0
};

/// Of the values of all rounds.
struct spread {
  double median = 0;
  double low = 0;
  double high = 0;
};

/// Of at least one value. O(n log n).
spread spread_of(std::vector<double> values);

struct standing {
  std::string cell;
  std::string contestant;
  spread rate;                  ///< items a second
  spread processor;             ///< seconds an item, of all threads
  spread sleeps;                ///< voluntary context switches an item
  std::optional<spread> ratio;  ///< its rate over that of the last contestant of its cell; none for that one
};

/// Calibrates, runs the rounds, and reports in the order given. Throws std::runtime_error that names
/// contestant and cell when a lap was not right.
std::vector<standing> hold(std::span<const contest> contests, const contest_options& options);

}  // namespace weir::bench
