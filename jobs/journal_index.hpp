// What a journal says has finished: read once, kept in 16 bytes a job, asked in the order of the jobs.
//
// Bytes are fed as they come from the file. Invariants: memory is bounded by the number of whole records and
// the longest line, whatever the bytes are; a line that is no record is counted and passed over; bytes behind
// the last newline are of a line that was torn, and count as nothing. For one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::jobs {

class journal_index {
 public:
  /// A line longer than this is damage.
  static constexpr std::size_t longest_line = std::size_t{16} << 20;
  /// So many damaged lines are kept by number.
  static constexpr std::size_t most_named = 5;

  class entry {
   public:
    entry(std::uint64_t seq, std::uint64_t offset, bool succeeded) noexcept
        : seq_(seq), place_(offset << 1 | (succeeded ? 1 : 0)) {}
    std::uint64_t seq() const noexcept { return seq_; }
    /// Of its line, from the beginning of the file.
    std::uint64_t offset() const noexcept { return place_ >> 1; }
    bool succeeded() const noexcept { return (place_ & 1) != 0; }

   private:
    std::uint64_t seq_;
    std::uint64_t place_;
  };

  /// The next bytes of the file.
  void feed(std::string_view bytes);

  /// After the last byte: sorts. Of a job that stands there several times the last record counts.
  void finish();

  /// By Seq, each once.
  std::span<const entry> entries() const noexcept { return entries_; }

  /// Of the job with this number, or null; after finish. O(log entries).
  const entry* find(std::uint64_t seq) const noexcept;

  /// Whether the bytes are a journal, or nothing yet: the header or a record was seen, or no more than the
  /// beginning of a header.
  bool is_journal() const noexcept;
  bool has_header() const noexcept { return has_header_; }

  /// Where the last whole line ends; what follows is torn.
  std::uint64_t whole_bytes() const noexcept { return line_offset_; }
  std::uint64_t torn_bytes() const noexcept { return size_ - line_offset_; }

  /// Lines that are no records, and the numbers, from 1, of the first of them.
  std::uint64_t damaged() const noexcept { return damaged_; }
  std::span<const std::uint64_t> damaged_lines() const noexcept { return damaged_lines_; }

 private:
  void end_line(std::string_view line);

  std::vector<entry> entries_;
  std::vector<std::uint64_t> damaged_lines_;
  std::uint64_t damaged_ = 0;
  std::uint64_t lines_ = 0;        // ended so far
  std::uint64_t line_offset_ = 0;  // where the line begins that has not ended
  std::uint64_t size_ = 0;         // bytes fed
  std::string carried_;            // the beginning of that line, as far as it came before
  bool too_long_ = false;          // carried_ was given up
  bool has_header_ = false;
};

}  // namespace weir::jobs
