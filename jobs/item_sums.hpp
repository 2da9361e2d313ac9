// What the items of many jobs were, in a few bytes: enough to tell that an input is not the one it was.
//
// A sum for each stretch of Seqs that are one block, over those that were added. A sum does not know the
// order of its parts, so they come in whatever order; each part knows its Seq, so two items that change
// places change it. Invariant: at most `most` sums are kept, when they are added nearly in order; blocks
// double whenever that is reached. So memory is bounded whatever the number of jobs, and of few jobs the one
// that changed can be named. Good within one process. For one thread.
#pragma once

#include <jobs/item.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace weir::jobs {

class item_sums {
 public:
  /// 4 MiB of them; up to half as many jobs are each a block.
  static constexpr std::size_t enough = std::size_t{1} << 18;

  /// `most`: at least 2, or 0 for none at all.
  explicit item_sums(std::size_t most = enough) : most_(most) {}

  bool keeps_any() const noexcept { return most_ > 0; }

  /// The part of a job, from what item_codec.hpp has written of it. O(bytes).
  static std::uint64_t part_of(std::uint64_t seq, std::span<const std::byte> encoded);
  static std::uint64_t part_of(const item_batch&);

  /// Each Seq once. Amortized O(1).
  void add(std::uint64_t seq, std::uint64_t part);
  /// After the last add and before the first question.
  void finish();

  /// The sum over those that were added of the block that holds `seq`; 0 for none. O(log blocks).
  std::uint64_t of_block(std::uint64_t seq) const noexcept;
  std::uint64_t first_of_block(std::uint64_t seq) const noexcept { return seq >> shift_ << shift_; }
  std::uint64_t last_of_block(std::uint64_t seq) const noexcept {
    return first_of_block(seq) + (std::uint64_t{1} << shift_) - 1;
  }

 private:
  void merge();

  std::size_t most_;
  unsigned shift_ = 0;                                         // a block is 2^shift_ Seqs
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sums_;  // block and sum; by block when finished
};

}  // namespace weir::jobs
