// What a store does with files that are not what it wrote: nothing wrong is handed out, nothing is lost
// unsaid.
#include <weir/spill/store.hpp>

#include <weir/spill/layout.hpp>
#include <weir/spill/log_file.hpp>
#include <weir/spill/testing.hpp>

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <random>
#include <set>

namespace weir {
namespace {

using namespace weir::testing;
using detail::store_files;
namespace fs = std::filesystem;

/// Overwrites bytes of a file.
void poke(const fs::path& file, std::uint64_t offset, std::string_view with) {
  std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(static_cast<std::streamoff>(offset));
  out.write(with.data(), static_cast<std::streamsize>(with.size()));
}

void flip_bit(const fs::path& file, std::uint64_t bit) {
  std::fstream io(file, std::ios::in | std::ios::out | std::ios::binary);
  io.seekg(static_cast<std::streamoff>(bit / 8));
  const char was = static_cast<char>(io.get());
  io.seekp(static_cast<std::streamoff>(bit / 8));
  io.put(static_cast<char>(was ^ static_cast<char>(1U << bit % 8)));
}

/// Runs SQL on a store's file, as a person might.
void by_hand(const fs::path& file, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

/// The number that SQL answers.
std::int64_t number_by_hand(const fs::path& file, const char* sql) {
  sqlite3* db = nullptr;
  sqlite3_stmt* query = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_prepare_v2(db, sql, -1, &query, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  const std::int64_t number = sqlite3_step(query) == SQLITE_ROW ? sqlite3_column_int64(query, 0) : -1;
  sqlite3_finalize(query);
  sqlite3_close(db);
  return number;
}

/// The damaged files that were kept, without their logs.
std::vector<fs::path> kept_files(const fs::path& directory) {
  std::vector<fs::path> kept;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("spill.db.damaged-") && !name.ends_with("-wal")) kept.push_back(entry.path());
  }
  return kept;
}

/// All that a store hands out, each checked against what it stands for.
std::set<std::uint64_t> all_ids(spill_store& store) {
  std::set<std::uint64_t> all;
  std::uint64_t last = 0;
  for (;;) {
    const auto batch = store.fetch(100);
    EXPECT_TRUE(batch) << batch.error().detail;
    if (!batch || (batch->records.empty() && batch->damaged.empty())) return all;
    for (const auto& r : batch->records) {
      EXPECT_EQ(text(r.payload), payload_of(r.id)) << "wrong content was handed out";
      EXPECT_GT(r.id, last) << "the order is broken";
      last = r.id;
      all.insert(r.id);
    }
  }
}

TEST(spill_damage, what_was_moved_aside_stays_there_when_its_place_is_used_again) {
  scratch_directory where;
  for (std::uint64_t round = 1; round <= 3; ++round) {  // an empty store counts its places from the beginning
    auto store = open_store({.directory = where.path()});
    ASSERT_TRUE(append_run(store, round * 10, 3));
    ASSERT_TRUE(store.set_aside(positions(*store.fetch(3))));
    EXPECT_EQ(store.stats().moved_aside, 3u);
  }
  EXPECT_EQ(number_by_hand(store_files(where.path()).jobs, "SELECT count(DISTINCT record) FROM aside"), 9);
}

TEST(spill_damage, a_record_that_is_not_whole_is_moved_aside_by_the_next_opening) {
  scratch_directory where;
  ASSERT_TRUE(append_run(*std::make_unique<spill_store>(open_store({.directory = where.path()})), 1, 5));
  by_hand(store_files(where.path()).jobs,
          "UPDATE jobs SET record = CAST(substr(record, 1, length(record) - 1) || 'X' AS BLOB) WHERE place % "
          "65536 = 3");
  auto store = open_store({.directory = where.path()});
  EXPECT_EQ(store.stats().moved_aside, 1u);
  EXPECT_EQ(store.stats().resumed, 4u);
  EXPECT_EQ(store.stats().rebuilds, 0u);
  const auto first = store.fetch(1);
  ASSERT_EQ(first->damaged.size(), 1u);
  EXPECT_EQ(first->damaged[0].id, 3u);
  EXPECT_EQ(ids(*first), (std::vector<std::uint64_t>{1}));
  EXPECT_EQ(all_ids(store), (std::set<std::uint64_t>{2, 4, 5}));
}

TEST(spill_damage, a_record_that_goes_bad_while_the_store_is_open_is_reported_with_id_and_lane) {
  scratch_directory where;
  auto store = open_store({.directory = where.path()});
  // Long enough to lie on pages of its own, which SQLite has no reason to keep in memory.
  const std::string payload(3 << 20, 'p');
  const spill_store::record given[] = {{.id = 41, .lane = 2, .payload = bytes(payload)},
                                       {.id = 42, .lane = 2, .payload = bytes("next")}};
  ASSERT_TRUE(store.append(given));
  // In the log or in the file, wherever it is.
  const std::string bad(64, 'B');
  for (const fs::path& file : {store_files(where.path()).jobs, store_files(where.path()).log}) {
    if (fs::exists(file) && fs::file_size(file) > (1U << 20U)) poke(file, 1U << 20U, bad);
  }
  const auto batch = store.fetch(9);
  ASSERT_TRUE(batch) << batch.error().detail;
  ASSERT_EQ(batch->damaged.size(), 1u);
  EXPECT_EQ(batch->damaged[0].id, 41u);
  EXPECT_EQ(batch->damaged[0].lane, 2u);
  ASSERT_EQ(batch->records.size(), 1u);
  EXPECT_EQ(batch->records[0].id, 42u);
  EXPECT_EQ(store.stats().moved_aside, 1u);
  EXPECT_EQ(store.stats().jobs, 1u);
}

TEST(spill_damage, what_cannot_be_decoded_is_set_aside_and_does_not_come_again) {
  scratch_directory where;
  {
    auto store = open_store({.directory = where.path()});
    ASSERT_TRUE(append_run(store, 1, 3));
    const auto batch = store.fetch(1);
    ASSERT_TRUE(store.set_aside(positions(*batch)));
    EXPECT_EQ(store.stats().moved_aside, 1u);
    EXPECT_EQ(store.stats().jobs, 2u);
  }
  auto again = open_store({.directory = where.path()});
  EXPECT_EQ(all_ids(again), (std::set<std::uint64_t>{2, 3}));
}

TEST(spill_damage, a_later_format_is_refused_and_left_as_it_is) {
  scratch_directory where;
  const fs::path file = store_files(where.path()).jobs;
  {
    auto store = open_store({.directory = where.path()});
  }
  by_hand(file, "PRAGMA user_version = 7");
  const auto before = fs::last_write_time(file);
  const auto refused = spill_store::open({.directory = where.path()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::storage);
  EXPECT_NE(refused.error().detail.find("has format version 7, this weir knows 1"), std::string::npos)
      << refused.error().detail;
  EXPECT_EQ(fs::last_write_time(file), before);
}

TEST(spill_damage, a_file_that_is_no_store_is_refused_and_left_as_it_is) {
  scratch_directory where;
  const fs::path file = store_files(where.path()).jobs;
  std::ofstream(file) << std::string(5000, 't');
  const auto refused = spill_store::open({.directory = where.path()});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("is not a spill store of weir"), std::string::npos);
  EXPECT_EQ(fs::file_size(file), 5000u);
}

/// A directory with a store of so many records whose file, or log, can be damaged.
void fill(const fs::path& directory, std::uint64_t records) {
  auto store = open_store({.directory = directory});
  for (std::uint64_t id = 1; id <= records; id += 50) ASSERT_TRUE(append_run(store, id, 50));
}

/// The same with the log as a kill leaves it: copied while the store is open.
void fill_killed(const fs::path& directory, std::uint64_t records) {
  scratch_directory alive;
  auto store = open_store({.directory = alive.path()});
  for (std::uint64_t id = 1; id <= records; id += 50) ASSERT_TRUE(append_run(store, id, 50));
  fs::copy(store_files(alive.path()).jobs, store_files(directory).jobs);
  fs::copy(store_files(alive.path()).log, store_files(directory).log);
}

/// Opens what was damaged: every record comes back, or it is said that something was damaged.
void nothing_wrong_nothing_unsaid(const fs::path& directory, std::uint64_t records) {
  auto opened = spill_store::open({.directory = directory});
  if (!opened) {  // a refusal is said, and the file is still there
    EXPECT_TRUE(fs::exists(store_files(directory).jobs)) << opened.error().detail;
    return;
  }
  const auto ids = all_ids(*opened);
  const auto now = opened->stats();
  EXPECT_LE(ids.size(), records);
  if (ids.size() < records) {
    EXPECT_GT(now.moved_aside + now.rebuilds + now.unfinished_commits, 0u)
        << records - ids.size() << " lost unsaid";
  }
  EXPECT_GE(kept_files(directory).size(), now.rebuilds);
  // It goes on, and next time all is well.
  EXPECT_TRUE(append(*opened, 1'000'000));
}

TEST(spill_damage, a_flipped_bit_anywhere_in_the_file_gives_nothing_wrong_and_loses_nothing_unsaid) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  scratch_directory good;
  fill(good.path(), 3000);
  const auto size = fs::file_size(store_files(good.path()).jobs);
  for (int round = 0; round < 60; ++round) {
    scratch_directory where;
    fs::copy(store_files(good.path()).jobs, store_files(where.path()).jobs);
    const std::uint64_t bit = random() % (round % 3 == 0 ? 4096 * 8 : size * 8);
    SCOPED_TRACE(::testing::Message() << "bit " << bit % 8 << " of byte " << bit / 8);
    flip_bit(store_files(where.path()).jobs, bit);
    nothing_wrong_nothing_unsaid(where.path(), 3000);
  }
}

TEST(spill_damage, a_flipped_bit_anywhere_in_the_log_gives_nothing_wrong_and_loses_nothing_unsaid) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  scratch_directory good;
  fill_killed(good.path(), 1000);
  const auto size = fs::file_size(store_files(good.path()).log);
  for (int round = 0; round < 60; ++round) {
    scratch_directory where;
    fs::copy(good.path(), where.path(), fs::copy_options::recursive);
    const std::uint64_t bit = random() % (round % 4 == 0 ? 64 * 8 : size * 8);
    SCOPED_TRACE(::testing::Message() << "bit " << bit % 8 << " of byte " << bit / 8);
    flip_bit(store_files(where.path()).log, bit);
    nothing_wrong_nothing_unsaid(where.path(), 1000);
  }
}

