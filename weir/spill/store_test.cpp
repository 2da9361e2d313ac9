#include <weir/spill/store.hpp>

#include <weir/spill/testing.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace weir {
namespace {

using namespace weir::testing;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
using id_list = std::vector<std::uint64_t>;

TEST(spill_store, hands_out_records_as_they_were_given_oldest_first) {
  scratch_directory where;
  auto store = open_store({.directory = where.path()});
  const system_time deadline{1'700'000'000'123'456'789ns};
  const spill_store::record given[] = {
      {.id = 7, .lane = 3, .key = 9, .cost = 1000, .deadline = deadline, .payload = bytes("first")},
      {.id = 8, .payload = {}},
      {.id = UINT64_MAX,
       .lane = spill_store::max_lanes - 1,
       .key = UINT64_MAX,
       .cost = 0,
       .payload = bytes("third")},
  };
  ASSERT_TRUE(store.append(given));
  const auto batch = store.fetch(10);
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->records.size(), 3u);
  EXPECT_TRUE(batch->damaged.empty());
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& got = batch->records[i];
    EXPECT_EQ(got.id, given[i].id);
    EXPECT_EQ(got.lane, given[i].lane);
    EXPECT_EQ(got.key, given[i].key);
    EXPECT_EQ(got.cost, given[i].cost);
    EXPECT_EQ(got.deadline, given[i].deadline);
    EXPECT_EQ(text(got.payload), text(given[i].payload));
  }
}

TEST(spill_store, hands_out_each_record_once_for_each_opening_until_it_is_acknowledged) {
  scratch_directory where;
  {
    auto store = open_store({.directory = where.path()});
    ASSERT_TRUE(append_run(store, 1, 5));
    const auto first = store.fetch(3);
    EXPECT_EQ(ids(*first), (id_list{1, 2, 3}));
    EXPECT_EQ(ids(*store.fetch(9)), (id_list{4, 5}));
    EXPECT_TRUE(store.fetch(9)->records.empty());
    const spill_store::position second[] = {first->records[1].at};
    ASSERT_TRUE(store.ack(second));
    EXPECT_EQ(store.stats().jobs, 4u);
  }
  auto again = open_store({.directory = where.path()});
  EXPECT_EQ(again.stats().resumed, 4u);
  EXPECT_EQ(ids(*again.fetch(9)), (id_list{1, 3, 4, 5}));
}

TEST(spill_store, keeps_lanes_apart_and_merges_them_in_the_order_of_the_appends) {
  scratch_directory where;
  auto store = open_store({.directory = where.path()});
  for (std::uint64_t id = 1; id <= 6; ++id) ASSERT_TRUE(append(store, id, id % 3));
  EXPECT_EQ(ids(*store.fetch(9, 1)), (id_list{1, 4}));
  EXPECT_EQ(ids(*store.fetch(1, 0)), (id_list{3}));
  EXPECT_EQ(ids(*store.fetch(9)), (id_list{2, 5, 6}));
}

TEST(spill_store, remembers_the_largest_id_also_of_records_that_have_left) {
  scratch_directory where;
  {
    auto store = open_store({.directory = where.path()});
    ASSERT_TRUE(append_run(store, 90, 10));
    const auto all = store.fetch(100);
    ASSERT_TRUE(store.ack(positions(*all)));
  }
  EXPECT_EQ(open_store({.directory = where.path()}).stats().largest_id, 99u);
}

TEST(spill_store, shows_what_it_finds_when_it_is_opened_and_still_hands_it_out) {
  const scratch_directory place;
  const spill_options options{.directory = place.path()};
  {
    spill_store store = testing::open_store(options);
    ASSERT_TRUE(testing::append_run(store, 1, 3, 1));
    ASSERT_TRUE(testing::append_run(store, 4, 2));
    const auto first = store.fetch(1, 1);
    ASSERT_TRUE(first);
    ASSERT_TRUE(store.ack(testing::positions(*first)));
  }
  std::vector<std::pair<std::size_t, std::string>> shown;
  auto store = spill_store::open(
      options, [&](const spill_store::record& r) { shown.emplace_back(r.lane, testing::text(r.payload)); });
  ASSERT_TRUE(store);
  EXPECT_EQ(shown, (std::vector<std::pair<std::size_t, std::string>>{
                       {0, payload_of(4)}, {0, payload_of(5)}, {1, payload_of(2)}, {1, payload_of(3)}}));
  const auto all = store->fetch(10);
  ASSERT_TRUE(all);
  EXPECT_EQ(ids(*all), (std::vector<std::uint64_t>{2, 3, 4, 5}));
}

