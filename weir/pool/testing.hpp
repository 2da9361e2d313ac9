// What the pools' tests share: the law, a gate that holds jobs, a result whose moves run out, and
// a record of what was lost.
#pragma once

#include <weir/channel/testing.hpp>
#include <weir/observe/stats.hpp>
#include <weir/pool/options.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace weir::testing {

inline std::uint64_t accounted_for(const pool_stats& s) {
  return s.completed + s.failed + s.rejected + s.dropped + s.timed_out + s.withdrawn + s.evicted + s.expired +
         s.cancelled + s.queued + s.spilled + s.running;
}

inline void expect_law(const pool_stats& s) {
  EXPECT_EQ(s.submitted, accounted_for(s))
      << "completed " << s.completed << " failed " << s.failed << " rejected " << s.rejected << " dropped "
      << s.dropped << " timed_out " << s.timed_out << " withdrawn " << s.withdrawn << " evicted " << s.evicted
      << " expired " << s.expired << " cancelled " << s.cancelled << " queued " << s.queued << " running "
      << s.running;
}

/// After a drain: the law, and nothing left.
inline void expect_settled(const pool_stats& s) {
  expect_law(s);
  EXPECT_EQ(s.queued, 0u);
  EXPECT_EQ(s.running, 0u);
  EXPECT_EQ(s.cost, 0u);
}

/// Jobs that pass() wait until it is opened.
class gate {
 public:
  void pass() {
    ++waiting_;
    open_.wait(false);
    --waiting_;
  }
  void open() {
    open_ = true;
    open_.notify_all();
  }
  int waiting() const { return waiting_; }

 private:
  std::atomic<bool> open_{false};
  std::atomic<int> waiting_{0};
};

/// Its nth move throws.
struct moves_few_times {
  explicit moves_few_times(int moves) : left(moves) {}
  moves_few_times(moves_few_times&& other) : left(other.left - 1) {
    if (left < 0) throw std::length_error("moved too often");
  }
  moves_few_times& operator=(moves_few_times&&) = delete;
  int left;
};

/// An on_lost that remembers: job value to reason.
class loss_record {
 public:
  auto hook() {
    return [this](auto&& lost) {
      const std::lock_guard lock(mutex_);
      EXPECT_TRUE(lost_.emplace(lost.job, lost.reason).second) << "job " << lost.job << " was lost twice";
    };
  }
  std::map<int, errc> all() const {
    const std::lock_guard lock(mutex_);
    return lost_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<int, errc> lost_;
};

}  // namespace weir::testing
