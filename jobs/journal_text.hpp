// A journal's lines, read again by where they stand in the file.
//
// They are asked for in the order of the jobs, which is nearly that of the file: a window of it is kept, so
// that a million lines cost a few thousand reads. The file may grow meanwhile; what stands in it stays. For
// one thread.
#pragma once

#include <jobs/journal_index.hpp>
#include <weir/base/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::jobs {

class journal_text {
 public:
  /// `descriptor` can be read at any place; not owned. `name` is the file in messages.
  journal_text(int descriptor, std::string name);

  /// The whole file. O(bytes); in memory what journal_index keeps.
  io_result<journal_index> read_index();

  /// The line that begins at `offset`, without its newline; valid until the next call.
  io_result<std::string_view> line_at(std::uint64_t offset);

  /// The number of the line that begins at `offset`, from 1. O(offset): for a message.
  io_result<std::uint64_t> number_of_line_at(std::uint64_t offset);

  const std::string& name() const noexcept { return name_; }

 private:
  io_result<> fill(std::uint64_t offset, std::size_t bytes);
  io_result<std::string_view> block_at(std::uint64_t offset);

  static constexpr std::size_t block = std::size_t{64} << 10;

  const int descriptor_;
  const std::string name_;
  std::string window_;
  std::uint64_t window_offset_ = 0;
};

}  // namespace weir::jobs
