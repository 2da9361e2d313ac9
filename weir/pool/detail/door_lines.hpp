// The submitters at a pool's door: a line a lane, and who of them is next.
//
// Invariants: within a line they are served in order. Between lines the rule is the one of the queue: strict
// priority, but a line that waits gets one turn in `starvation_limit`; who waits behind a bound of its own,
// of its lane or its key, keeps nobody else out and has no turn. `turn_` is the line that was picked and not
// served yet, since the pool has no room for it: it keeps its turn, unless it had it only for want of a more
// important one. Owns nothing. Thread-safety: none; the pool's lock is held.
#pragma once

#include <weir/base/fifo_list.hpp>
#include <weir/control/lane_schedule.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace weir::detail {

/// Waiter derives from fifo_hook<Waiter> and has a lane(). `able(waiter)` below: whether nothing but the
/// pool's own bounds keeps it out.
template <class Waiter>
class door_lines {
 public:
  /// `mixed`: those of one lane may be able or not; otherwise all of a lane are alike.
  door_lines(const control::lane_schedule_options& options, bool mixed)
      : schedule_(options),
        lines_(static_cast<std::size_t>(options.lanes)),
        waits_(static_cast<std::size_t>(options.lanes)),
        mixed_(mixed) {}

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  const fifo_list<Waiter>& line(std::size_t lane) const noexcept { return lines_[lane]; }
  std::size_t lanes() const noexcept { return lines_.size(); }

  void push_back(Waiter& one) noexcept {
    lines_[one.lane()].push_back(one);
    ++size_;
    if (turn_ && !turn_->due && one.lane() < turn_->lane) turn_.reset();
  }

  /// Served, refused, or gone by itself.
  void remove(Waiter& one) noexcept {
    if (turn_ && turn_->who == &one) turn_.reset();
    lines_[one.lane()].remove(one);
    --size_;
  }

  /// The one who may enter next, if the pool has room for it; none when nobody is able. O(lanes); mixed: and
  /// those passed over.
  template <class Able>
  Waiter* next(Able able) noexcept {
    if (empty()) return nullptr;
    if (lines_.size() == 1) return first(0, able);
    if (!turn_ || !able(*turn_->who)) pick(able, std::nullopt);
    return turn_ ? turn_->who : nullptr;
  }

  /// Whether a newcomer of the lane, for whom there is room, may pass all those who wait.
  template <class Able>
  bool lets_pass(std::size_t lane, Able able) noexcept {
    if (empty()) return true;
    if (first(lane, able)) return false;
    if (lines_.size() == 1) return true;
    if (turn_ && able(*turn_->who) && (turn_->due || turn_->lane < lane)) return false;
    pick(able, lane);
    if (turn_) return false;
    return true;
  }

 private:
  struct turn {
    std::size_t lane;
    bool due;  // a more important one had to wait
    Waiter* who;
  };

  template <class Able>
  Waiter* first(std::size_t lane, Able able) const noexcept {
    for (Waiter* one = lines_[lane].front(); one; one = one->behind) {
      if (able(*one)) return one;
      if (!mixed_) return nullptr;
    }
    return nullptr;
  }

  /// Without a turn afterwards: it is the newcomer's, or there is none.
  template <class Able>
  void pick(Able able, std::optional<std::size_t> newcomer) noexcept {
    for (std::size_t i = 0; i < lines_.size(); ++i) waits_[i] = i == newcomer || first(i, able);
    turn_.reset();
    const auto picked = schedule_.pick(waits_);
    if (!picked || picked == newcomer) return;
    std::size_t most_important = 0;
    while (!waits_[most_important]) ++most_important;
    turn_ = {*picked, *picked != most_important, first(*picked, able)};
  }

  control::lane_schedule schedule_;
  std::vector<fifo_list<Waiter>> lines_;
  std::vector<std::size_t> waits_;  // scratch of pick
  std::optional<turn> turn_;
  std::size_t size_ = 0;
  bool mixed_;
};

}  // namespace weir::detail
