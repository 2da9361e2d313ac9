// Threads that start together, and the time from their start to the last one's end. Making and joining
// threads is not in it.
#pragma once

#include <weir/base/time.hpp>

#include <algorithm>
#include <barrier>
#include <cstddef>
#include <thread>
#include <vector>

namespace bench {

struct lap {
  weir::time_point start;
  weir::time_point end;
};

/// Runs runner(0) .. runner(threads - 1), each on its own thread, and waits for them.
template <class Runner>
lap race(std::size_t threads, Runner runner) {
  lap result{};
  std::vector<weir::time_point> ends(threads);
  // The last to arrive reads the clock before anyone runs: a starter of its own could come too late.
  std::barrier gate(static_cast<std::ptrdiff_t>(threads),
                    [&result]() noexcept { result.start = weir::clock::now(); });
  {
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < threads; ++i)
      running.emplace_back([&, i] {
        gate.arrive_and_wait();
        runner(i);
        ends[i] = weir::clock::now();
      });
  }
  result.end = *std::ranges::max_element(ends);
  return result;
}

inline double seconds(weir::duration d) { return std::chrono::duration<double>(d).count(); }

}  // namespace bench
