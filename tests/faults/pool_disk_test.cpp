// A pool whose disk is full, or whose store was damaged: it says so, goes on from memory, and takes up again.
#include <tests/faults/faulty_disk.hpp>
#include <tests/faults/file_size_limit.hpp>
#include <weir/pool/testing.hpp>
#include <weir/pool/worker_pool.hpp>
#include <weir/spill/testing.hpp>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

using testing::expect_law;
using testing::expect_settled;
using testing::file_size_limit;
using testing::scratch_directory;

pool_options on(const scratch_directory& place) {
  return {.max_workers = 1,
          .queue_capacity = 8,
          .on_full = overflow::spill(),
          .paused = true,
          .spill = spill_options{.directory = place.path(), .sync = durability::none}};
}

/// Long, and its own.
std::string job_of(int number) { return std::to_string(number) + std::string(1000, '.'); }

/// Submits until the store refuses; how many were accepted.
int fill(worker_pool<std::string>& pool, int first) {
  for (int number = first;; ++number) {
    std::string job = job_of(number);
    const auto id = pool.submit(std::move(job));
    if (id) continue;
    EXPECT_EQ(id.error(), errc::storage);
    EXPECT_EQ(job, job_of(number)) << "the value is the caller's";  // NOLINT(bugprone-use-after-move)
    return number - first;
  }
}

TEST(pool_disk, a_full_one_refuses_with_storage_and_the_pool_goes_on_from_memory_and_recovers) {
  const scratch_directory place;
  std::mutex mutex;
  std::vector<std::string> ran;
  worker_pool<std::string> pool(
      [&](std::string& job) {
        const std::lock_guard lock(mutex);
        ran.push_back(std::move(job));
      },
      on(place));
  int accepted = 0;
  {
    const file_size_limit limit(1 << 20);
    accepted = fill(pool, 0);
    EXPECT_EQ(pool.stats().rejected, 1u);
    expect_law(pool.stats());
    pool.resume();
    while (pool.stats().completed != static_cast<std::uint64_t>(accepted)) std::this_thread::yield();
    pool.pause();
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(pool.submit(job_of(accepted++))) << "from memory";
    EXPECT_EQ(pool.stats().queued, 8u);
  }
  const std::uint64_t before = pool.snapshot().spill->spilled_total;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(pool.submit(job_of(accepted++))) << "there is room again";
  EXPECT_EQ(pool.snapshot().spill->spilled_total, before + 100);
  ASSERT_TRUE(pool.drain());
  expect_settled(pool.stats());
  ASSERT_EQ(ran.size(), static_cast<std::size_t>(accepted));
  for (int i = 0; i < accepted; ++i) EXPECT_EQ(ran[static_cast<std::size_t>(i)], job_of(i));
}

/// Writes zeros over so many records, as a failing disk might.
void spoil(const std::filesystem::path& file, int records) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  const std::string sql =
      "update jobs set record = zeroblob(length(record)) where place in (select place from jobs "
      "order by place limit " +
      std::to_string(records) + ")";
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

TEST(pool_disk, damaged_records_fail_are_told_to_the_observer_and_the_rest_runs) {
  struct listener final : observer {
    void on_lost(const job_note&, errc reason) override { lost += reason == errc::storage; }
    std::atomic<int> lost{0};
  };
  const scratch_directory place;
  {
    worker_pool<std::string> pool([](std::string&) {}, on(place));
    for (int i = 0; i < 108; ++i) ASSERT_TRUE(pool.submit(job_of(i)));
    pool.cancel();
  }
  spoil(place.path() / "spill.db", 7);
  const auto heard = std::make_shared<listener>();
  pool_options options = on(place);
  options.observe = heard;
  std::set<std::string> ran;
  worker_pool<std::string> pool([&](std::string& job) { ran.insert(job); }, options);
  EXPECT_EQ(pool.stats().resumed, 100u);
  expect_law(pool.stats());
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().failed, 7u);
  EXPECT_EQ(pool.stats().completed, 93u);
  EXPECT_EQ(heard->lost, 7);
  EXPECT_TRUE(ran.contains(job_of(107)));
  EXPECT_FALSE(ran.contains(job_of(8)));
  expect_settled(pool.stats());
}

/// About a page of the store's file.
std::string page_of(int number) { return "<" + std::to_string(number) + ">" + std::string(3000, '.'); }

/// Writes over the job's record, or over the beginning of the page on which it lies, while the store is open.
void spoil_in_use(const std::filesystem::path& file, int number, bool page) {
  std::fstream disk(file, std::ios::in | std::ios::out | std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(disk), std::istreambuf_iterator<char>()};
  const auto found = content.find("<" + std::to_string(number) + ">");
  ASSERT_NE(found, std::string::npos);
  disk.seekp(static_cast<std::streamoff>(page ? found / 4096 * 4096 : found));
  disk << "spoilt";
}

TEST(pool_disk, a_file_that_is_rebuilt_in_use_has_each_job_counted_once) {
  struct listener final : observer {
    void on_lost(const job_note& note, errc) override { lost.insert(note.id); }
    std::set<std::uint64_t> lost;
  };
  const scratch_directory place;
  pool_options options = on(place);
  options.queue_capacity = 1;
  {
    worker_pool<std::string> pool([](std::string&) {}, options);
    for (int i = 0; i <= 4000; ++i) ASSERT_TRUE(pool.submit(page_of(i)));
    pool.cancel();
  }
  const auto heard = std::make_shared<listener>();
  options.observe = heard;
  options.queue_capacity = 8;
  std::set<std::string> ran;
  {
    worker_pool<std::string> pool([&](std::string& job) { EXPECT_TRUE(ran.insert(job).second); }, options);
    while (pool.stats().queued != 8) std::this_thread::yield();
    for (const int number : {3, 2500}) spoil_in_use(place.path() / "spill.db", number, false);
    spoil_in_use(place.path() / "spill.db", 3000, true);
    ASSERT_TRUE(pool.drain());
    EXPECT_EQ(pool.stats().failed, 2u) << "3 had come back before";
    EXPECT_EQ(pool.stats().completed, 3998u);
    expect_settled(pool.stats());
  }
  EXPECT_EQ(heard->lost, (std::set<std::uint64_t>{2501})) << "of the page that is gone nobody knows the jobs";
  EXPECT_TRUE(ran.contains(page_of(3)));
  EXPECT_TRUE(ran.contains(page_of(4000)));
  EXPECT_EQ(testing::open_store({.directory = place.path()}).stats().jobs, 0u);
}

TEST(pool_disk, a_snapshot_does_not_wait_for_a_slow_one) {
  testing::faulty_disk disk;
  const scratch_directory place;
  pool_options options = on(place);
  options.queue_capacity = 1;
  options.spill->sync = durability::each;
  worker_pool<std::string> pool([](std::string&) {}, options);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(pool.submit(job_of(i)));
  disk.hold(testing::disk_call::sync);
  std::jthread submitter([&] { EXPECT_TRUE(pool.submit(job_of(2))); });
  disk.wait_held();
  const pool_snapshot meanwhile = pool.snapshot();
  EXPECT_EQ(meanwhile.spill->jobs, 1u) << "of the last append that ended";
  EXPECT_GT(meanwhile.spill->bytes, 0u);
  expect_law(meanwhile.stats);
  disk.release();
  submitter.join();
  EXPECT_EQ(pool.snapshot().spill->jobs, 2u);
  ASSERT_TRUE(pool.drain());
  EXPECT_EQ(pool.stats().completed, 3u);
}

}  // namespace
}  // namespace weir
