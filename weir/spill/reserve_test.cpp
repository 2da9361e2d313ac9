#include <weir/spill/reserve.hpp>

#include <weir/spill/testing.hpp>

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
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
  ASSERT_EQ(reserve.hold(), std::error_code());
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
  ASSERT_EQ(reserve.hold(3 << 20), std::error_code());
  EXPECT_GE(bytes_taken(file), 4u << 20);
  ASSERT_EQ(reserve.hold(), std::error_code());
  EXPECT_EQ(fs::file_size(file), 1u << 20);
}

TEST(reserve, is_held_when_it_is_there_from_an_earlier_time) {
  scratch_directory where;
  const fs::path file = where.path() / "reserve";
  ASSERT_EQ(reserve_file(file, 1 << 20).hold(), std::error_code());
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
  ASSERT_EQ(reserve.hold(), std::error_code());
  EXPECT_EQ(reserve.hold(1ULL << 60U), std::errc::no_space_on_device);
  EXPECT_TRUE(reserve.is_held()) << "what it had it keeps";
}

/// From here on this process's file systems cannot allocate ahead. False where the kernel has no such filter.
bool forbid_allocating_ahead() {
  std::array filter{
      sock_filter(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))),
      sock_filter(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_fallocate, 0, 1)),
      sock_filter(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP)),
      sock_filter(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)),
  };
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// Whether a reserve grows, shrinks and is taken up again.
bool is_held_throughout(const fs::path& file) {
  reserve_file reserve(file, 1 << 20);
  return !reserve.hold() && !reserve.hold(3 << 20) && !reserve.hold() && reserve.is_held() &&
         !reserve_file(file, 1 << 20).hold() && !reserve_file(file, 2 << 20).hold();
}

TEST(reserve, is_no_obstacle_where_the_file_system_cannot_allocate_ahead) {
  scratch_directory where;
  EXPECT_EXIT(
      {
        const bool forbidden = forbid_allocating_ahead();
        std::_Exit(!forbidden || is_held_throughout(where.path() / "reserve") ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace weir::detail
