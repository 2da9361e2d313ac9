// The submitters at a pool's door: a line a lane, and who of them is next.
//
// Invariants: within a line they are served in order. Between lines the rule is the one of the queue: strict
// priority, but a line that waits gets one turn in `starvation_limit`; a line whose lane is full by itself
// waits for nobody else and has no turn. `turn_` is the line that was picked and not served yet, since the
// pool has no room for its first: it keeps its turn, unless it had it only for want of a more important one.
// Owns nothing. Thread-safety: none; the pool's lock is held.
#pragma once

#include <weir/base/fifo_list.hpp>
#include <weir/control/lane_schedule.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace weir::detail {

/// Waiter derives from fifo_hook<Waiter> and has a lane().
template <class Waiter>
class door_lines {
 public:
  explicit door_lines(const control::lane_schedule_options& options)
      : schedule_(options),
        lines_(static_cast<std::size_t>(options.lanes)),
        waits_(static_cast<std::size_t>(options.lanes)) {}

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
    const std::size_t lane = one.lane();
    if (turn_ && turn_->lane == lane && lines_[lane].front() == &one) turn_.reset();
    lines_[lane].remove(one);
    --size_;
  }

  /// The one who may enter next, if the pool has room for it; none when nobody waits but behind the bound of
  /// a lane. `lane_has_room(lane)`.
  template <class Room>
  Waiter* next(Room lane_has_room) noexcept {
    if (empty()) return nullptr;
    if (lines_.size() == 1) return lines_.front().front();
    if (!turn_ || !waits(turn_->lane, lane_has_room)) pick(lane_has_room, std::nullopt);
    return turn_ ? lines_[turn_->lane].front() : nullptr;
  }

  /// Whether a newcomer of the lane, for whom there is room, may pass all those who wait.
  template <class Room>
  bool lets_pass(std::size_t lane, Room lane_has_room) noexcept {
    if (empty()) return true;
    if (!lines_[lane].empty()) return false;
    if (turn_ && waits(turn_->lane, lane_has_room) && (turn_->due || turn_->lane < lane)) return false;
    pick(lane_has_room, lane);
    if (turn_->lane != lane) return false;
    turn_.reset();
    return true;
  }

 private:
  struct turn {
    std::size_t lane;
    bool due;  // a more important one had to wait
  };

  template <class Room>
  bool waits(std::size_t lane, Room lane_has_room) const noexcept {
    return !lines_[lane].empty() && lane_has_room(lane);
  }

  template <class Room>
  void pick(Room lane_has_room, std::optional<std::size_t> newcomer) noexcept {
    for (std::size_t i = 0; i < lines_.size(); ++i) waits_[i] = i == newcomer || waits(i, lane_has_room);
    turn_.reset();
    const auto picked = schedule_.pick(waits_);
    if (!picked) return;
    std::size_t first = 0;
    while (!waits_[first]) ++first;
    turn_ = {*picked, *picked != first};
  }

  control::lane_schedule schedule_;
  std::vector<fifo_list<Waiter>> lines_;
  std::vector<std::size_t> waits_;  // scratch of pick
  std::optional<turn> turn_;
  std::size_t size_ = 0;
};

}  // namespace weir::detail
