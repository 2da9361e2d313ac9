#include <weir/spill/reserve.hpp>

#include <weir/spill/testing.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace weir::detail {
namespace {

namespace fs = std::filesystem;
using weir::testing::scratch_directory;

/// Of the disk.
std::uint64_t bytes_taken(const fs::path& file) {
  struct stat seen{};
  return stat(file.c_str(), &seen) == 0 ? static_cast<std::uint64_t>(seen.st_blocks) * 512 : 0;
}

TEST(reserve, takes_its_room_from_the_disk_and_gives_it_back) {
  scratch_directory where;
  const fs::path file = where.path() / "reserve";
  reserve_file reserve(file, 1 << 20);
  EXPECT_EQ(reserve.size(), 1u << 20);
  EXPECT_FALSE(reserve.is_held());
  ASSERT_TRUE(reserve.hold());
  EXPECT_TRUE(reserve.is_held());
  EXPECT_GE(bytes_taken(file), 1u << 20);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  reserve.release();
  EXPECT_FALSE(reserve.is_held());
  EXPECT_EQ(bytes_taken(file), 0u);
}

TEST(reserve, takes_more_for_a_while) {
  scratch_directory where;
  const fs::path file = where.path() / "reserve";
  reserve_file reserve(file, 1 << 20);
  ASSERT_TRUE(reserve.hold(3 << 20));
  EXPECT_GE(bytes_taken(file), 4u << 20);
  ASSERT_TRUE(reserve.hold());
  EXPECT_EQ(fs::file_size(file), 1u << 20);
}

TEST(reserve, is_held_when_it_is_there_from_an_earlier_time) {
  scratch_directory where;
  const fs::path file = where.path() / "reserve";
  ASSERT_TRUE(reserve_file(file, 1 << 20).hold());
  EXPECT_TRUE(reserve_file(file, 1 << 20).is_held());
  EXPECT_FALSE(reserve_file(file, 2 << 20).is_held()) << "smaller than it should be";
  {
    const std::ofstream sparse(where.path() / "sparse");
  }
  fs::resize_file(where.path() / "sparse", 2 << 20);
  EXPECT_FALSE(reserve_file(where.path() / "sparse", 1 << 20).is_held()) << "a hole is no room";
}

TEST(reserve, asks_for_no_more_than_the_disk_has) {
  scratch_directory where;
  reserve_file reserve(where.path() / "reserve", 1 << 20);
  ASSERT_TRUE(reserve.hold());
  EXPECT_FALSE(reserve.hold(1ULL << 60U));
  EXPECT_TRUE(reserve.is_held()) << "what it had it keeps";
}

}  // namespace
}  // namespace weir::detail
