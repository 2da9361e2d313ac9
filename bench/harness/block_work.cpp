#include <bench/harness/block_work.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace weir::bench {

void block::unmap::operator()(content* mapped) const noexcept { munmap(mapped, block_bytes); }

namespace {

std::unique_ptr<block::content, block::unmap> map_content() {
  void* const mapped = mmap(nullptr, block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  return std::unique_ptr<block::content, block::unmap>(static_cast<block::content*>(mapped));
}

}  // namespace

block make_block(std::uint64_t seed, time_point arrived) {
  block b{map_content(), arrived};
  // xorshift64 (G. Marsaglia, 2003): needs a state other than 0.
  std::uint64_t state = seed * 2 + 1;
  for (std::size_t at = 0; at < block_bytes; at += sizeof state) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    std::memcpy(b.bytes->data() + at, &state, sizeof state);
  }
  return b;
}

std::uint64_t fnv1a(std::span<const std::uint8_t> bytes, std::uint64_t state) noexcept {
  for (const std::uint8_t byte : bytes) state = (state ^ byte) * 0x100000001b3;
  return state;
}

std::uint64_t stretched_hash(const block& b, unsigned passes) noexcept {
  std::uint64_t state = fnv1a(*b.bytes);
  for (unsigned pass = 1; pass < passes; ++pass) state = fnv1a(*b.bytes, state);
  return state;
}

workload calibrate(duration service) {
  const block sample = make_block(1, {});
  duration pass = duration::max();
  for (int i = 0; i < 200; ++i) {
    const time_point begin = clock::now();
    // Written where the compiler must assume it is read, or it would leave the work out.
    [[maybe_unused]] volatile std::uint64_t sink = stretched_hash(sample, 1);
    pass = std::min<duration>(pass, clock::now() - begin);
  }
  pass = std::max(pass, duration(1));
  const std::int64_t passes = std::clamp<std::int64_t>(service / pass, 1, 1'000'000);
  return {static_cast<unsigned>(passes), passes * pass};
}

}  // namespace weir::bench
