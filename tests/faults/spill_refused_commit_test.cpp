// What an append answered with an error does not come back: not by a kill right after it, and not by a power
// cut, though SQLite had written the whole commit into its log before the disk refused to sync it.
#include <tests/faults/faulty_disk.hpp>
#include <tests/faults/spill_model.hpp>

#include <gtest/gtest.h>

#include <random>

namespace weir {
namespace {

using namespace weir::testing;
namespace fs = std::filesystem;

constexpr std::uint64_t forever = UINT64_MAX;

/// All ids in a store that was left as `from` is now, which is what kill -9 leaves.
std::vector<std::uint64_t> after_a_kill(const fs::path& from) {
  scratch_directory left;
  fs::copy(from, left.path(), fs::copy_options::recursive);
  auto store = open_store({.directory = left.path()});
  EXPECT_EQ(store.stats().rebuilds, 0u);
  const auto found = store.fetch(1000);
  return found ? ids(*found) : std::vector<std::uint64_t>();
}

using list = std::vector<std::uint64_t>;

class spill_refused_commit : public ::testing::Test {
 protected:
  void SetUp() override {
    store.emplace(open_store({.directory = where.path(), .sync = durability::each}));
    ASSERT_TRUE(append(*store, 1));
  }
  void refuse(std::uint64_t id, std::uint64_t more_syncs) {
    disk.fail(disk_call::sync, 1, more_syncs);
    const auto refused = append(*store, id);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::storage);
  }

  scratch_directory where;
  faulty_disk disk;
  std::optional<spill_store> store;
};

TEST_F(spill_refused_commit, does_not_come_back_by_a_kill) {
  refuse(2, 0);
  EXPECT_EQ(after_a_kill(where.path()), list{1});
}

TEST_F(spill_refused_commit, does_not_come_back_when_the_sync_found_no_room) {
  for (const int number : {ENOSPC, EDQUOT}) {
    disk.fail_as(number);
    refuse(2, 0);
    EXPECT_EQ(after_a_kill(where.path()), list{1}) << "system error " << number;
  }
}

TEST_F(spill_refused_commit, of_many_records_does_not_either) {
  disk.fail(disk_call::sync, 1);
  ASSERT_FALSE(append_run(*store, 2, 500));
  EXPECT_EQ(after_a_kill(where.path()), list{1});
}

TEST_F(spill_refused_commit, does_not_come_back_by_a_kill_while_no_sync_works) {
  refuse(2, forever);
  EXPECT_EQ(after_a_kill(where.path()), list{1});
  ASSERT_FALSE(append(*store, 3));
  EXPECT_EQ(after_a_kill(where.path()), list{1});
}

TEST_F(spill_refused_commit, does_not_come_back_by_a_power_cut) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  refuse(2, 0);
  for (int i = 0; i < 20; ++i) {
    scratch_directory left;
    disk.cut_power(where.path(), left.path(), random, i == 0);
    EXPECT_EQ(after_a_kill(left.path()), list{1});
  }
}

TEST_F(spill_refused_commit, leaves_its_place_to_the_next_one_that_succeeds) {
  refuse(2, 0);
  ASSERT_TRUE(append(*store, 3));
  EXPECT_EQ(after_a_kill(where.path()), (list{1, 3}));
  EXPECT_EQ(store->stats().jobs, 2u);
}

TEST_F(spill_refused_commit, does_not_come_back_though_the_disk_worked_only_for_the_closing) {
  disk.fail(disk_call::sync, 1, 1);  // the append's, and that of the commit over it
  ASSERT_FALSE(append(*store, 2));
  store.reset();
  EXPECT_EQ(after_a_kill(where.path()), list{1});
}

}  // namespace
}  // namespace weir
