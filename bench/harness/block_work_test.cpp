#include <bench/harness/block_work.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace weir::bench {
namespace {

std::uint64_t hash_of(std::string_view text) {
  return fnv1a({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// From the test vectors of the FNV draft.
TEST(block_work, the_hash_is_fnv_1a) {
  EXPECT_EQ(hash_of(""), 0xcbf29ce484222325);
  EXPECT_EQ(hash_of("a"), 0xaf63dc4c8601ec8c);
  EXPECT_EQ(hash_of("foobar"), 0x85944171f73967e8);
}

TEST(block_work, every_pass_depends_on_the_one_before) {
  const block b = make_block(7, {});
  const std::uint64_t once = stretched_hash(b, 1);
  EXPECT_EQ(once, fnv1a(*b.bytes));
  EXPECT_EQ(stretched_hash(b, 2), fnv1a(*b.bytes, once));
}

TEST(block_work, blocks_differ_by_their_seed_and_are_the_same_for_the_same_seed) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) seen.insert(stretched_hash(make_block(seed, {}), 1));
  EXPECT_EQ(seen.size(), 50u);
  EXPECT_EQ(*make_block(3, {}).bytes, *make_block(3, {}).bytes);
}

TEST(block_work, a_block_remembers_when_it_arrived) {
  const time_point then(std::chrono::seconds(5));
  EXPECT_EQ(make_block(0, then).arrived, then);
}

TEST(block_work, calibration_asks_for_about_as_much_work_as_was_wanted) {
  const workload small = calibrate(std::chrono::microseconds(500));
  const workload large = calibrate(std::chrono::milliseconds(4));
  EXPECT_GE(small.passes, 1u);
  EXPECT_GT(large.passes, small.passes);
  EXPECT_GT(large.service, small.service);
}

TEST(block_work, a_job_shorter_than_one_pass_is_one_pass) { EXPECT_EQ(calibrate(duration(1)).passes, 1u); }

}  // namespace
}  // namespace weir::bench
