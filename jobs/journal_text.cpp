#include <jobs/journal_text.hpp>

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

namespace weir::jobs {

journal_text::journal_text(int descriptor, std::string name)
    : descriptor_(descriptor), name_(std::move(name)) {}

// The window begins at `offset` and holds so many bytes, fewer at the end of the file.
io_result<> journal_text::fill(std::uint64_t offset, std::size_t bytes) {
  window_.resize(bytes);
  window_offset_ = offset;
  std::size_t got = 0;
  while (got < bytes) {
    const ssize_t n =
        ::pread(descriptor_, window_.data() + got, bytes - got, static_cast<off_t>(offset + got));
    if (n == 0) break;
    if (n > 0) {
      got += static_cast<std::size_t>(n);
    } else if (errno != EINTR) {
      const std::error_code code(errno, std::generic_category());
      window_.clear();
      return std::unexpected(error(code, fmt::format("cannot read {}: {}", name_, code.message())));
    }
  }
  window_.resize(got);
  return {};
}

io_result<std::string_view> journal_text::block_at(std::uint64_t offset) {
  if (const auto filled = fill(offset, block); !filled) return std::unexpected(filled.error());
  return std::string_view(window_);
}

io_result<journal_index> journal_text::read_index() {
  journal_index index;
  for (std::uint64_t at = 0;;) {
    const auto bytes = block_at(at);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) break;
    index.feed(*bytes);
    at += bytes->size();
  }
  index.finish();
  return index;
}

io_result<std::string_view> journal_text::line_at(std::uint64_t offset) {
  const bool inside = offset >= window_offset_ && offset < window_offset_ + window_.size();
  if (inside) {
    const std::string_view rest = std::string_view(window_).substr(offset - window_offset_);
    if (const std::size_t end = rest.find('\n'); end != std::string_view::npos) return rest.substr(0, end);
  }
  for (std::size_t bytes = block; bytes <= 2 * journal_index::longest_line; bytes *= 2) {
    if (const auto filled = fill(offset, bytes); !filled) return std::unexpected(filled.error());
    const std::size_t end = window_.find('\n');
    if (end != std::string::npos) return std::string_view(window_).substr(0, end);
    if (window_.size() < bytes) break;
  }
  return std::unexpected(error(std::errc::io_error, name_ + " was changed while it was read"));
}

io_result<std::uint64_t> journal_text::number_of_line_at(std::uint64_t offset) {
  std::uint64_t number = 1;
  for (std::uint64_t at = 0; at < offset;) {
    const auto bytes = block_at(at);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) break;
    const std::string_view before = bytes->substr(0, std::min<std::uint64_t>(bytes->size(), offset - at));
    number += static_cast<std::uint64_t>(std::ranges::count(before, '\n'));
    at += before.size();
  }
  return number;
}

}  // namespace weir::jobs
