// The work of the floods: hashing blocks of 64 KiB, so often that the workers cannot keep up with what
// arrives.
//
// Invariant: a block is 64 KiB mapped for it alone, every page of it written, and given back to the system
// when it ends, so that a queue of blocks weighs what it says it weighs: an allocator would keep what one
// flood freed, and the next flood would seem to need nothing. Thread-safety: pure functions; a block belongs
// to one thread at a time.
#pragma once

#include <weir/base/time.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <span>

namespace weir::bench {

inline constexpr std::size_t block_bytes = std::size_t{64} << 10;

/// One job: the block, and when it came to our door, which may be before there was anybody to take it in.
struct block {
  using content = std::array<std::uint8_t, block_bytes>;
  struct unmap {
    void operator()(content*) const noexcept;
  };
  std::unique_ptr<content, unmap> bytes;
  time_point arrived;
};

/// A block whose content follows from `seed`. Throws std::bad_alloc. O(block_bytes).
block make_block(std::uint64_t seed, time_point arrived);

/// 64-bit FNV-1a, going on from `state`.
/// Source: G. Fowler, L. C. Noll, K.-P. Vo, D. Eastlake, "The FNV Non-Cryptographic Hash Algorithm", IETF
/// draft.
std::uint64_t fnv1a(std::span<const std::uint8_t> bytes, std::uint64_t state = 0xcbf29ce484222325) noexcept;

/// The block hashed `passes` times, each pass starting from the last one's result, as key stretching does.
std::uint64_t stretched_hash(const block& b, unsigned passes) noexcept;

/// How much work makes one job, and how long that takes here.
struct workload {
  unsigned passes;   ///< at least 1
  duration service;  ///< of one job on an idle processor, at least 1 ns
};

/// Finds the passes that take about `service` on this machine, in some 20 ms. It takes the shortest of many
/// passes, which others on the machine can hardly lengthen: what they take makes a flood stronger than asked
/// for, never weaker.
workload calibrate(duration service);

}  // namespace weir::bench
