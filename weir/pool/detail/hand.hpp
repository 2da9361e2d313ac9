// The jobs that one worker has taken together, and not yet begun: anybody may take them back.
//
// Invariants: one word says it all, so that every look at it is a moment of its own: jobs [0, begun) have
// been begun, one after the other, by the owner; `ended` of them have ended and count as such; [begun, end)
// still wait. `begun` and `ended` only grow, `end` only falls, until the owner fills the hand anew. The
// pool's lock is held to fill, to take back and to look; the owner begins and ends jobs without it. Orders: a
// step of the owner (release) pairs with look() (acquire), so whoever sees a job ended sees what it did. That
// a job is begun or taken back, never both, needs only that both are one read-modify-write of the word.
#pragma once

#include <weir/base/futex.hpp>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::detail {

template <class Job, class Atomics = native_atomics>
class basic_hand {
 public:
  static constexpr std::size_t most_jobs = 16;

  struct view {
    std::size_t begun;
    std::size_t ended;
    std::size_t left;  // neither begun nor taken back
  };

  // With the lock.

  /// Where to put the jobs, in the order in which they are to be begun, before open().
  Job** places() noexcept { return jobs_.data(); }

  /// Filled with so many: the first job counts as begun.
  void open(std::size_t count) noexcept {
    assert(count >= 1 && count <= most_jobs);
    word_.store(one_begun + count, std::memory_order_relaxed);
  }

  view look() const noexcept {
    const std::uint64_t seen = word_.load(std::memory_order_acquire);
    return {begun(seen), ended(seen), end(seen) - begun(seen)};
  }

  /// Takes back what is left: give(job) for each, the last one first.
  template <class Give>
  void take_back(Give give) noexcept {
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    while (!word_.compare_exchange_weak(seen, seen - (end(seen) - begun(seen)), std::memory_order_acquire,
                                        std::memory_order_relaxed)) {
    }
    for (std::size_t i = end(seen); i > begun(seen); --i) give(*jobs_[i - 1]);
  }

  /// By the owner, when every job that was begun has ended: those jobs. Empty afterwards.
  std::span<Job* const> clear() noexcept {
    const std::span<Job* const> jobs = ran();
    word_.store(0, std::memory_order_relaxed);
    return jobs;
  }

  // By the owner, without the lock.

  Job& first() const noexcept { return *jobs_[0]; }

  /// When every job that was begun has ended: those jobs, as clear() will give them.
  std::span<Job* const> ran() const noexcept {
    return std::span(jobs_).first(end(word_.load(std::memory_order_relaxed)));
  }

  /// The current job has ended before it returns.
  void end_early() noexcept { word_.fetch_add(one_ended, std::memory_order_release); }

  /// Ends the current job (unless that was done early) and begins the next. None is left: the last job stays
  /// for clear() to end.
  Job* next(bool ended_early) noexcept {
    const std::uint64_t step = one_begun + (ended_early ? 0 : one_ended);
    std::uint64_t seen = word_.load(std::memory_order_relaxed);
    do {
      if (begun(seen) == end(seen)) return nullptr;
    } while (!word_.compare_exchange_weak(seen, seen + step, std::memory_order_release,
                                          std::memory_order_relaxed));
    return jobs_[begun(seen)];
  }

 private:
  // end: bits 0 to 15; begun: 16 to 31; ended: 32 to 47.
  static constexpr std::uint64_t one_begun = std::uint64_t{1} << 16;
  static constexpr std::uint64_t one_ended = std::uint64_t{1} << 32;
  static constexpr std::size_t end(std::uint64_t word) noexcept { return word & 0xffff; }
  static constexpr std::size_t begun(std::uint64_t word) noexcept { return word >> 16 & 0xffff; }
  static constexpr std::size_t ended(std::uint64_t word) noexcept { return word >> 32 & 0xffff; }

  typename Atomics::template atomic<std::uint64_t> word_{0};
  std::array<Job*, most_jobs> jobs_{};
};

}  // namespace weir::detail
