// SQLite's write-ahead log, read without SQLite: which of its frames are good, and whether any was lost.
//
// SQLite reads frames up to the first that is not as it was written, and says nothing about those behind it.
// That is right for the end that a crash leaves, and wrong for a byte that flipped in the middle: whole
// commits vanish in silence. So the store looks first. Format: sqlite.org/fileformat2.html, "The Write-Ahead
// Log".
#pragma once

#include <weir/spill/byte_source.hpp>

#include <cstdint>
#include <map>
#include <vector>

namespace weir::detail {

inline constexpr std::size_t page_size = 4096;

struct log_contents {
  /// Page number -> where its newest committed content lies in the log.
  std::map<std::uint32_t, std::uint64_t> committed;
  /// The same of frames of this log that SQLite will not read, oldest first.
  struct frame {
    std::uint32_t page;
    std::uint64_t offset;
  };
  std::vector<frame> beyond;
  /// A commit lies beyond the first bad frame, so something that was accepted is missing.
  bool damaged = false;
  /// The last commit was not finished, or is damaged: these look alike.
  bool torn = false;
};

/// An empty log is no damage. O(size).
log_contents read_log(const byte_source& log);

}  // namespace weir::detail
