// Room on the disk for what the log will write into the file: table.hpp says how much there must be, and why.
#include <weir/spill/log_file.hpp>
#include <weir/spill/record.hpp>
#include <weir/spill/table.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <string>
#include <system_error>

namespace weir::detail {

namespace {

constexpr std::uint64_t most_reserve = 8U << 20U;
constexpr std::uint64_t cell_overhead = 24;  // of a row, and of each page that a long one goes on on

/// No insert of these rows makes the file grow by more pages: a page that splits is half full at the least,
/// and does so where a lane ends.
std::uint64_t most_pages_for(std::span<const row> rows) noexcept {
  std::uint64_t bytes = 0;
  std::uint64_t pages = 4;
  std::size_t lane = 0;
  for (const row& r : rows) {
    bytes += r.record.size() + cell_overhead;
    if (lane_of(r.place) != lane) pages += 2;
    lane = lane_of(r.place);
  }
  return pages + bytes / (page_size / 2);
}

}  // namespace

job_table::job_table(const store_files& files, const spill_options& options)
    : file_(files.jobs), reserve_(files.reserve, std::min(most_reserve, options.max_bytes / 16)) {}

io_result<> job_table::secure_room(std::span<const row> rows) {
  const std::uint64_t coming = most_pages_for(rows);
  const std::uint64_t reserved = reserve_.size() / page_size;
  if (!reserve_.is_held() || estimated_growth_ + coming > reserved) {
    estimated_growth_ = growth();
    if (estimated_growth_ + coming > reserved) {
      write_back();
      estimated_growth_ = growth();
    }
    const std::uint64_t needed = estimated_growth_ + coming;
    const std::uint64_t beyond = needed > reserved ? (needed - reserved) * page_size : 0;
    if (!reserve_.hold(beyond)) {
      return std::unexpected(error(
          errc::storage,
          "the disk of " + file_.string() + " has no room for " + std::to_string(reserve_.size() + beyond) +
              " bytes more, which are kept for removing records; make room on it, and try again"));
    }
  }
  estimated_growth_ += coming;
  return {};
}

/// Pages that the file does not have yet, and will have when the log has been written into it.
std::uint64_t job_table::growth() noexcept {
  std::error_code failed;
  const std::uint64_t size = std::filesystem::file_size(file_, failed);
  const std::uint64_t there = failed ? 0 : size / page_size;
  const std::uint64_t pages = number(pages_);
  return pages - std::min(pages, there);
}

/// Writes the log into the file, and keeps the log's blocks: they are written over. What fails shows where
/// the room is needed.
void job_table::write_back() noexcept {
  sqlite3_wal_checkpoint_v2(db_.raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

}  // namespace weir::detail
