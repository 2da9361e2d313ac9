#include <bench/harness/pool_cell.hpp>

#include <algorithm>

namespace weir::bench {

std::uint64_t spin_of(duration time) {
  constexpr std::uint64_t rounds = 2000;
  duration shortest = duration::max();
  for (int i = 0; i < 2000; ++i) {
    const time_point before = clock::now();
    spin(rounds);
    shortest = std::min(shortest, clock::now() - before);
  }
  return std::max<std::uint64_t>(
      1, rounds * static_cast<std::uint64_t>(time.count()) /
             static_cast<std::uint64_t>(std::max<duration>(shortest, duration(1)).count()));
}

}  // namespace weir::bench
