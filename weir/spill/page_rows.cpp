#include <weir/spill/page_rows.hpp>

#include <algorithm>
#include <optional>

namespace weir::detail {

namespace {

constexpr std::size_t page_header_size = 8;
constexpr std::byte leaf_of_table{0x0D};
constexpr std::size_t most_local = page_size - 35;
constexpr std::size_t least_local = (page_size - 12) * 32 / 255 - 23;
constexpr std::size_t overflow_content = page_size - 4;

/// Reads SQLite's variable-length numbers, and never beyond its bytes.
class cell_reader {
 public:
  explicit cell_reader(std::span<const std::byte> bytes) noexcept : rest_(bytes) {}

  std::optional<std::uint64_t> number() noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 9 && i < rest_.size(); ++i) {
      const auto digit = std::to_integer<std::uint64_t>(rest_[i]);
      if (i == 8) {
        rest_ = rest_.subspan(9);
        return value << 8U | digit;
      }
      value = value << 7U | (digit & 0x7FU);
      if (digit < 0x80U) {
        rest_ = rest_.subspan(i + 1);
        return value;
      }
    }
    return std::nullopt;
  }
  std::span<const std::byte> rest() const noexcept { return rest_; }

 private:
  std::span<const std::byte> rest_;
};

/// How much of a row of this length lies on its page.
std::size_t local_size(std::uint64_t length) noexcept {
  if (length <= most_local) return static_cast<std::size_t>(length);
  const auto wanted = static_cast<std::size_t>(least_local + (length - least_local) % overflow_content);
  return wanted <= most_local ? wanted : least_local;
}

/// Appends what lies on further pages. What is missing is left out: the checksum will tell.
void append_overflow(std::vector<std::byte>& payload, std::uint64_t length, std::uint32_t next,
                     const page_reader& read) {
  page_bytes page;
  while (payload.size() < length && next != 0 && read(next, page)) {
    const std::size_t part = std::min<std::uint64_t>(length - payload.size(), overflow_content);
    payload.insert(payload.end(), page.begin() + 4, page.begin() + 4 + static_cast<std::ptrdiff_t>(part));
    next = big_endian(page, 0, 4);
  }
}

/// The record of a row of `jobs`: its columns are a NULL, which stands for the place, and bytes.
std::optional<std::span<const std::byte>> record_of(std::span<const std::byte> payload) noexcept {
  cell_reader in(payload);
  const auto header = in.number();
  const auto place = in.number();
  const auto type = in.number();
  if (!header || !place || !type || *place != 0 || *type < 12 || *type % 2 != 0) return std::nullopt;
  if (payload.size() - in.rest().size() != *header) return std::nullopt;
  const std::uint64_t size = (*type - 12) / 2;
  return in.rest().first(static_cast<std::size_t>(std::min<std::uint64_t>(size, in.rest().size())));
}

void read_cell(std::span<const std::byte> cell, std::uint64_t longest, const page_reader& read,
               const row_finder& found) {
  cell_reader in(cell);
  const auto length = in.number();
  const auto place = in.number();
  if (!length || !place || *length > longest) return;
  const std::size_t local = local_size(*length);
  const bool goes_on = local < *length;
  if (in.rest().size() < local + (goes_on ? 4 : 0)) return;
  std::vector<std::byte> joined;
  std::span<const std::byte> payload = in.rest().first(local);
  if (goes_on) {
    joined.assign(payload.begin(), payload.end());
    append_overflow(joined, *length, big_endian(in.rest(), local, 4), read);
    payload = joined;
  }
  if (const auto record = record_of(payload)) found(*place, *record);
}

}  // namespace

void rows_of_page(std::span<const std::byte, page_size> page, std::uint64_t longest, const page_reader& read,
                  const row_finder& found) {
  if (page[0] != leaf_of_table) return;  // page 1 begins with the file's header: it holds the names of tables
  const std::size_t cells = std::min<std::size_t>(big_endian(page, 3, 2), (page_size - page_header_size) / 2);
  for (std::size_t i = 0; i < cells; ++i) {
    const std::size_t start = big_endian(page, page_header_size + 2 * i, 2);
    if (start >= page_header_size && start < page_size) read_cell(page.subspan(start), longest, read, found);
  }
}

std::vector<bool> free_pages(std::span<const std::byte, page_size> header, std::uint32_t pages,
                             const page_reader& read) {
  std::vector<bool> free(static_cast<std::size_t>(pages) + 1);
  std::uint32_t trunk = big_endian(header, 32, 4);
  page_bytes page;
  while (trunk != 0 && trunk <= pages && !free[trunk] && read(trunk, page)) {
    free[trunk] = true;
    const std::size_t listed = std::min<std::size_t>(big_endian(page, 4, 4), page_size / 4 - 2);
    for (std::size_t i = 0; i < listed; ++i) {
      const std::uint32_t leaf = big_endian(page, 8 + 4 * i, 4);
      if (leaf != 0 && leaf <= pages) free[leaf] = true;
    }
    trunk = big_endian(page, 0, 4);
  }
  return free;
}

}  // namespace weir::detail
