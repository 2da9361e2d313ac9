#include <weir/spill/log_file.hpp>

#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <span>

namespace weir::detail {

namespace {

constexpr std::size_t log_header_size = 32;
constexpr std::size_t frame_header_size = 24;
constexpr std::size_t frame_size = frame_header_size + page_size;
constexpr std::uint32_t magic_little_endian = 0x377f0682;
constexpr std::uint32_t log_version = 3007000;

/// SQLite's running sum over pairs of words.
struct checksum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;

  void add(std::span<const std::byte> bytes) noexcept {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      std::array<std::uint32_t, 2> words{};
      std::memcpy(words.data(), bytes.data() + at, sizeof words);
      first += words[0] + second;
      second += words[1] + first;
    }
  }
  bool stands_at(std::span<const std::byte> bytes, std::size_t offset) const noexcept {
    return big_endian(bytes, offset, 4) == first && big_endian(bytes, offset + 4, 4) == second;
  }
};

struct salts {
  std::uint32_t first;
  std::uint32_t second;
  friend bool operator==(const salts&, const salts&) = default;
};

salts salts_at(std::span<const std::byte> bytes, std::size_t offset) noexcept {
  return {big_endian(bytes, offset, 4), big_endian(bytes, offset + 4, 4)};
}

using frame_bytes = std::array<std::byte, frame_size>;

struct opening {
  bool good = false;
  salts salt{};
  checksum sum;
};

/// What the header says; of a bad one, the salt of the first frame.
opening read_opening(const byte_source& log) {
  std::array<std::byte, log_header_size> header{};
  opening start;
  if (!log.read(0, header)) return start;
  start.sum.add(std::span(header).first(24));
  start.salt = salts_at(header, 16);
  start.good = big_endian(header, 0, 4) == magic_little_endian && big_endian(header, 4, 4) == log_version &&
               big_endian(header, 8, 4) == page_size && start.sum.stands_at(header, 24);
  std::array<std::byte, frame_header_size> frame{};
  if (!start.good && log.read(log_header_size, frame)) start.salt = salts_at(frame, 8);
  return start;
}

}  // namespace

log_contents read_log(const byte_source& log) {
  log_contents found;
  if (log.size < log_header_size + frame_size) return found;
  opening start = read_opening(log);
  bool chained = start.good;
  std::vector<log_contents::frame> open_commit;
  frame_bytes frame;
  for (std::uint64_t at = log_header_size; at + frame_size <= log.size; at += frame_size) {
    if (!log.read(at, frame)) break;
    const std::span all(frame);
    const bool ours = salts_at(all, 8) == start.salt;
    const log_contents::frame here{big_endian(all, 0, 4), at + frame_header_size};
    const bool commits = big_endian(all, 4, 4) != 0;
    if (chained) {
      start.sum.add(all.first(8));
      start.sum.add(all.subspan(frame_header_size));
      chained = ours && here.page != 0 && start.sum.stands_at(all, 16);
    }
    if (!chained) {
      // The rest of an older log, behind the end of this one, has other salts. A kill leaves one bad frame,
      // the last it wrote; what was committed behind it had been written before it went bad.
      found.damaged = found.damaged || (ours && commits && found.torn);
      found.torn = found.torn || ours;
      if (ours && here.page != 0) found.beyond.push_back(here);
      continue;
    }
    open_commit.push_back(here);
    if (!commits) continue;
    for (const auto& f : open_commit) found.committed[f.page] = f.offset;
    open_commit.clear();
  }
  found.torn = found.torn || !open_commit.empty();
  found.beyond.insert(found.beyond.begin(), open_commit.begin(), open_commit.end());
  return found;
}

}  // namespace weir::detail
