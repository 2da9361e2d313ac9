// A disk without room: an error, the store goes on with what it has, and takes more when there is room again.
#include <tests/faults/file_size_limit.hpp>
#include <tests/faults/spill_model.hpp>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace weir {
namespace {

using namespace weir::testing;
namespace fs = std::filesystem;

/// Appends until it fails: storage, since our own bound is far away.
void fill(spill_store& store, spill_model& model) {
  while (model.append(store, 100)) {
  }
  EXPECT_EQ(model.refusal(), errc::storage);
}

TEST(spill_full_disk, files_that_may_not_grow_cost_nothing_that_was_accepted) {
  scratch_directory where;
  const spill_options options{.directory = where.path(), .sync = durability::none};
  spill_model model;
  {
    auto store = open_store(options);
    {
      const file_size_limit limit(2 << 20);
      fill(store, model);
    }
    EXPECT_TRUE(model.append(store, 100)) << "there is room again";
    EXPECT_TRUE(model.fetch_and_ack(store, 1000));
  }
  auto again = open_store(options);
  model.check_all(again);
}

/// A small disk of its own, for this process alone. False where the system does not allow it.
bool mount_small_disk(const fs::path& where) {
  const bool alone = unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
  return alone && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("weir", where.c_str(), "tmpfs", 0, "size=4m") == 0;
}

void live_on_a_small_disk(const fs::path& where, durability level) {
  const spill_options options{.directory = where / "store", .sync = level};
  const fs::path ballast = where / "ballast";
  std::ofstream(ballast) << std::string(1 << 20, 'b');
  spill_model model;
  {
    auto store = open_store(options);
    fill(store, model);
    model.fetch_and_ack(store, 500);  // may fail too: removing is writing
    fs::remove(ballast);
    EXPECT_TRUE(model.append(store, 100)) << "there is room again";
    EXPECT_TRUE(model.fetch_and_ack(store, 1000));
    fill(store, model);
  }
  auto again = open_store(options);
  model.check_all(again);
}

class spill_full_disk_at : public ::testing::TestWithParam<durability> {};

TEST_P(spill_full_disk_at, costs_nothing_that_was_accepted_and_is_over_when_there_is_room) {
  scratch_directory where;
  const pid_t child = fork();
  if (child == 0) {  // its mounts end with it
    if (!mount_small_disk(where.path())) _exit(77);
    live_on_a_small_disk(where.path(), GetParam());
    _exit(HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no small disk can be mounted here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

INSTANTIATE_TEST_SUITE_P(level, spill_full_disk_at,
                         ::testing::Values(durability::none, durability::batch, durability::each),
                         [](const auto& level) { return std::string(to_string(level.param)); });

}  // namespace
}  // namespace weir
