// Which jobs of one worker share a start and an end stamp. A reading of the clock costs as much as a short
// job.
//
// Rules: jobs that a worker took together share a start and an end stamp, and the time between is divided
// evenly; when the even share exceeds `longest_share`, the next batches are of one job each until it falls
// below. Belongs to one worker; not thread-safe. Time comes in as an argument.
#pragma once

#include <weir/base/time.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace weir::detail {

class batch_clock {
 public:
  static constexpr std::size_t most_jobs = 16;
  static constexpr duration longest_share = std::chrono::microseconds(10);

  /// How many may be taken together when `waiting` more jobs wait for `workers`: only when each has enough.
  std::size_t limit(std::size_t waiting, std::size_t workers) const noexcept {
    if (one_by_one_ || waiting == 0) return 1;
    return std::min(most_jobs, 1 + waiting / std::max<std::size_t>(workers, 1));
  }

  bool jobs_are_short() const noexcept { return !one_by_one_; }
  bool is_open() const noexcept { return open_; }
  /// Of the jobs of the batch that was closed last.
  duration last_share() const noexcept { return last_share_; }
  std::uint64_t last_jobs() const noexcept { return jobs_; }
  time_point start() const noexcept { return start_; }

  /// Begins a batch.
  void open(time_point now) noexcept {
    start_ = now;
    jobs_ = 0;
    open_ = true;
  }

  /// One more job of the open batch begins.
  void join() noexcept { ++jobs_; }

  struct share {
    duration each;
    std::uint64_t jobs;
  };

  /// Ends the open batch, which has at least one job.
  share close(time_point now) noexcept {
    const share result{(now - start_) / static_cast<duration::rep>(jobs_), jobs_};
    last_share_ = result.each;
    one_by_one_ = result.each > longest_share;
    open_ = false;
    return result;
  }

 private:
  time_point start_{};
  duration last_share_{};
  std::uint64_t jobs_ = 0;
  bool open_ = false;
  bool one_by_one_ = true;  // jobs are long until they have proven short
};

}  // namespace weir::detail
