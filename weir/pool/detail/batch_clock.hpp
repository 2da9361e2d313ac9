// Which jobs of one worker share a start and an end stamp. A reading of the clock costs as much as a short
// job.
//
// Rules: jobs that waited together when a worker took the first of them may share its stamps, and the time
// between is divided evenly; when the even share exceeds `longest_share`, the next batches are of one job
// each until it falls below. Belongs to one worker; not thread-safe. Time comes in as an argument.
#pragma once

#include <weir/base/time.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace weir::detail {

class batch_clock {
 public:
  static constexpr std::uint64_t most_jobs = 16;
  static constexpr duration longest_share = std::chrono::microseconds(10);

  /// How many may be taken together when `waiting` more jobs wait for `workers`: only when each has enough.
  std::uint64_t limit(std::size_t waiting, std::size_t workers) const noexcept {
    if (one_by_one_) return 1;
    return std::min<std::uint64_t>(most_jobs, 1 + waiting / std::max<std::size_t>(workers, 1));
  }

  /// True when the job may join the open batch: there is one, it has room, and the job waited when it began.
  bool covers(std::uint64_t id) const noexcept { return jobs_ != 0 && jobs_ < limit_ && id <= last_id_; }

  bool jobs_are_short() const noexcept { return !one_by_one_; }
  bool is_open() const noexcept { return jobs_ != 0; }
  bool is_full() const noexcept { return jobs_ >= limit_; }
  time_point start() const noexcept { return start_; }

  /// Begins a batch with its first job; `last_id`: the newest job that waits.
  void open(time_point now, std::uint64_t limit, std::uint64_t last_id) noexcept {
    start_ = now;
    limit_ = limit;
    last_id_ = last_id;
    jobs_ = 1;
  }

  void join() noexcept { ++jobs_; }

  struct share {
    duration each;
    std::uint64_t jobs;
  };

  /// Ends the open batch.
  share close(time_point now) noexcept {
    const share result{(now - start_) / static_cast<duration::rep>(jobs_), jobs_};
    one_by_one_ = result.each > longest_share;
    jobs_ = 0;
    return result;
  }

 private:
  time_point start_{};
  std::uint64_t limit_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t jobs_ = 0;  // 0: no batch is open
  bool one_by_one_ = true;  // jobs are long until they have proven short
};

}  // namespace weir::detail
