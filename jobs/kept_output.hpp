// What one job printed, until it may be printed.
//
// A value that is used for one job after the other; not thread-safe.
#pragma once

#include <jobs/process.hpp>
#include <jobs/spool.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::jobs {

struct kept_output {
  /// Bytes; the memory of a longer one is given back.
  static constexpr std::size_t usual_item = 65536;

  std::uint64_t seq = 0;
  std::string item;
  spool out;
  spool err;
  std::string note;  // a line about the job, for standard error, after its output

  spool& of(stream which) { return which == stream::out ? out : err; }
  std::uint64_t in_memory() const { return out.in_memory() + err.in_memory(); }
  std::size_t files() const { return (out.has_file() ? 1U : 0U) + (err.has_file() ? 1U : 0U); }
  bool nothing_to_print() const { return out.empty() && err.empty() && note.empty(); }
  void clear_streams() {
    out.clear();
    err.clear();
  }
  void clear() {
    clear_streams();
    note.clear();
    item.clear();
    if (item.capacity() > usual_item) item.shrink_to_fit();
  }
};

/// Whether the bytes end inside a line.
bool ends_inside_line(const spool&);

/// What is said about a job that weir ended, so that nobody takes its output for whole; a line, or nothing.
std::string note_about(std::uint64_t seq, std::string_view item, const process_result&);

}  // namespace weir::jobs
