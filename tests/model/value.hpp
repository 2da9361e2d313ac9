// Elements that tell when something is wrong with them.
//
// Invariants: every access to an element is checked against the happens-before of the model, also the reuse
// of its memory; an element is made, moved from at most once and destroyed once. `alive` counts them, so that
// one left behind is a leak. Thread-safety: none is needed, it is what is checked.
#pragma once

#include "engine.hpp"
#include "scheduler.hpp"

#include <weir/channel/core.hpp>

namespace model {

/// How many elements exist in this execution.
inline long alive = 0;

/// `Quiet`: as the elements that a channel keeps in its lock-free ring; else as those behind its lock.
template <bool Quiet>
class element {
 public:
  explicit element(int number) noexcept : number_(number), state_(full) { arrive(); }
  element(element&& other) noexcept : number_(other.taken()), state_(full) { arrive(); }
  element& operator=(element&& other) noexcept {
    model::plain_write(this, "an element is assigned to, and others use it");
    if (state_ != full && state_ != empty) fail("an element is assigned to before its life or after it");
    number_ = other.taken();
    state_ = full;
    return *this;
  }
  ~element() {
    model::plain_write(this, "an element ends, and others use it");
    if (state_ != full && state_ != empty) fail("an element is destroyed that is none (twice, perhaps)");
    state_ = ended;
    --alive;
  }

  int number() const noexcept {
    model::plain_read(this, "an element is read, and others write it");
    if (state_ != full) fail("the number of an element is asked for that was moved from, or is none");
    return number_;
  }
  /// Not moved from: a value that was not accepted is still the sender's.
  bool is_full() const noexcept { return state_ == full; }

 private:
  static constexpr unsigned full = 0x900df00d;
  static constexpr unsigned empty = 0xe0e0e0e0;
  static constexpr unsigned ended = 0xdeadbeef;

  void arrive() noexcept {
    model::plain_write(this, "an element is made where others use the memory");
    ++alive;
  }
  int taken() noexcept {
    model::plain_write(this, "an element is moved from, and others use it");
    if (state_ != full) fail("an element is moved from that has been, or is none");
    state_ = empty;
    return number_;
  }

  int number_;
  unsigned state_;
};

using loud = element<false>;
using quiet = element<true>;

}  // namespace model

template <>
inline constexpr bool weir::quiet_when_moved_from<model::quiet> = true;
