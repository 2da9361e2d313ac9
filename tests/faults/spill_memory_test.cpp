// Memory runs out at the n-th allocation, of the program's or of SQLite's, for every n: the call answers an
// error, and the store goes on with what it holds.
#include <tests/faults/spill_model.hpp>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::int64_t> until_failure{-1};  // allocations; below 0: none fails
std::atomic<bool> has_failed{false};

bool fails() {
  if (until_failure.load() < 0 || until_failure.fetch_sub(1) != 0) return false;
  has_failed = true;
  return true;
}

sqlite3_mem_methods real;

void* failing_malloc(int size) { return fails() ? nullptr : real.xMalloc(size); }
void* failing_realloc(void* old, int size) { return fails() ? nullptr : real.xRealloc(old, size); }

/// Before SQLite is used at all.
bool put_under_sqlite() {
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) != SQLITE_OK) return false;
  sqlite3_mem_methods failing = real;
  failing.xMalloc = failing_malloc;
  failing.xRealloc = failing_realloc;
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) == SQLITE_OK;
}

}  // namespace

// Not inlined: g++ 12 would take malloc() and free() here for a mistake.
[[gnu::noinline]] void* operator new(std::size_t size) {
  void* const memory = fails() ? nullptr : std::malloc(size > 0 ? size : 1);
  if (!memory) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace weir {
namespace {

using namespace weir::testing;

/// Calls `what` while the allocations count down to the one that fails.
template <class F>
auto short_of_memory(std::int64_t& left, F&& what) {
  until_failure = left;
  auto answer = what();
  left = until_failure.exchange(-1);
  return answer;
}

/// Runs SQL on the file of a closed store.
void spoil(const std::filesystem::path& file, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

/// Opens, appends, fetches and acknowledges; one allocation of all that fails. How many records must be left.
std::uint64_t live(const spill_options& options, std::int64_t left) {
  const std::string payload(3000, 'p');
  const spill_store::record given[] = {{.id = 1, .payload = bytes(payload)},
                                       {.id = 2, .lane = 3, .payload = bytes(payload)},
                                       {.id = 3, .payload = bytes(payload)}};
  auto store = short_of_memory(left, [&] { return spill_store::open(options); });
  if (!store) store = spill_store::open(options);
  if (!store) throw std::runtime_error(store.error().detail);
  std::uint64_t jobs = 0;
  for (int round = 0; round < 2; ++round) {
    if (short_of_memory(left, [&] { return store->append(given); })) jobs += std::size(given);
    auto batch = short_of_memory(left, [&] { return store->fetch(1); });
    if (!batch) batch = store->fetch(1);  // what a failed fetch has not given, the next one gives
    if (!batch || batch->records.empty()) continue;
    EXPECT_EQ(text(batch->records[0].payload), payload);
    const spill_store::position first[] = {batch->records[0].at};
    const bool removed =
        short_of_memory(left, [&] { return store->ack(first); }).has_value() || store->ack(first).has_value();
    EXPECT_TRUE(removed);
    --jobs;
    EXPECT_EQ(store->stats().jobs, jobs);
  }
  return jobs;
}

TEST(spill_memory, an_allocation_that_fails_is_an_error_and_the_store_goes_on) {
  for (std::int64_t n = 0;; ++n) {
    SCOPED_TRACE(::testing::Message() << "allocation " << n);
    scratch_directory where;
    const spill_options options{.directory = where.path(), .max_bytes = 1 << 20};
    has_failed = false;
    const std::uint64_t jobs = live(options, n);
    auto store = open_store(options);
    EXPECT_EQ(store.stats().jobs, jobs);
    EXPECT_EQ(store.stats().moved_aside, 0u);
    ASSERT_FALSE(HasFailure());
    if (!has_failed) break;
  }
}

TEST(spill_memory, a_fetch_that_fails_passes_nothing_and_damage_is_told_once) {
  for (std::int64_t n = 0;; ++n) {
    SCOPED_TRACE(::testing::Message() << "allocation " << n);
    scratch_directory where;
    const spill_options options{.directory = where.path(), .max_bytes = 1 << 20};
    {
      ASSERT_TRUE(append_run(*std::make_unique<spill_store>(open_store(options)), 1, 4));
    }
    spoil(where.path() / "spill.db", "UPDATE jobs SET record = zeroblob(40) WHERE place = 2");
    auto store = open_store(options);
    has_failed = false;
    std::int64_t left = n;
    auto batch = short_of_memory(left, [&] { return store.fetch(9); });
    if (!batch) batch = store.fetch(9);
    ASSERT_TRUE(batch);
    EXPECT_EQ(ids(*batch), (std::vector<std::uint64_t>{1, 3, 4}));
    EXPECT_EQ(batch->damaged.size(), 1u);
    EXPECT_TRUE(store.fetch(9)->damaged.empty());
    ASSERT_FALSE(HasFailure());
    if (!has_failed) break;
  }
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  if (!put_under_sqlite()) return 2;
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
