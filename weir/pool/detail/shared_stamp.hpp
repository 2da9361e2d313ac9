// Readings of the clock that several jobs share, on their way in and on their way to their worker. A reading
// costs more than all else that is done for a short job. Not thread-safe.
#pragma once

#include <weir/base/time.hpp>

#include <cstdint>

namespace weir::detail {

/// When jobs arrived.
///
/// Rule: while jobs are short and come faster than one per `quick`, up to `most_jobs` share a reading. So a
/// stamp is late never, and early by less than `most_jobs` * `quick` unless the stream stops; renew() ends
/// the sharing when the queue has run dry, or jobs take long.
template <class Clock>
class basic_shared_stamp {
 public:
  static constexpr std::uint64_t most_jobs = 16;
  static constexpr duration quick = std::chrono::nanoseconds(250);

  /// The stamp of one more job.
  time_point next() noexcept {
    if (left_ != 0) {
      --left_;
      return stamp_;
    }
    const time_point now = Clock::now();
    const bool fast = now - stamp_ < quick * static_cast<duration::rep>(shared_);
    stamp_ = now;
    shared_ = fast && short_jobs_ ? most_jobs : 1;
    left_ = shared_ - 1;
    return now;
  }

  /// The next job reads the clock.
  void renew() noexcept {
    shared_ -= left_;
    left_ = 0;
  }

  /// Whether jobs have proven short.
  void note(bool short_jobs) noexcept {
    short_jobs_ = short_jobs;
    if (!short_jobs) renew();
  }

 private:
  time_point stamp_{};
  std::uint64_t shared_ = 1;  // by how many jobs the last reading is to be
  std::uint64_t left_ = 0;    // of them to come
  bool short_jobs_ = false;
};

using shared_stamp = basic_shared_stamp<clock>;

/// Equal waits in a row, recorded as one.
class wait_tally {
 public:
  duration wait() const noexcept { return wait_; }
  std::uint64_t jobs() const noexcept { return jobs_; }

  /// False when the wait differs from those before it: then they are to be taken first.
  bool add(duration wait) noexcept {
    if (jobs_ != 0 && wait != wait_) return false;
    wait_ = wait;
    ++jobs_;
    return true;
  }
  void clear() noexcept { jobs_ = 0; }

 private:
  duration wait_{};
  std::uint64_t jobs_ = 0;
};

}  // namespace weir::detail
