#include <jobs/journal_index.hpp>
#include <jobs/journal_record.hpp>

#include <algorithm>

namespace weir::jobs {

void journal_index::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    const bool whole = end != std::string_view::npos;
    size_ += part.size() + (whole ? 1 : 0);
    bytes.remove_prefix(part.size() + (whole ? 1 : 0));
    if (whole && carried_.empty() && !too_long_) {
      end_line(part);
    } else {
      too_long_ = too_long_ || carried_.size() + part.size() > longest_line;
      if (too_long_)
        carried_.clear();
      else
        carried_ += part;
      if (whole) end_line(carried_);
    }
  }
}

void journal_index::end_line(std::string_view line) {
  ++lines_;
  const auto record = too_long_ ? std::nullopt : parse_journal_line(line);
  if (record) {
    entries_.emplace_back(record->seq, line_offset_, record->succeeded);
  } else if (lines_ == 1 && line == journal_header) {
    has_header_ = true;
  } else {
    ++damaged_;
    if (damaged_lines_.size() < most_named) damaged_lines_.push_back(lines_);
  }
  line_offset_ = size_;
  carried_.clear();
  too_long_ = false;
}

void journal_index::finish() {
  // By place, too: of two lines for one job the later counts. (A stable sort's buffer is deprecated for
  // clang.)
  const auto before = [](const entry& a, const entry& b) {
    return a.seq() != b.seq() ? a.seq() < b.seq() : a.offset() < b.offset();
  };
  if (!std::ranges::is_sorted(entries_, before)) std::ranges::sort(entries_, before);
  std::size_t kept = 0;
  for (const entry& e : entries_) {
    if (kept > 0 && entries_[kept - 1].seq() == e.seq()) --kept;
    entries_[kept++] = e;
  }
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(kept), entries_.end());
}

const journal_index::entry* journal_index::find(std::uint64_t seq) const noexcept {
  const auto at = std::ranges::lower_bound(entries_, seq, {}, &entry::seq);
  return at != entries_.end() && at->seq() == seq ? &*at : nullptr;
}

bool journal_index::is_journal() const noexcept {
  if (has_header_ || !entries_.empty()) return true;
  return damaged_ == 0 && !too_long_ && journal_header.starts_with(carried_);
}

}  // namespace weir::jobs
