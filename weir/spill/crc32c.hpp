// CRC-32C (Castagnoli), the checksum of iSCSI (RFC 3720, B.4): finds every burst of up to 32 flipped bits.
//
// Invariant: crc32c(ab) == crc32c(b, crc32c(a)). Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::detail {

/// The checksum of `bytes`, or of what has the checksum `before` followed by `bytes`. By the processor's
/// instruction where it has one. O(size).
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0) noexcept;

/// The same by a table, on every processor.
std::uint32_t crc32c_by_table(std::span<const std::byte> bytes, std::uint32_t before = 0) noexcept;

}  // namespace weir::detail
