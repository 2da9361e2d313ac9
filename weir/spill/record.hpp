// A record as bytes, and where it stands in the store.
//
// The place is the row's number in the file: the lane in its upper bits, below it the number of the append,
// which counts up over all lanes; so a lane's rows lie together in the order of their appends, and lanes can
// be merged in it.
//
// The bytes: the checksum (4, little-endian), a byte of flags, the id as a variable-length number (7 bits a
// byte, the lowest first), then, each only if its flag says so, key, cost (variable-length) and deadline (8,
// little-endian nanoseconds), then the payload. Invariant: the checksum is over all that follows it and then
// the place: content of another place, or of another moment, is never taken for this record's.
#pragma once

#include <weir/spill/store.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weir::detail {

inline constexpr unsigned number_bits = 48;
inline constexpr std::uint64_t number_mask = (1ULL << number_bits) - 1;

/// Where the append of this number stands in its lane. Lane below spill_store::max_lanes.
constexpr std::uint64_t place_of(std::size_t lane, std::uint64_t number) noexcept {
  return static_cast<std::uint64_t>(lane) << number_bits | number;
}
constexpr std::size_t lane_of(std::uint64_t place) noexcept {
  return static_cast<std::size_t>(place >> number_bits);
}
constexpr std::uint64_t number_of(std::uint64_t place) noexcept { return place & number_mask; }

/// A record's bytes behind their checksum, and the checksum so far: the place is not known yet.
struct sealed_record {
  std::size_t offset = 0;  ///< of the checksum in the buffer
  std::size_t size = 0;
  std::uint32_t checksum = 0;
};

/// Appends the bytes of `r` to `out`, with room for the checksum.
sealed_record encode(const spill_store::record& r, std::vector<std::byte>& out);

/// Completes the checksum with the place, and writes it.
void seal(std::span<std::byte> bytes, const sealed_record& sealed, std::uint64_t place) noexcept;

/// The record, its payload a part of `bytes`; nothing when they are not what was written at this place.
std::optional<spill_store::record> decode(std::span<const std::byte> bytes, std::uint64_t place) noexcept;

/// The id that these bytes, which are not whole, seem to have; 0 when there is none.
std::uint64_t apparent_id(std::span<const std::byte> bytes) noexcept;

}  // namespace weir::detail
