// Room on the disk for what the log will write into the file: table.hpp says how much there must be, and why.
#include <weir/spill/log_file.hpp>
#include <weir/spill/record.hpp>
#include <weir/spill/table.hpp>

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
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
    if (beyond != 0 && is_beyond_bound(rows)) return std::unexpected(full());
    if (const std::error_code failed = reserve_.hold(beyond)) {
      if (may_be_beyond_bound(rows)) return std::unexpected(full());
      return std::unexpected(no_reserve(failed, reserve_.size() + beyond));
    }
  }
  estimated_growth_ += coming;
  return {};
}

error job_table::no_reserve(std::error_code why, std::uint64_t bytes) const {
  const std::string what = "cannot keep " + std::to_string(bytes) + " bytes beside " + file_.string() +
                           " for removing records: " + why.message();
  if (why == std::errc::file_too_large)  // a bound like another, if it was there at the opening
    return {bounded_by_limit_ ? make_error_code(errc::full) : make_error_code(errc::storage),
            what + "; raise the limit of file sizes (ulimit -f), or append fewer at once"};
  if (why == std::errc::no_space_on_device || why.value() == EDQUOT)
    return {errc::storage, what + "; make room on its disk, and try again"};
  return {errc::storage, what + "; look at the disk and at the permissions of the directory"};
}

/// Whether the rows need more than the file may take, however well they fill its pages.
bool job_table::is_beyond_bound(std::span<const row> rows) noexcept {
  std::uint64_t bytes = 0;
  for (const row& r : rows) bytes += r.record.size();
  return number(pages_) + bytes / page_size > max_pages_ + number(free_pages_) + 1;
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
