// The channel as one would write it for one thread at a time: what every history is held against.
//
// Invariants: values + permits <= capacity; a rendezvous (capacity 0) holds nothing, and there a value goes
// from hand to hand: a push and a pop are one event.
// Values popped stay in the vector below `head_`, so that a step is undone by putting four numbers back.
#pragma once

#include "history.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace weir::linear {

class channel_model {
 public:
  channel_model(std::size_t capacity, contents c)
      : capacity_(capacity), closed_(c.closed), values_(std::move(c.values)) {}

  /// Does the step if a channel in this state may; else nothing, and false. At capacity 0 see meet().
  bool apply(const step& s) {
    switch (s.what) {
      case deed::push: return !closed_ && has_place() && push(s.given);
      case deed::push_evicting: return !closed_ && !has_place() && pop(s.taken) && push(s.given);
      case deed::refuse_full: return !closed_ && !has_place();
      case deed::refuse_held: return !closed_ && !has_place() && size() == 0;
      case deed::refuse_rest: return closed_ || !has_place();
      case deed::refuse_closed: return closed_;
      case deed::reserve: return !closed_ && has_place() && ++permits_ != 0;
      case deed::redeem: return permits_ != 0 && permits_-- != 0 && push(s.given);
      case deed::give_back: return permits_ != 0 && permits_-- != 0;
      case deed::pop: return pop(s.taken);
      case deed::find_empty: return size() == 0 && !drained();
      case deed::find_no_more: return size() == 0;
      case deed::find_closed: return drained();
      case deed::close_first: return !std::exchange(closed_, true);
      case deed::close_again: return closed_;
    }
    return false;
  }

  /// A push and a pop of one value, at capacity 0: together, or not at all.
  bool meet(const step& giving, const step& taking) const noexcept {
    return !closed_ && giving.what == deed::push && taking.what == deed::pop && giving.given == taking.taken;
  }

  std::size_t capacity() const noexcept { return capacity_; }
  std::span<const value> values() const noexcept { return std::span(values_).subspan(head_); }
  std::size_t permits() const noexcept { return permits_; }
  bool closed() const noexcept { return closed_; }

  struct mark {
    std::size_t head, end, permits;
    bool closed;
  };
  mark save() const noexcept { return {head_, values_.size(), permits_, closed_}; }
  /// Undoes what was done since save().
  void restore(const mark& m) {
    head_ = m.head;
    values_.resize(m.end);
    permits_ = m.permits;
    closed_ = m.closed;
  }

 private:
  std::size_t size() const noexcept { return values_.size() - head_; }
  bool has_place() const noexcept { return size() + permits_ < capacity_; }
  bool drained() const noexcept { return closed_ && size() == 0 && permits_ == 0; }

  bool push(value v) {
    values_.push_back(v);
    return true;
  }
  bool pop(value expected) noexcept {
    if (size() == 0 || values_[head_] != expected) return false;
    ++head_;
    return true;
  }

  std::size_t capacity_;
  std::size_t permits_ = 0;
  bool closed_;
  std::size_t head_ = 0;
  std::vector<value> values_;
};

}  // namespace weir::linear
