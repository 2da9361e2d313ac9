#include <weir/control/fair_share.hpp>

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir::control {
namespace {

std::vector<fair_share::key> picks(fair_share& share, std::size_t n) {
  std::vector<fair_share::key> all;
  for (; n > 0; --n)
    if (const auto key = share.pick()) all.push_back(*key);
  return all;
}

using keys = std::vector<fair_share::key>;

TEST(fair_share, one_key_is_first_in_first_out_and_then_there_is_none) {
  fair_share share;
  EXPECT_EQ(share.pick(), std::nullopt);
  share.push(7);
  share.push(7, 5);
  EXPECT_EQ(share.size(), 2);
  EXPECT_EQ(picks(share, 3), (keys{7, 7}));
  EXPECT_EQ(share.size(), 0);
}

TEST(fair_share, keys_alternate_however_much_one_of_them_offers) {
  fair_share share;
  for (int i = 0; i < 100; ++i) share.push(1);
  share.push(2);
  share.push(3);
  share.push(2);
  EXPECT_EQ(picks(share, 7), (keys{1, 2, 3, 1, 2, 1, 1}));
}

TEST(fair_share, a_key_that_comes_later_has_its_turn_after_those_that_wait_for_theirs) {
  fair_share share;
  for (int i = 0; i < 3; ++i) share.push(1);
  for (int i = 0; i < 3; ++i) share.push(2);
  EXPECT_EQ(picks(share, 1), (keys{1}));
  share.push(3);
  EXPECT_EQ(picks(share, 4), (keys{2, 3, 1, 2})) << "1 has just had its turn";
}

TEST(fair_share, dear_items_come_as_seldom_as_they_cost) {
  fair_share share({.quantum = 10});
  for (int i = 0; i < 100; ++i) share.push(1, 10);
  for (int i = 0; i < 100; ++i) share.push(2, 30);
  std::map<fair_share::key, int> got;
  for (const auto key : picks(share, 40)) ++got[key];
  EXPECT_EQ(got[1], 30);
  EXPECT_EQ(got[2], 10);
}

TEST(fair_share, a_turn_is_as_long_as_the_quantum) {
  fair_share share({.quantum = 3});
  for (int i = 0; i < 6; ++i) share.push(1);
  for (int i = 0; i < 6; ++i) share.push(2);
  EXPECT_EQ(picks(share, 12), (keys{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2}));
}

TEST(fair_share, a_tiny_quantum_takes_no_longer_and_gives_the_same_shares) {
  fair_share share;  // by plain rounds the first pick alone would take 2^62 of them
  const std::uint64_t dear = std::uint64_t{1} << 62;
  for (int i = 0; i < 4; ++i) share.push(1, dear);
  for (int i = 0; i < 4; ++i) share.push(2, dear * 2);
  EXPECT_EQ(picks(share, 6), (keys{1, 1, 2, 1, 1, 2}));
  fair_share largest({.quantum = INT64_MAX});
  for (int i = 0; i < 3; ++i) largest.push(1, UINT64_MAX);
  largest.push(2, 1);
  EXPECT_EQ(picks(largest, 4), (keys{2, 1, 1, 1})) << "the sum of two quanta does not overflow";
}

TEST(fair_share, what_an_idle_key_did_not_use_is_gone) {
  fair_share share({.quantum = 100});
  share.push(1);
  EXPECT_EQ(picks(share, 1), (keys{1}));
  for (int i = 0; i < 2; ++i) share.push(1, 100);
  share.push(2, 100);
  EXPECT_EQ(picks(share, 3), (keys{1, 2, 1})) << "the 99 that were left do not make a second one";
}

TEST(fair_share, a_free_item_counts_as_one_so_that_it_has_no_endless_turn) {
  fair_share share;
  for (int i = 0; i < 3; ++i) share.push(1, 0);
  share.push(2, 1);
  EXPECT_EQ(picks(share, 2), (keys{1, 2}));
}

TEST(fair_share, keys_beyond_the_bound_share_a_queue_and_each_stays_in_order) {
  fair_share share({.max_keys = 2});
  // 1 and 2 have queues of their own, 3 and 4 are guests: who waits with whom depends on the hash, so only
  // what must hold is asked: all come back, and the two queues alternate.
  for (fair_share::key key = 1; key <= 4; ++key)
    for (int i = 0; i < 5; ++i) share.push(key);
  std::map<fair_share::key, int> got;
  for (const auto key : picks(share, 100)) ++got[key];
  EXPECT_EQ(got, (std::map<fair_share::key, int>{{1, 5}, {2, 5}, {3, 5}, {4, 5}}));
  EXPECT_EQ(share.size(), 0);
  for (const auto key : keys{5, 6, 5, 6}) share.push(key);
  EXPECT_EQ(picks(share, 4), (keys{5, 6, 5, 6})) << "empty queues are free again";
}

TEST(fair_share, the_newest_item_of_a_key_can_be_taken_back) {
  fair_share share({.quantum = 5, .max_keys = 1});
  share.push(1, 5);
  share.push(2, 5);  // a guest
  share.push(1, 99);
  EXPECT_TRUE(share.remove_newest(1));
  EXPECT_TRUE(share.remove_newest(2));
  EXPECT_FALSE(share.remove_newest(2));
  EXPECT_FALSE(share.remove_newest(3));
  EXPECT_EQ(share.size(), 1);
  EXPECT_EQ(picks(share, 2), (keys{1}));
  EXPECT_FALSE(share.remove_newest(1));
}

TEST(fair_share, the_oldest_item_of_a_key_can_be_taken_out_of_turn) {
  fair_share share({.max_keys = 1});
  share.push(1, 7);
  share.push(2, 5);  // a guest
  share.push(1, 3);
  EXPECT_TRUE(share.remove_oldest(1));
  EXPECT_FALSE(share.remove_oldest(3));
  EXPECT_EQ(share.size(), 2);
  EXPECT_EQ(picks(share, 3), (keys{2, 1}));
  EXPECT_FALSE(share.remove_oldest(1));
}

TEST(fair_share, room_that_was_reserved_changes_nothing_but_allocations) {
  fair_share share;
  share.push(1);
  share.reserve(100);  // beyond the first table of keys
  for (fair_share::key key = 2; key <= 100; ++key) share.push(key);
  for (fair_share::key key = 1; key <= 100; ++key) EXPECT_EQ(share.pick(), key);
  EXPECT_EQ(share.pick(), std::nullopt);
}

TEST(fair_share, a_copy_goes_its_own_way) {
  fair_share share;
  share.push(1);
  share.push(2);
  fair_share copy = share;
  EXPECT_EQ(picks(share, 3), (keys{1, 2}));
  EXPECT_EQ(picks(copy, 3), (keys{1, 2}));
}

TEST(fair_share, names_the_bad_option_and_a_right_value) {
  EXPECT_EQ(check(fair_share_options{.quantum = 0})->message, "quantum 0 is below 1; use 1 or more");
  EXPECT_EQ(check(fair_share_options{.max_keys = -1})->message, "max_keys -1 is below 1; use 1 or more");
  EXPECT_EQ(check(fair_share_options{.quantum = 0, .max_keys = 0})->option, "quantum");
  EXPECT_THROW(fair_share({.quantum = 0}), std::invalid_argument);
  EXPECT_FALSE(check(fair_share_options{.max_keys = INT64_MAX}));
}

}  // namespace
}  // namespace weir::control
