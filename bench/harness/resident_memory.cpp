#include <bench/harness/resident_memory.hpp>

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace weir::bench {

std::optional<std::uint64_t> resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  if (!(statm >> total >> resident)) return std::nullopt;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

memory_watch::memory_watch() {
  malloc_trim(0);
  start_ = resident_bytes();
  if (start_) peak_ = 0;
}

std::optional<std::uint64_t> memory_watch::sample() {
  const std::optional<std::uint64_t> now = start_ ? resident_bytes() : std::nullopt;
  if (!now) return std::nullopt;
  const std::uint64_t growth = *now > *start_ ? *now - *start_ : 0;
  peak_ = std::max(*peak_, growth);
  return growth;
}

}  // namespace weir::bench
