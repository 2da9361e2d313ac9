// A job of a run as bytes: what the spill store keeps of it.
//
// Little endian whatever the machine: a version, the fault, then Seq, number of the first item, arrival and
// deadline in system time, the lane, the number of items and the length of each, then their bytes. Times
// become what is left of them in the process that reads: steady clocks of two boots have nothing in common.
//
// Invariant: bytes that encode has not written decode to nothing, or to a batch whose invariants hold.
// Thread-safe: pure functions.
#pragma once

#include <jobs/item.hpp>
#include <weir/spill/codec.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace weir {

template <>
struct codec<jobs::item_batch> {
  /// Appends. O(bytes of the items).
  static void encode(const jobs::item_batch&, std::vector<std::byte>& out);
  /// Nothing when it is of another version, or damaged.
  static std::optional<jobs::item_batch> decode(std::span<const std::byte>);
};

}  // namespace weir

namespace weir::jobs {

/// Seq of an encoded batch, without looking at the rest; nothing when it is none. O(1).
std::optional<std::uint64_t> encoded_seq(std::span<const std::byte>) noexcept;

/// What an encoded batch says of its items: how many, how long, their bytes; not when they came, nor in which
/// lane. Two batches have the same items when these are the same. O(1).
std::span<const std::byte> encoded_items(std::span<const std::byte>) noexcept;

}  // namespace weir::jobs