TEST(spill_damage, a_file_cut_anywhere_gives_what_is_left_and_says_so) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  scratch_directory good;
  fill(good.path(), 3000);
  const auto size = fs::file_size(store_files(good.path()).jobs);
  for (int round = 0; round < 30; ++round) {
    scratch_directory where;
    fs::copy(store_files(good.path()).jobs, store_files(where.path()).jobs);
    const std::uint64_t left = round == 0 ? 0 : random() % size;
    SCOPED_TRACE(::testing::Message() << "cut to " << left);
    fs::resize_file(store_files(where.path()).jobs, left);
    nothing_wrong_nothing_unsaid(where.path(), 3000);
  }
}

TEST(spill_damage, half_of_the_pages_overwritten_leaves_the_records_of_the_others) {
  scratch_directory where;
  fill(where.path(), 3000);
  const fs::path file = store_files(where.path()).jobs;
  const auto pages = fs::file_size(file) / 4096;
  for (std::uint64_t page = 6; page < pages; page += 2) poke(file, page * 4096, std::string(4096, '\xff'));
  auto store = open_store({.directory = where.path()});
  EXPECT_EQ(store.stats().rebuilds, 1u);
  const auto ids = all_ids(store);
  EXPECT_GT(ids.size(), 1200u);
  EXPECT_LT(ids.size(), 1800u);
  EXPECT_EQ(kept_files(where.path()).size(), 1u);
}

