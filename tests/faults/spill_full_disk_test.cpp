// A disk without room: an error, the store goes on with what it has, and takes more when there is room again.
#include <tests/faults/file_size_limit.hpp>
#include <tests/faults/spill_model.hpp>

#include <weir/spill/layout.hpp>

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
using detail::store_files;
namespace fs = std::filesystem;

/// Appends until it fails: storage, since our own bound is far away.
void fill(spill_store& store, spill_model& model, std::size_t batch = 100) {
  while (model.append(store, batch)) {
  }
  EXPECT_EQ(model.refusal(), errc::storage);
}

/// Fetches so often, one to twenty at a time; each acknowledgement must be taken.
void acknowledge_on(spill_store& store, spill_model& model, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    ASSERT_TRUE(model.fetch_and_ack(store, 1 + i % 20)) << "acknowledgement " << i << " on a full disk";
  }
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

TEST(spill_full_disk, a_limit_of_file_sizes_is_a_bound_like_max_bytes_below_which_jobs_can_be_acknowledged) {
  scratch_directory where;
  const spill_options options{.directory = where.path(), .sync = durability::none};
  spill_model model;
  const file_size_limit limit(1 << 20);
  {
    auto store = open_store(options);
    while (model.append(store, 1 + model.next() % 50)) {
    }
    EXPECT_EQ(model.refusal(), errc::full);
    EXPECT_GT(store.stats().bytes, 900u << 10);
    acknowledge_on(store, model, 300);
    ASSERT_TRUE(model.fetch_and_ack(store, 2000)) << "whole pages become free";
    EXPECT_TRUE(model.append(store, 100)) << "there is room again";
  }
  auto again = open_store(options);
  model.check_all(again);
}

TEST(spill_full_disk, a_batch_beyond_a_bound_is_answered_full_whatever_room_the_reserve_would_need) {
  scratch_directory where;
  const file_size_limit limit(4 << 20);
  for (const std::uint64_t max_bytes : {std::uint64_t{1} << 20, spill_options().max_bytes}) {
    auto store = open_store({.directory = where.path(), .max_bytes = max_bytes});
    const auto refused = append_run(store, 1, 60'000);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::full) << refused.error().detail;
    EXPECT_NE(refused.error().detail.find("raise"), std::string::npos) << refused.error().detail;
  }
}

/// Mounts of its own, for who may not mount: as root of users of its own, of whom this one is the only.
bool unshare_as_root() {
  const auto user = geteuid();
  const auto group = getegid();
  if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
  std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
  return true;
}

/// A small disk of its own, for this process alone. False where the system does not allow it.
bool mount_small_disk(const fs::path& where) {
  const bool alone = unshare(CLONE_NEWNS) == 0 || unshare_as_root();
  return alone && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("weir", where.c_str(), "tmpfs", 0, "size=4m") == 0;
}

/// Somebody else's file takes what room there is.
void take_all_room(const fs::path& file) {
  std::ofstream out(file, std::ios::binary);
  const std::string some(4096, 'b');
  while (out.write(some.data(), static_cast<std::streamsize>(some.size())).flush()) {
  }
}

void fill_and_go_on(const fs::path& where, const spill_options& options, std::size_t batch) {
  const fs::path ballast = where / "ballast";
  std::ofstream(ballast) << std::string(1 << 20, 'b');
  spill_model model;
  {
    auto store = open_store(options);
    fill(store, model, batch);
    take_all_room(where / "more");
    acknowledge_on(store, model, 50);
  }
  {
    auto store = open_store(options);  // which finds the disk still full
    acknowledge_on(store, model, 50);
    fill(store, model, batch);
    fs::remove(ballast);
    EXPECT_TRUE(model.append(store, 100)) << "there is room again";
    EXPECT_TRUE(fs::exists(store_files(options.directory).reserve));
    EXPECT_TRUE(model.fetch_and_ack(store, 1000));
    fill(store, model, batch);
    acknowledge_on(store, model, 50);
  }
  auto again = open_store(options);
  model.check_all(again);
}

void live_on_a_small_disk(const fs::path& where, durability level) {
  for (const std::size_t batch : {100U, 1U, 1000U}) {
    SCOPED_TRACE(::testing::Message() << "appends of " << batch);
    fill_and_go_on(where, {.directory = where / "store", .sync = level}, batch);
    for (const auto& entry : fs::directory_iterator(where)) fs::remove_all(entry.path());
  }
}

/// All of a store is acknowledged on a disk that is full from the first record to the last.
void empty_a_store_on_a_full_disk(const fs::path& where, durability level) {
  const spill_options options{.directory = where / "store", .sync = level};
  spill_model model;
  {
    auto store = open_store(options);
    fill(store, model);
    take_all_room(where / "more");
    const std::uint64_t jobs = store.stats().jobs;
    for (std::uint64_t done = 0; done < jobs;) {
      const auto batch = store.fetch(7);
      ASSERT_TRUE(batch) << batch.error().detail;
      ASSERT_FALSE(batch->records.empty());
      const auto removed = store.ack(positions(*batch));
      ASSERT_TRUE(removed) << done << " of " << jobs << ": " << removed.error().detail;
      done += batch->records.size();
    }
  }
  EXPECT_EQ(open_store(options).stats().jobs, 0u);
}

class spill_full_disk_at : public ::testing::TestWithParam<durability> {};

/// In a process of its own: its mounts end with it.
void on_a_small_disk(void (*live)(const fs::path&, durability), durability level) {
  scratch_directory where;
  const pid_t child = fork();
  if (child == 0) {
    if (!mount_small_disk(where.path())) _exit(77);
    live(where.path(), level);
    _exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no small disk can be mounted here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_P(spill_full_disk_at, costs_nothing_that_was_accepted_and_is_over_when_there_is_room) {
  on_a_small_disk(live_on_a_small_disk, GetParam());
}

TEST_P(spill_full_disk_at, lets_every_job_be_acknowledged_so_that_none_runs_twice) {
  on_a_small_disk(empty_a_store_on_a_full_disk, GetParam());
}

INSTANTIATE_TEST_SUITE_P(level, spill_full_disk_at,
                         ::testing::Values(durability::none, durability::batch, durability::each),
                         [](const auto& level) { return std::string(to_string(level.param)); });

}  // namespace
}  // namespace weir
