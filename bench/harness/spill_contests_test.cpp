#include <bench/harness/contest_report.hpp>
#include <bench/harness/spill_contests.hpp>

#include <weir/spill/testing.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

namespace weir::bench {
namespace {

class spill_contest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (spill_contests(extent::quick).empty()) GTEST_SKIP() << "built without SQLite";
  }
};

TEST_F(spill_contest, gives_every_record_back_at_each_durability) {
  for (const contest& c : spill_contests(extent::whole))
    for (const contestant& who : c.contestants)
      EXPECT_TRUE(who.run(192).right) << who.name << " in " << c.cell;
}

TEST_F(spill_contest, compares_the_store_with_plain_sqlite_in_each_cell) {
  std::set<std::string> cells;
  for (const contest& c : spill_contests(extent::whole)) {
    EXPECT_TRUE(cells.insert(c.cell).second) << c.cell;
    ASSERT_EQ(c.contestants.size(), 2U) << c.cell;
    EXPECT_TRUE(c.compared);
    EXPECT_EQ(c.contestants.back().name, "sqlite");
  }
  EXPECT_TRUE(cells.contains("batch, 100 at once"));
  EXPECT_TRUE(cells.contains("batch, 1 at once, x8"));
}

TEST_F(spill_contest, leaves_no_folder_behind) {
  const testing::scratch_directory alone;
  ASSERT_EQ(::setenv("TMPDIR", alone.path().c_str(), 1), 0);
  for (const contest& c : spill_contests(extent::quick))
    for (const contestant& who : c.contestants)
      EXPECT_TRUE(who.run(64).right) << who.name << " in " << c.cell;
  EXPECT_TRUE(std::filesystem::is_empty(alone.path()));
}

TEST_F(spill_contest, quick_is_a_part_of_the_whole) {
  std::set<std::string> whole;
  for (const contest& c : spill_contests(extent::whole)) whole.insert(c.cell);
  for (const contest& c : spill_contests(extent::quick)) EXPECT_TRUE(whole.contains(c.cell)) << c.cell;
  EXPECT_LT(spill_contests(extent::quick).size(), whole.size());
}

TEST(spill_report, names_sqlite_as_the_one_compared_with) {
  const std::string table = contests_table({}, {}, "records", "sqlite");
  EXPECT_TRUE(table.contains("/sqlite")) << table;
  EXPECT_FALSE(table.contains("condvars")) << table;
  EXPECT_TRUE(contests_json("spill", {}, {}, {}, "sqlite").contains("rate over that of sqlite"));
  EXPECT_TRUE(spill_legend().contains("/sqlite"));
}

}  // namespace
}  // namespace weir::bench
