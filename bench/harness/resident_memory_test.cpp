#include <bench/harness/resident_memory.hpp>

#include <gtest/gtest.h>
#include <bench/harness/block_work.hpp>

#include <vector>

namespace weir::bench {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

TEST(resident_memory, a_running_program_has_some) {
  ASSERT_TRUE(resident_bytes());
  EXPECT_GT(*resident_bytes(), mib / 4);
}

TEST(resident_memory, grows_by_what_is_written_to_and_keeps_the_peak) {
  memory_watch watch;
  {
    std::vector<block> blocks;
    for (std::uint64_t i = 0; i < 512; ++i) blocks.push_back(make_block(i, {}));
    const auto held = watch.sample();
    ASSERT_TRUE(held);
    EXPECT_GE(*held, 31 * mib);
    EXPECT_LE(*held, 64 * mib);
  }
  watch.sample();
  ASSERT_TRUE(watch.peak());
  EXPECT_GE(*watch.peak(), 31 * mib);
}

TEST(resident_memory, a_new_watch_starts_from_nothing) {
  memory_watch watch;
  EXPECT_EQ(watch.peak(), 0u);
}

}  // namespace
}  // namespace weir::bench
