#include <weir/spill/opening.hpp>

#include <weir/spill/byte_source.hpp>
#include <weir/spill/log_file.hpp>
#include <weir/spill/rebuild.hpp>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace weir::detail {

namespace {

constexpr std::string_view magic("SQLite format 3\0", 16);
constexpr std::size_t header_size = 100;

enum class header_state { sound, damaged, foreign, later };

/// What the first bytes say, before SQLite sees them: it would write to a file that it can read.
header_state look_at(std::span<const std::byte, header_size> header, std::uint32_t& version) noexcept {
  const bool is_sqlite = std::memcmp(header.data(), magic.data(), magic.size()) == 0;
  const bool is_store = big_endian(header, 68, 4) == file_kind;
  version = big_endian(header, 60, 4);
  if (!is_sqlite && !is_store) return header_state::foreign;
  if (is_sqlite && is_store && version != file_version) return header_state::later;
  // Page size; read and write version: rollback journal or write-ahead log; no reserved bytes; UTF-8.
  const auto journal = [&](std::size_t at) {
    return big_endian(header, at, 1) == 1 || big_endian(header, at, 1) == 2;
  };
  const bool sound = is_sqlite && is_store && big_endian(header, 16, 2) == page_size && journal(18) &&
                     journal(19) && big_endian(header, 20, 1) == 0 && big_endian(header, 56, 4) == 1;
  return sound ? header_state::sound : header_state::damaged;
}

error refusal(const std::filesystem::path& file, header_state why, std::uint32_t version) {
  if (why == header_state::foreign) {
    return {errc::storage, file.string() + " is not a spill store of weir; use another directory"};
  }
  return {errc::storage, "the spill store " + file.string() + " has format version " +
                             std::to_string(version) + ", this weir knows " + std::to_string(file_version) +
                             "; use the weir that wrote it, or another directory"};
}

/// Whether the file must be rebuilt before SQLite may see it. Error: it is not ours to touch.
io_result<bool> must_rebuild(const store_files& files, opened_table& opened) {
  const auto file = bytes_of_file(files.jobs);
  if (!file) return std::unexpected(file.error());
  const auto log_bytes = bytes_of_file(files.log);
  if (!log_bytes) return std::unexpected(log_bytes.error());
  std::array<std::byte, header_size> header{};
  if (file->size < header_size || !file->read(0, header)) return true;
  std::uint32_t version = 0;
  const header_state state = look_at(header, version);
  if (state == header_state::foreign || state == header_state::later) {
    return std::unexpected(refusal(files.jobs, state, version));
  }
  const log_contents log = read_log(*log_bytes);
  opened.unfinished_commits = log.torn && !log.damaged ? 1 : 0;
  return state == header_state::damaged || log.damaged;
}

io_result<> rebuild_into(opened_table& opened, const store_files& files, const spill_options& options) {
  opened.table.reset();
  auto rows = rebuild(files);
  if (!rows) return std::unexpected(rows.error());
  ++opened.rebuilds;
  opened.damaged_rows = std::move(rows->damaged);
  bool damaged = false;
  auto table = job_table::open(files, options, damaged);
  if (!table) return std::unexpected(table.error());
  opened.table = std::move(*table);
  return {};
}

}  // namespace

io_result<opened_table> open_table(const store_files& files, const spill_options& options) {
  if (auto done = finish_rebuild(files); !done) return std::unexpected(done.error());
  opened_table opened;
  std::error_code ignored;
  if (!std::filesystem::exists(files.jobs, ignored) && !std::filesystem::exists(files.log, ignored)) {
    std::filesystem::remove(files.unfinished, ignored);
    if (auto made = make_file(files); !made) return std::unexpected(made.error());
  }
  auto damaged = must_rebuild(files, opened);
  if (!damaged) return std::unexpected(damaged.error());
  if (!*damaged) {
    bool found_damage = false;
    auto table = job_table::open(files, options, found_damage);
    if (!table && !found_damage) return std::unexpected(table.error());
    if (table) {
      opened.table = std::move(*table);
      if (auto sound = opened.table->verify(); !sound && !opened.table->has_damage()) {
        return std::unexpected(sound.error());
      }
    }
    if (opened.table && !opened.table->has_damage()) return opened;
  }
  if (auto done = rebuild_into(opened, files, options); !done) return std::unexpected(done.error());
  return opened;
}

io_result<opened_table> reopen_damaged(const store_files& files, const spill_options& options) {
  opened_table opened;
  if (auto done = rebuild_into(opened, files, options); !done) return std::unexpected(done.error());
  return opened;
}

}  // namespace weir::detail