TEST(spill_damage, a_letter_that_flipped_in_the_names_of_the_file_does_not_make_it_look_empty) {
  scratch_directory where;
  fill(where.path(), 100);
  const fs::path file = store_files(where.path()).jobs;
  std::string head(4096, '\0');
  std::ifstream(file, std::ios::binary).read(head.data(), 4096);
  const auto key = head.find("jobs(place INTEGER");
  ASSERT_NE(key, std::string::npos);
  poke(file, key + std::string_view("jobs(place INT").size(), "A");  // a column then, and no longer the key
  auto store = open_store({.directory = where.path()});
  EXPECT_EQ(store.stats().rebuilds, 1u);
  EXPECT_EQ(all_ids(store).size(), 100u);
}

TEST(spill_damage, what_has_been_acknowledged_does_not_come_back_from_a_rebuilt_file) {
  scratch_directory where;
  {
    auto store = open_store({.directory = where.path()});
    ASSERT_TRUE(append_run(store, 1, 2000));
    const auto half = store.fetch(1000);
    ASSERT_TRUE(store.ack(positions(*half)));
  }
  // The root of the table: its children are found by their form.
  by_hand(store_files(where.path()).jobs,
          "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'jobs'");
  auto store = open_store({.directory = where.path()});
  EXPECT_EQ(store.stats().rebuilds, 1u);
  const auto ids = all_ids(store);
  EXPECT_EQ(ids.size(), 1000u);
  EXPECT_EQ(*ids.begin(), 1001u);
}

