// A record's bytes: nothing is read beyond them, and what is taken for a record is written as the same bytes.
#include <tests/fuzz/check.hpp>
#include <weir/spill/crc32c.hpp>
#include <weir/spill/record.hpp>

#include <algorithm>
#include <cstring>

namespace {

using namespace weir;

/// With a checksum that fits, or hardly anything would be read behind it.
std::vector<std::byte> with_checksum(std::span<const std::byte> bytes, std::uint64_t place) {
  std::vector<std::byte> out(bytes.begin(), bytes.end());
  const detail::sealed_record sealed{0, out.size(), detail::crc32c(std::span(out).subspan(4))};
  detail::seal(out, sealed, place);
  return out;
}

void read(std::span<const std::byte> bytes, std::uint64_t place) {
  static_cast<void>(detail::apparent_id(bytes));
  const auto record = detail::decode(bytes, place);
  if (!record) return;
  std::vector<std::byte> again;
  const auto sealed = detail::encode(*record, again);
  detail::seal(again, sealed, place);
  const auto same = detail::decode(again, place);
  fuzz::require(same && same->id == record->id && same->key == record->key && same->cost == record->cost &&
                    same->deadline == record->deadline && std::ranges::equal(same->payload, record->payload),
                "a record is read back as it is written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const std::uint64_t place = detail::place_of(size % 7, size);
  read(bytes, place);
  if (size > 4) read(with_checksum(bytes, place), place);
  return 0;
}
