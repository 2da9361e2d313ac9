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
  std::optional<std::uint64_t> held;
  {
    std::vector<block> blocks;
    for (std::uint64_t i = 0; i < 512; ++i) blocks.push_back(make_block(i, {}));
    held = watch.sample();
  }
  const std::optional<std::uint64_t> released = watch.sample();
  ASSERT_TRUE(held && released && watch.peak());
  EXPECT_GE(*held, 31 * mib);
  EXPECT_LE(*released + 31 * mib, *held);
  EXPECT_EQ(watch.peak(), held);
}

TEST(resident_memory, a_new_watch_starts_from_nothing) {
  memory_watch watch;
  EXPECT_EQ(watch.peak(), 0u);
}

}  // namespace
}  // namespace weir::bench
