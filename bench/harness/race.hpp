// Threads that start together: the time from their start to the last one's end, and what the process used in
// it. Making and joining threads is not in it.
//
// Invariant: the last thread to arrive runs `begin` before anyone runs (a starter of its own could come too
// late), the last to end reads clock and usage when it has ended.
#pragma once

#include <bench/harness/reading.hpp>

#include <atomic>
#include <barrier>
#include <cstddef>
#include <thread>
#include <vector>

namespace weir::bench {

/// Calls begin() when all threads are there, then runner(0) .. runner(threads - 1), each on its own thread,
/// and waits for them.
template <class Begin, class Runner>
void start_together(std::size_t threads, Begin begin, Runner runner) {
  std::barrier gate(static_cast<std::ptrdiff_t>(threads), [&begin]() noexcept { begin(); });
  std::vector<std::jthread> runners;
  runners.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i)
    runners.emplace_back([&, i] {
      gate.arrive_and_wait();
      runner(i);
    });
  for (std::jthread& r : runners) r.join();  // before the barrier goes
}

template <class Runner>
spent race(std::size_t threads, Runner runner) {
  stopwatch watch;
  spent result{};
  std::atomic<std::size_t> running = threads;
  start_together(
      threads, [&] { watch.restart(); },
      [&](std::size_t i) {
        runner(i);
        if (running.fetch_sub(1, std::memory_order_acq_rel) == 1) result = watch.read();
      });
  return result;
}

}  // namespace weir::bench
