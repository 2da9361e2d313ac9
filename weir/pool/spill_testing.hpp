// What the tests of pools with a spill store share: a record of what ran, and a pool's options.
#pragma once

#include <weir/pool/options.hpp>
#include <weir/spill/testing.hpp>

#include <cstddef>
#include <mutex>
#include <numeric>
#include <vector>

namespace weir::testing {

/// What ran, in the order in which it ran.
template <class Job>
class run_record {
 public:
  auto process() {
    return [this](Job& job) {
      const std::lock_guard lock(mutex_);
      ran_.push_back(job);
    };
  }
  std::vector<Job> all() const {
    const std::lock_guard lock(mutex_);
    return ran_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Job> ran_;
};

inline std::vector<int> numbers(int from, int to) {
  std::vector<int> all(static_cast<std::size_t>(to - from));
  std::iota(all.begin(), all.end(), from);
  return all;
}

/// One worker, who starts at resume().
inline pool_options spilling_to(const scratch_directory& place, std::size_t capacity = 4) {
  return {.max_workers = 1,
          .queue_capacity = capacity,
          .on_full = overflow::spill(),
          .paused = true,
          .spill = spill_options{.directory = place.path()}};
}

}  // namespace weir::testing
