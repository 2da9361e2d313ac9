// How many attempts may be under way: a number, or what gradient2 makes of the run times.
//
// It only decides; the pool's workers are what is limited. Invariant: limit() is within 1 and `most`.
// Thread-safe.
#pragma once

#include <jobs/control_options.hpp>
#include <weir/base/time.hpp>
#include <weir/control/concurrency_limit.hpp>

#include <algorithm>
#include <cstdint>
#include <mutex>

namespace weir::jobs {

class limit_watch {
 public:
  /// `most`: workers there can be; at least 1. An adaptive limit starts at `first`.
  limit_watch(const limit_choice& choice, std::int64_t most, std::int64_t first)
      : limit_(made(choice, most, std::clamp<std::int64_t>(first, 1, most))),
        adaptive_(choice.adaptive),
        least_(limit_.limit()),
        most_(limit_.limit()) {}

  /// An attempt starts. How many are under way with it.
  std::int64_t begin() noexcept {
    const std::lock_guard lock(mutex_);
    if (++in_flight_ > limit_.limit()) ++over_;
    return in_flight_;
  }

  /// It has ended. `in_flight` as begin() said. An attempt that says nothing of the time jobs take (it
  /// failed) is not a sample.
  void end(time_point now, std::int64_t in_flight, bool is_sample, duration took) noexcept {
    const std::lock_guard lock(mutex_);
    --in_flight_;
    if (!is_sample) return;
    limit_.sample(now, took, in_flight, false);
    least_ = std::min(least_, limit_.limit());
    most_ = std::max(most_, limit_.limit());
  }

  bool adaptive() const noexcept { return adaptive_; }
  std::int64_t limit() const noexcept {
    const std::lock_guard lock(mutex_);
    return limit_.limit();
  }

  struct figures {
    std::int64_t now, least, most;
    std::uint64_t over;  ///< attempts that started above the limit: none, unless it is a shadow
    std::int64_t in_flight = 0;
  };
  figures seen() const noexcept {
    const std::lock_guard lock(mutex_);
    return {limit_.limit(), least_, most_, over_, in_flight_};
  }

 private:
  static control::concurrency_limit made(const limit_choice& choice, std::int64_t most, std::int64_t first) {
    if (choice.adaptive) return control::gradient2({.initial = first, .min = 1, .max = most});
    return control::fixed({.limit = choice.most > 0 ? choice.most : most});
  }

  mutable std::mutex mutex_;  // guards all below
  control::concurrency_limit limit_;
  const bool adaptive_;
  std::int64_t in_flight_ = 0;
  std::int64_t least_;
  std::int64_t most_;
  std::uint64_t over_ = 0;
};

}  // namespace weir::jobs
