// Whose item goes next, so that each key gets its share however much one of them offers.
//
// Deficit round robin: keys with work take turns; at its turn a key may spend `quantum` more, saves what it
// did not spend while it has work, and is served while that covers the cost of its oldest item. So between
// any two keys that both have work all the time what they got differs by less than quantum + the largest
// cost; with quantum 1 and cost 1 they alternate. Source: M. Shreedhar, G. Varghese, "Efficient Fair Queueing
// using Deficit Round Robin", SIGCOMM 1995.
//
// Invariants: a queue is open while it holds an item, belongs to the key that opened it, and is first in
// first out; at most `max_keys` are open. A key that finds all of them taken is the guest of the one that its
// hash names, and goes on being one while that queue has any guest: so the items of one key never overtake
// each other, and what is kept is bounded by the items. A value type: no clock, thread or lock; not
// thread-safe. It allocates only to hold more queues or items than ever before.
#pragma once

#include <weir/base/error.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace weir::control {

struct fair_share_options {
  std::int64_t quantum =
      1;  ///< cost a key may spend a turn; at least 1. No less than usual costs: quick picks
  std::int64_t max_keys = 1024;  ///< keys told apart at a time; at least 1
};

/// What is wrong with the options, if anything: the first bad one in the order written.
std::optional<option_error> check(const fair_share_options&);

class fair_share {
 public:
  using key = std::uint64_t;

  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit fair_share(const fair_share_options& = {});

  /// One more item of `owner`, behind its others. A cost of 0 counts as 1: no key is served for ever. O(1).
  void push(key owner, std::uint64_t cost = 1);

  /// Takes out the item that is to go now, the oldest of the key returned; none when there is no item. O(1)
  /// when the quantum covers the costs; otherwise O(keys with items), however small the quantum is.
  std::optional<key> pick() noexcept;

  /// Takes back the newest item of `owner`, as when it is evicted; whether there was one. O(1), for a guest
  /// O(items of its queue).
  bool remove_newest(key owner) noexcept;
  /// The same with the oldest.
  bool remove_oldest(key owner) noexcept;

  /// Room for so many items, each of a key of its own: until there are more, push cannot fail. May throw
  /// std::bad_alloc.
  void reserve(std::size_t items);

  /// Items that wait. O(1).
  std::size_t size() const noexcept { return size_; }

 private:
  using index = std::uint32_t;  // of a queue or an item
  static constexpr index none = UINT32_MAX;

  struct item {
    key owner;
    std::uint64_t cost;
    index older;
    index newer;  // of a free item: the next free one
  };
  struct queue {
    key owner = 0;
    std::uint64_t deficit = 0;  // what it may still spend
    std::size_t guests = 0;     // items of other keys
    index oldest = none;        // none: not open
    index newest = none;
    index before = none;  // in the ring of turns
    index behind = none;  // in the ring of turns; of a free queue: the next free one
    index chain = none;   // the next queue with this hash
  };

  index& bucket_of(key k) noexcept;
  index own_queue(key k) noexcept;
  index host_queue(key k) const noexcept;
  void add_free_queue();
  index open_queue(key k) noexcept;
  void close_queue(index q) noexcept;
  void take_out(index q, index i) noexcept;
  void skip_rounds_that_serve_none() noexcept;

  std::uint64_t quantum_;
  std::size_t max_keys_;
  std::vector<item> items_;
  std::vector<queue> queues_;
  int unused_bits_;             // of a hash: 64 less the logarithm of the number of buckets
  std::vector<index> buckets_;  // open queues by the hash of their owner; a power of two, at least as many
  index free_item_ = none;
  index free_queue_ = none;
  index turn_ = none;       // the queue whose turn it is: first of the ring; none: all closed
  bool turn_paid_ = false;  // whether it has this turn's quantum
  std::size_t open_ = 0;    // queues in the ring
  std::size_t size_ = 0;
};

}  // namespace weir::control
