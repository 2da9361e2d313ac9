// What a run counts beside its pool, and what that makes of the pool's numbers.
//
// The pool knows whether a job came to its end; why it did not, and what an item at the door of a run that is
// over counts for, the run knows. Invariant: each count below is a part of one of the pool's, and `applied`
// moves it from there to where it belongs, so the law holds before and after. Thread-safe: every number is
// relaxed, for the report, which is exact once the pool has drained.
#pragma once

#include <jobs/control_report.hpp>
#include <jobs/item.hpp>
#include <weir/observe/histogram.hpp>
#include <weir/observe/stats.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::jobs {

class run_tally {
 public:
  /// `lanes` to report of; 0: none.
  explicit run_tally(std::size_t lanes) : lanes_(lanes) {}

  void job_timed_out() noexcept { add(timed_out_); }
  /// A worker had it, but the run ended before it could start.
  void job_not_started() noexcept { add(not_started_); }
  /// The same of a job that the spill store has still, for the next run.
  void job_left_in_store() noexcept { add(left_in_store_); }
  /// A worker had it, but the gates held it too long.
  void job_expired_late() noexcept { add(expired_late_); }
  /// Refused, for it could not have started in time.
  void job_hopeless() noexcept { add(expired_door_); }

  /// A worker had it from the spill store, and an earlier run has done it: no job of this one.
  void job_done_before() noexcept { add(done_before_); }

  /// Not submitted: an earlier run has done it.
  void job_passed_over() noexcept { add(passed_over_); }

  void submitted(std::size_t lane) noexcept {
    if (!lanes_.empty()) add(lanes_[lane].submitted);
  }
  /// At the door when the run ended: an item that was not accepted was not submitted.
  void job_not_submitted(std::size_t lane) noexcept {
    add(not_submitted_);
    if (!lanes_.empty()) lanes_[lane].submitted.fetch_sub(1, std::memory_order_relaxed);
  }
  void job_lost(std::size_t lane) noexcept {
    if (!lanes_.empty()) add(lanes_[lane].lost);
  }
  void started(const item_batch& batch) noexcept {
    if (batch.lane >= lanes_.size()) return;  // none are reported of
    add(lanes_[batch.lane].started);
    lanes_[batch.lane].wait.record(clock::now() - batch.arrived);
  }
  void saw_workers(std::uint64_t now) noexcept {
    std::uint64_t most = peak_workers_.load(std::memory_order_relaxed);
    while (now > most && !peak_workers_.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
    }
  }

  std::uint64_t timed_out() const noexcept { return timed_out_.load(std::memory_order_relaxed); }
  std::uint64_t passed_over() const noexcept { return passed_over_.load(std::memory_order_relaxed); }
  std::uint64_t peak_workers() const noexcept { return peak_workers_.load(std::memory_order_relaxed); }
  std::vector<lane_figures> lanes() const;

  /// The pool's numbers, each of ours moved to where it belongs.
  pool_stats applied(pool_stats) const noexcept;

 private:
  using number = std::atomic<std::uint64_t>;

  struct lane_watch {
    number submitted = 0;
    number started = 0;
    number lost = 0;
    histogram wait{};
  };

  static void add(number& n) noexcept { n.fetch_add(1, std::memory_order_relaxed); }
  /// At most what is there: a snapshot may see our count before the pool's.
  static std::uint64_t part(const number& n, std::uint64_t of) noexcept {
    return std::min(n.load(std::memory_order_relaxed), of);
  }

  std::vector<lane_watch> lanes_;
  number peak_workers_ = 0;
  number passed_over_ = 0;
  number done_before_ = 0;
  number timed_out_ = 0;
  number not_started_ = 0;
  number left_in_store_ = 0;
  number not_submitted_ = 0;
  number expired_late_ = 0;
  number expired_door_ = 0;
};

}  // namespace weir::jobs
