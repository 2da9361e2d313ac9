// One thread of a scheduler.
//
// Invariant: everything but `queue`, `runs` and what scheduler.hpp lists under its lock belongs to the thread
// itself. Thread-safety: wake(), put_last() and has_others() on the thread itself.
#pragma once

#include <weir/base/parker.hpp>
#include <weir/base/time.hpp>
#include <weir/exec/run_queue.hpp>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace weir {
class scheduler;
}

namespace weir::detail {

struct worker {
  /// Operations without a wait that a coroutine does before it lets others run.
  static constexpr std::uint32_t operations = 64;

  /// What was last seen of another worker, by one who looks for work.
  struct sight {
    std::uint64_t runs = 0;
    time_point at{};
    bool waiting = false;
  };

  worker(scheduler& s, run_queue<>::sharing sharing) : home(s), queue(sharing) {}

  /// `item` runs next on this thread.
  void wake(void* item) noexcept;
  /// `item` runs on this thread after what is ready there.
  void put_last(void* item) noexcept;
  /// Whether anybody else could run now.
  bool has_others() const noexcept;

  void run() noexcept;

  scheduler& home;
  run_queue<> queue;
  std::atomic<std::uint64_t> runs{0};  // coroutines resumed so far; no partner: others compare two readings

  parker<>* bed = nullptr;      // while asleep; under the scheduler's lock
  worker* next_idle = nullptr;  // under the scheduler's lock
  bool was_roused = false;      // the scheduler's `coming_` is about this one
  unsigned fruitless = 0;       // looks in a row that found nothing, since when there was work
  std::vector<sight> sights;    // of the workers, by their numbers
  std::thread thread;
};

/// The worker whose thread this is.
inline constinit thread_local worker* this_worker = nullptr;

}  // namespace weir::detail