/// On a page of its own.
std::string long_payload(std::uint64_t id) {
  return "<" + std::to_string(id) + ">" + std::string(detail::page_size - 1000, '.');
}

std::uint64_t where_is(const fs::path& file, std::uint64_t id) {
  std::ifstream in(file, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto found = content.find("<" + std::to_string(id) + ">");
  EXPECT_NE(found, std::string::npos) << "record " << id;
  return found;
}

TEST(spill_damage, a_rebuild_in_use_does_not_report_what_has_been_handed_out) {
  scratch_directory where;
  const fs::path file = store_files(where.path()).jobs;
  {
    auto store = open_store({.directory = where.path()});
    for (std::uint64_t id = 1; id <= 4000; ++id) {
      const std::string payload = long_payload(id);
      const spill_store::record one[] = {{.id = id, .payload = bytes(payload)}};
      ASSERT_TRUE(store.append(one));
    }
  }
  auto store = open_store({.directory = where.path()});
  ASSERT_EQ(ids(*store.fetch(2000)).back(), 2000u);
  poke(file, where_is(file, 1000), "<bad>");
  poke(file, where_is(file, 2500), "<bad>");
  poke(file, where_is(file, 3000) / detail::page_size * detail::page_size, "no page");
  std::set<std::uint64_t> left;
  std::set<std::uint64_t> damaged;
  for (;;) {
    const auto batch = store.fetch(500);
    ASSERT_TRUE(batch) << batch.error().detail;
    if (batch->records.empty() && batch->damaged.empty()) break;
    for (const auto& one : batch->records) left.insert(one.id);
    for (const auto& one : batch->damaged) EXPECT_TRUE(damaged.insert(one.id).second) << one.id << " twice";
  }
  EXPECT_EQ(store.stats().rebuilds, 1u);
  EXPECT_EQ(damaged, (std::set<std::uint64_t>{2500})) << "1000 is in other hands";
  EXPECT_EQ(left.size(), 1998u);
  EXPECT_EQ(*left.begin(), 2001u);
}

}  // namespace
}  // namespace weir
