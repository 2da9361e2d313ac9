// The memory model: what each atomic has held, and what each thread may still read of it.
//
// A location keeps all values stored in it in one execution, in modification order. A view says, for each
// location, the oldest of them that may still be read, and for each thread, how much of what it did has
// happened before. Threads have a view; a releasing store carries its thread's view, and an acquiring load
// that reads it joins it. Coherence, happens-before, release sequences and data races all follow from that.
//
// Where this is narrower than C++ (it never allows more; what it leaves out no explored execution shows):
// - modification order is the order in which stores are made, and a load reads from a store already made: no
//   load buffering, no values out of thin air;
// - the single order S of the sequentially consistent operations is the order in which they are made. Such a
//   load reads neither behind the last such store of its location nor behind what such a load before it read;
// - a value that is not the newest is read at most twice in a row by one thread: stores become visible in
//   finite time.
// Read-modify-writes read the newest value. memory_order_consume counts as acquire. There are no fences.
//
// Thread-safety: none; one thread of the model runs at a time, all on one thread of the machine.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace model {

/// Of one execution, the thread that sets up and checks among them.
inline constexpr std::size_t max_threads = 6;
/// Atomics made in one execution, dead ones too.
inline constexpr std::size_t max_locations = 160;

using thread_index = std::uint8_t;
using tick = std::uint32_t;  // events of a thread, numbered from 1
using ticks = std::array<tick, max_threads>;

constexpr bool acquires(std::memory_order o) noexcept {
  return o != std::memory_order_relaxed && o != std::memory_order_release;
}
constexpr bool releases(std::memory_order o) noexcept {
  return o == std::memory_order_release || o == std::memory_order_acq_rel || o == std::memory_order_seq_cst;
}

struct view {
  ticks seen{};
  std::array<std::uint16_t, max_locations> oldest{};
  std::size_t known = max_locations;  // entries of `oldest` that count; the others may read everything

  /// Both take the first `locations` entries of `other`, or as many as it knows.
  void join(const view& other, std::size_t locations) noexcept;
  void copy(const view& other, std::size_t locations) noexcept;
};

/// One value of one location.
struct store {
  std::uint64_t value = 0;
  bool synchronises = false;  // `carried` means something
  view carried;
};

struct location {
  const void* address = nullptr;
  bool alive = false;
  thread_index maker = 0;
  tick made_at = 0;
  std::vector<store> stores;  // only the first `count` are of this execution; the rest is memory kept
  std::size_t count = 0;
  std::size_t seq_cst_oldest = 0;  // the oldest that a sequentially consistent load may read
  ticks last_access{};
  struct repeat {
    std::size_t index = 0;
    int times = 0;
  };
  std::array<repeat, max_threads> stale{};

  std::size_t newest() const noexcept { return count - 1; }
};

/// What is remembered of a plain object at one address.
struct plain_history {
  const void* address = nullptr;
  std::uint64_t execution = 0;
  thread_index writer = 0;
  tick written_at = 0;
  ticks read_at{};
};

/// All the memory of one execution.
class memory {
 public:
  memory();

  /// Forgets everything; `threads` views start empty.
  void reset();

  std::size_t make(const void* address, std::uint64_t value, thread_index by);
  /// Its end; the next one made may take the place of one that only its maker ever used.
  void end(std::size_t index) noexcept;
  location& at(std::size_t index) noexcept { return locations_[index]; }
  bool is_alive(std::size_t index, const void* address) const noexcept {
    return index < used_ && locations_[index].alive && locations_[index].address == address;
  }
  std::size_t locations() const noexcept { return used_; }

  view& of(thread_index t) noexcept { return views_[t]; }
  void advance(thread_index t) noexcept { ++views_[t].seen[t]; }
  bool has_happened(thread_index who, tick when, thread_index before) const noexcept {
    return views_[before].seen[who] >= when;
  }

  /// The oldest value that `t` may read with this order.
  std::size_t oldest_readable(const location& l, std::size_t index, thread_index t,
                              std::memory_order order) const noexcept;
  void read(std::size_t index, std::size_t which, thread_index t, std::memory_order order);
  /// `continues`: a read-modify-write, which continues the release sequence of the value it replaces.
  void write(std::size_t index, std::uint64_t value, thread_index t, std::memory_order order, bool continues);

  /// False: a race.
  bool plain_read(const void* address, thread_index t);
  bool plain_write(const void* address, thread_index t);

 private:
  plain_history& history_of(const void* address);

  std::array<view, max_threads> views_;
  std::vector<location> locations_;
  std::size_t used_ = 0;
  std::vector<plain_history> plain_;
  std::uint64_t execution_ = 0;
};

}  // namespace model