TEST(spill_store, lets_what_its_looker_throws_through_and_can_be_opened_again) {
  const scratch_directory place;
  const spill_options options{.directory = place.path(), .sync = durability::batch};
  {
    spill_store store = testing::open_store(options);
    ASSERT_TRUE(testing::append_run(store, 1, 3));
  }
  const auto refuse = [](const spill_store::record&) { throw std::filesystem::filesystem_error("mine", {}); };
  EXPECT_THROW(static_cast<void>(spill_store::open(options, refuse)), std::filesystem::filesystem_error);
  EXPECT_EQ(testing::open_store(options).stats().jobs, 3u);
}

TEST(spill_store, is_one_processes_and_says_whose) {
  scratch_directory where;
  const auto store = open_store({.directory = where.path()});
  const auto second = spill_store::open({.directory = where.path()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, std::errc::device_or_resource_busy);
  EXPECT_NE(second.error().detail.find("in use by process " + std::to_string(getpid())), std::string::npos)
      << second.error().detail;
}

TEST(spill_store, is_full_at_max_bytes_and_takes_more_when_some_has_left) {
  scratch_directory where;
  auto store = open_store({.directory = where.path(), .max_bytes = 256 << 10});
  std::uint64_t id = 0;
  io_result<> last;
  while ((last = append_run(store, id + 1, 10))) id += 10;
  EXPECT_EQ(last.error().code, errc::full) << last.error().detail;
  EXPECT_EQ(store.stats().jobs, id);
  EXPECT_LE(store.stats().bytes, 256u << 10);
  const auto half = store.fetch(id / 2);
  ASSERT_TRUE(store.ack(positions(*half)));
  EXPECT_TRUE(append_run(store, id + 1, 10));
  EXPECT_EQ(store.fetch(1)->records.front().id, id / 2 + 1);
}

TEST(spill_store, hands_out_a_lanes_first_record_also_when_more_of_the_lane_had_been_refused_before) {
  scratch_directory where;
  auto store = open_store({.directory = where.path(), .max_jobs = 3});
  const spill_store::record too_many[] = {{.id = 1}, {.id = 2}, {.id = 3}, {.id = 4, .lane = 1}};
  const auto refused = store.append(too_many);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::full) << refused.error().detail;
  ASSERT_TRUE(append(store, 5, 1));
  EXPECT_EQ(ids(*store.fetch(9, 1)), (id_list{5}));
  EXPECT_EQ(store.stats().unfetched, 0u);
}

fs::perms mode_of(const fs::path& path) { return fs::status(path).permissions(); }

TEST(spill_store, is_private_to_its_owner_but_for_what_was_there) {
  using enum fs::perms;
  scratch_directory where;
  const mode_t before = umask(0);
  {
    auto store = open_store({.directory = where.path() / "new" / "store" / ""});
    ASSERT_TRUE(append(store, 1));
    for (const auto& file : fs::directory_iterator(where.path() / "new" / "store"))
      EXPECT_EQ(mode_of(file), owner_read | owner_write) << file.path();
    EXPECT_EQ(mode_of(where.path() / "new" / "store"), owner_all);
    fs::create_directory(where.path() / "old");
    auto other = open_store({.directory = where.path() / "old"});
    EXPECT_EQ(mode_of(where.path() / "old"), all) << "not made by the store";
  }
  umask(before);
}

TEST(spill_store, says_what_is_in_the_way_of_its_directory) {
  scratch_directory where;
  std::ofstream(where.path() / "file") << "no directory";
  const auto store = spill_store::open({.directory = where.path() / "file"});
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().detail.find("make the directory"), std::string::npos) << store.error().detail;
}

TEST(spill_store, takes_the_appends_of_many_threads_and_keeps_the_order_of_each) {
  scratch_directory where;
  auto store = open_store({.directory = where.path(), .sync = durability::none});
  constexpr std::uint64_t threads = 8;
  constexpr std::uint64_t each = 200;
  {
    std::vector<std::jthread> all;
    for (std::uint64_t t = 0; t < threads; ++t) {
      all.emplace_back([&store, t] {
        for (std::uint64_t i = 1; i <= each; ++i) EXPECT_TRUE(append(store, t * 1000 + i));
      });
    }
  }
  std::vector<std::uint64_t> last(threads);
  std::uint64_t seen = 0;
  const auto batch = store.fetch(threads * each + 1);
  for (const auto& r : batch->records) {
    EXPECT_EQ(text(r.payload), payload_of(r.id));
    EXPECT_EQ(r.id % 1000, last[r.id / 1000] + 1);
    last[r.id / 1000] = r.id % 1000;
    ++seen;
  }
  EXPECT_EQ(seen, threads * each);
}

}  // namespace
}  // namespace weir
