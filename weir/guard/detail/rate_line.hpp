// A token bucket that many threads share: one atomic word for those who need not wait, a line for the rest.
//
// Invariants
// - `word_` is the bucket's theoretical arrival time, or `shut`: then the truth is in bucket_, under the
//   lock. It is shut while the lock is held and while anybody is in the line, so nobody overtakes the line.
// - Only the first of the line holds a reservation, `head_`; the others behind it are `behind_` nanoseconds
//   of tokens in all. A reservation is planned when its waiter becomes the first, and anew at each set_rate.
// - Interval and capacity change only while the word is shut. Who reads them between two equal readings of
//   the word has read what belongs together. (A rate set in between that leaves the very same arrival time
//   goes unnoticed: then nothing was owed, and this caller pays the price of just before.)
// - While a waiter is listed that does not wake by itself when the first is due, `timer_` is planned or
//   firing.
//
// Decisions are those of control::token_bucket, with one exception that only refuses more: a reading of the
// clock that is older than one another thread has used counts as it is.
// Orders: the acquire that reads the word pairs with the release that opens it; interval_ and capacity_ are
// released by set_rate and acquired by readers, so who sees a new one sees, or comes after, the shut word.
#pragma once

#include <weir/control/rounding.hpp>
#include <weir/control/token_bucket.hpp>
#include <weir/guard/detail/wait_line.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

namespace weir::detail {

/// Time is an argument but for `enter` and `look`, which ask `now()`: tests put their own in its place.
class rate_line : public wait_line {
 public:
  rate_line(double per_second, double burst);
  /// While nobody uses the other.
  rate_line(rate_line&& other) noexcept;
  virtual ~rate_line();

  /// As control::token_bucket::try_acquire; no while somebody waits. Lock-free while nobody does.
  bool try_acquire(time_point now, double n) noexcept {
    if (!can_be_had(n)) return false;
    const std::int64_t at = now.time_since_epoch().count();
    std::int64_t seen = word_.load(std::memory_order_acquire);
    for (;;) {
      if (seen == shut) [[unlikely]]
        return try_slowly(n);
      const std::int64_t interval = interval_.load(std::memory_order_acquire);
      const std::int64_t price =
          n == 1 ? interval : control::token_bucket::cost(n, duration(interval)).count();
      std::int64_t to;
      if (!__builtin_add_overflow(std::max(seen, at), price, &to) &&
          between(at, to) <= static_cast<std::uint64_t>(capacity_.load(std::memory_order_acquire)))
          [[likely]] {
        if (word_.compare_exchange_weak(seen, to, std::memory_order_acq_rel, std::memory_order_acquire)) {
          return true;
        }
      } else {
        const std::int64_t again = word_.load(std::memory_order_relaxed);
        if (again == seen) return false;
        seen = word_.load(std::memory_order_acquire);
      }
    }
  }

  /// Throws std::invalid_argument for a rate that the bucket refuses.
  void set_rate(double per_second);
  double per_second() noexcept;
  /// What the bucket holds; 0 or less while somebody waits.
  double tokens() noexcept;

  struct counts {
    std::uint64_t refused = 0;  // joined, or tried to, and were told that they cannot make it
    std::uint64_t waited = 0;   // joined and got their tokens
    std::size_t waiting = 0;
  };
  counts count() noexcept;

 protected:
  virtual time_point now() const noexcept { return clock::now(); }
  virtual void arm(time_point at) { replan(timer_, at); }

  void lock() noexcept override;
  void unlock() noexcept override;
  void enter(line_waiter& w, told_list& told) override;
  void look(told_list& told) noexcept override { let_in(now(), told); }
  void gone(const line_waiter& w, bool was_first, told_list& told) noexcept override;
  time_point due(const line_waiter& w) const noexcept override {
    return waiters_.front() == &w ? head_at_ : never;
  }

 private:
  static constexpr std::int64_t shut = std::numeric_limits<std::int64_t>::max();

  static std::uint64_t between(std::int64_t from, std::int64_t to) noexcept {
    return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  }
  bool can_be_had(double n) const noexcept { return n >= 0 && n <= burst_; }

  rate_line(const control::token_bucket& bucket, time_point arrival, const counts& before) noexcept;
  static void time_has_come(void* line) noexcept;
  bool try_slowly(double n) noexcept;
  void let_in(time_point now, told_list& told) noexcept;
  void plan_first(time_point now, told_list& told) noexcept;
  void refuse(line_waiter& listed, told_list& told) noexcept;
  void refuse_the_late(told_list& told) noexcept;
  bool in_time(const line_waiter& w, control::uint128 ahead) const noexcept;
  void arm_for(line_waiter& w);
  void arm_for_first();
  void forget_head() noexcept;
  void give_back(time_point now) noexcept;
  void publish_rate() noexcept;

  alignas(64) std::atomic<std::int64_t> word_;  // by everybody, all the time
  alignas(64) std::atomic<std::int64_t> interval_;
  std::atomic<std::int64_t> capacity_;
  const double burst_;
  // Under the lock.
  alignas(64) control::token_bucket bucket_;
  std::optional<control::token_bucket::reservation> head_;
  time_point head_at_ = never;
  control::uint128 behind_ = 0;
  counts counts_;
  timer_entry timer_{.fire = {&rate_line::time_has_come, this}};
};

}  // namespace weir::detail
