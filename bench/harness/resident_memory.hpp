// How much memory this process holds, as the system sees it.
//
// Invariant: a peak is never below a sample taken. Source of the figure: the resident pages in
// /proc/self/statm, proc(5). Thread-safety: resident_bytes may be called from any thread; a memory_watch
// belongs to one.
#pragma once

#include <cstdint>
#include <optional>

namespace weir::bench {

/// Bytes of this process in memory now; none where the system does not say. One read of a file.
std::optional<std::uint64_t> resident_bytes();

/// Growth of this process's memory since the watch was made, and the most it has been at a sample.
class memory_watch {
 public:
  /// Gives free memory back to the system first, so that what an earlier run left behind is not counted, nor
  /// reused.
  memory_watch();

  /// Looks now: bytes above the start; 0 when below it; none where the system does not say.
  std::optional<std::uint64_t> sample();

  /// The largest sample so far.
  std::optional<std::uint64_t> peak() const noexcept { return peak_; }

 private:
  std::optional<std::uint64_t> start_;
  std::optional<std::uint64_t> peak_;
};

}  // namespace weir::bench
