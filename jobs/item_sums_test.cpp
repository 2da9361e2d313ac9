#include <jobs/item_codec.hpp>
#include <jobs/item_sums.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace weir::jobs {
namespace {

item_batch job(std::uint64_t seq, const std::vector<std::string>& items) {
  item_batch batch;
  batch.seq = seq;
  for (const std::string& item : items) batch.push(item);
  return batch;
}

void add(item_sums& sums, const item_batch& batch) { sums.add(batch.seq, item_sums::part_of(batch)); }

TEST(item_sums, a_part_is_of_the_items_and_the_number_whatever_else_the_job_is) {
  const std::uint64_t part = item_sums::part_of(job(7, {"a", "b"}));
  item_batch later = job(7, {"a", "b"});
  later.lane = 3;
  later.arrived = clock::now();
  later.deadline = later.arrived;
  EXPECT_EQ(item_sums::part_of(later), part);
  EXPECT_NE(item_sums::part_of(job(8, {"a", "b"})), part);
  EXPECT_NE(item_sums::part_of(job(7, {"a", "c"})), part);
  EXPECT_NE(item_sums::part_of(job(7, {"ab"})), part);
  EXPECT_NE(item_sums::part_of(job(7, {"a b"})), part);
  EXPECT_NE(item_sums::part_of(job(7, {"ab", ""})), part);
}

TEST(item_sums, few_jobs_are_each_a_block) {
  item_sums sums;
  add(sums, job(3, {"c"}));
  add(sums, job(9, {"i"}));
  sums.finish();
  EXPECT_EQ(sums.first_of_block(9), 9U);
  EXPECT_EQ(sums.last_of_block(9), 9U);
  EXPECT_EQ(sums.of_block(3), item_sums::part_of(job(3, {"c"})));
  EXPECT_EQ(sums.of_block(4), 0U);
  EXPECT_EQ(item_sums().of_block(1), 0U);
}

TEST(item_sums, blocks_grow_instead_of_their_number) {
  item_sums sums(64);
  for (std::uint64_t seq = 1; seq <= 10'000; ++seq) sums.add(seq, seq);
  sums.finish();
  const std::uint64_t size = sums.last_of_block(5000) - sums.first_of_block(5000) + 1;
  EXPECT_GE(size, 10'000U / 64);
  EXPECT_LE(size, 4 * 10'000U / 64);
  std::uint64_t expected = 0;
  for (std::uint64_t seq = sums.first_of_block(5000); seq <= sums.last_of_block(5000); ++seq) expected += seq;
  EXPECT_EQ(sums.of_block(5000), expected);
}

TEST(item_sums, items_that_change_places_change_the_sum_of_their_block) {
  const auto sum = [](const std::string& one, const std::string& two) {
    return item_sums::part_of(job(4, {one})) + item_sums::part_of(job(5, {two}));
  };
  EXPECT_NE(sum("x", "y"), sum("y", "x"));
}

// A lane is read after the other, so the order is not that of the numbers.
RC_GTEST_PROP(item_sums, are_the_same_in_whatever_order, (const std::vector<std::uint16_t>& numbers)) {
  std::vector<std::uint16_t> each = numbers;
  std::ranges::sort(each);
  each.erase(std::ranges::unique(each).begin(), each.end());
  item_sums in_order(16);
  item_sums backwards(16);
  for (const std::uint64_t seq : each) in_order.add(seq, seq * seq + 1);
  std::ranges::reverse(each);
  for (const std::uint64_t seq : each) backwards.add(seq, seq * seq + 1);
  in_order.finish();
  backwards.finish();
  std::uint64_t whole = 0;
  std::uint64_t found = 0;
  for (const std::uint64_t seq : each) whole += seq * seq + 1;
  for (std::uint64_t seq = 0; seq < 65'536; seq = backwards.last_of_block(seq) + 1)
    found += backwards.of_block(seq);
  RC_ASSERT(found == whole);
  if (in_order.last_of_block(0) != backwards.last_of_block(0)) return;
  for (const std::uint64_t seq : each) RC_ASSERT(in_order.of_block(seq) == backwards.of_block(seq));
}

}  // namespace
}  // namespace weir::jobs
