// One measurement of a channel: how many send to how many through how much room.
//
// Every contender moves the same items: numbers from 1, repeated over the width of an item, and adds up the
// first and the last word of what arrived. A sum that is wrong says that items were lost, doubled or torn.
// Thread-safety: none needed; a cell is a value.
#pragma once

#include <bench/harness/race.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace weir::bench {

struct channel_cell {
  std::size_t producers = 1;
  std::size_t consumers = 1;
  std::size_t capacity = 64;
  std::size_t bytes = 8;    ///< of an item: 8 or 64
  std::uint64_t items = 0;  ///< divisible by both; with ping_pong the round trips
  bool ping_pong = false;   ///< one item there through one channel, and back through another
};

struct channel_reading {
  spent cost;
  std::uint64_t checksum = 0;  ///< expected_checksum(cell), or the contender is wrong
};

/// Each of 1..items twice: an item's first word and its last.
constexpr std::uint64_t expected_checksum(const channel_cell& cell) { return cell.items * (cell.items + 1); }

/// An item of so many bytes.
template <std::size_t Bytes>
struct parcel {
  std::array<std::uint64_t, Bytes / sizeof(std::uint64_t)> words;

  static parcel of(std::uint64_t number) {
    parcel p;
    p.words.fill(number);
    return p;
  }
  std::uint64_t sum() const { return words.front() + words.back(); }
};

/// Calls f.operator()<parcel>() with the parcel of the cell's width.
template <class F>
auto with_parcel(const channel_cell& cell, F f) {
  return cell.bytes == 64 ? f.template operator()<parcel<64>>() : f.template operator()<parcel<8>>();
}

/// What producer `i` sends: the numbers of [first, first + count).
struct share {
  std::uint64_t first;
  std::uint64_t count;
};
constexpr share share_of(const channel_cell& cell, std::size_t i) {
  const std::uint64_t count = cell.items / cell.producers;
  return {i * count + 1, count};
}

/// Producers and consumers as threads over one Queue<Parcel>(capacity) with put(Parcel) and take(). Producers
/// begin first: whoever is first to block is the contender's business.
template <class Queue, class Parcel>
channel_reading move_through(const channel_cell& cell) {
  Queue queue(cell.capacity);
  std::atomic<std::uint64_t> sum = 0;
  const spent cost = race(cell.producers + cell.consumers, [&](std::size_t i) {
    if (i < cell.producers) {
      const share mine = share_of(cell, i);
      for (std::uint64_t n = 0; n < mine.count; ++n) queue.put(Parcel::of(mine.first + n));
    } else {
      std::uint64_t own = 0;
      for (std::uint64_t n = cell.items / cell.consumers; n > 0; --n) own += queue.take().sum();
      sum.fetch_add(own, std::memory_order_relaxed);  // read after the race has joined its threads
    }
  });
  return {cost, sum.load(std::memory_order_relaxed)};
}

/// Two threads, two queues: one item goes to and fro.
template <class Queue, class Parcel>
channel_reading ping_pong(const channel_cell& cell) {
  Queue there(cell.capacity), back(cell.capacity);
  std::uint64_t sum = 0;
  const spent cost = race(2, [&](std::size_t i) {
    if (i == 1) {
      for (std::uint64_t n = 0; n < cell.items; ++n) back.put(there.take());
      return;
    }
    for (std::uint64_t n = 1; n <= cell.items; ++n) {
      there.put(Parcel::of(n));
      sum += back.take().sum();
    }
  });
  return {cost, sum};
}

/// The cell between threads. Queue is a template over the item.
template <template <class> class Queue>
channel_reading between_threads(const channel_cell& cell) {
  return with_parcel(cell, [&]<class Parcel>() {
    return cell.ping_pong ? ping_pong<Queue<Parcel>, Parcel>(cell)
                          : move_through<Queue<Parcel>, Parcel>(cell);
  });
}

}  // namespace weir::bench
