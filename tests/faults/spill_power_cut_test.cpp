// The sentence of each durability level, held against a disk that loses what was not synced.
#include <tests/faults/faulty_disk.hpp>
#include <tests/faults/spill_model.hpp>

#include <gtest/gtest.h>

#include <random>
#include <thread>

namespace weir {
namespace {

using namespace weir::testing;

/// What a power cut now would leave, opened.
struct after_the_cut {
  scratch_directory where;
  after_the_cut(const faulty_disk& disk, const std::filesystem::path& from, std::mt19937_64& random,
                bool keep_none) {
    disk.cut_power(from, where.path(), random, keep_none);
  }
  spill_store open() const { return open_store({.directory = where.path()}); }
};

TEST(spill_power_cut, at_none_it_costs_what_the_system_had_not_written_and_no_more) {
  std::mt19937_64 random(1);
  scratch_directory where;
  faulty_disk disk;
  spill_model model;
  auto store = open_store({.directory = where.path(), .sync = durability::none});
  // Until a commit is followed by a checkpoint, which syncs all.
  do {
    ASSERT_TRUE(model.append(store, 1));
  } while (!disk.all_safe());
  const auto safe = model.held();
  ASSERT_TRUE(model.append(store, 1));
  after_the_cut nothing_written(disk, where.path(), random, true);
  auto left = nothing_written.open();
  EXPECT_EQ(left.stats().jobs, safe.size());
  model.doubt({model.next() - 1});
  model.check_all(left);
}

TEST(spill_power_cut, at_none_what_the_system_had_written_in_any_order_leaves_a_sound_store) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  scratch_directory where;
  faulty_disk disk;
  auto store = open_store({.directory = where.path(), .sync = durability::none});
  for (int round = 0; round < 30; ++round) {
    ASSERT_TRUE(append_run(store, static_cast<std::uint64_t>(round) * 1000 + 1, 1000));
    after_the_cut some_written(disk, where.path(), random, false);
    auto left = some_written.open();
    std::uint64_t last = 0;
    for (;;) {
      const auto batch = left.fetch(500);
      if (batch->records.empty()) break;
      for (const auto& r : batch->records) {
        EXPECT_EQ(text(r.payload), payload_of(r.id));
        EXPECT_GT(r.id, last);
        last = r.id;
      }
    }
    EXPECT_TRUE(append(left, 1'000'000));
  }
}

TEST(spill_power_cut, at_batch_it_costs_nothing_that_is_older_than_the_last_sync_which_comes_by_itself) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  scratch_directory where;
  faulty_disk disk;
  spill_model model;
  auto store = open_store({.directory = where.path(), .sync = durability::batch});
  for (int round = 0; round < 20; ++round) {
    ASSERT_TRUE(model.append(store, 1 + random() % 300));
    ASSERT_TRUE(round % 3 != 1 || model.fetch_and_ack(store, 50));
    while (!disk.all_safe()) std::this_thread::yield();
    spill_model after = model;  // and what comes now may be lost
    const std::uint64_t first = after.next();
    ASSERT_TRUE(after.append(store, 20));
    std::set<std::uint64_t> young;
    for (std::uint64_t id = first; id < after.next(); ++id) young.insert(id);
    after_the_cut cut(disk, where.path(), random, round % 2 == 0);
    model = after;
    after.doubt(young);
    auto left = cut.open();
    after.check_all(left);
    ASSERT_FALSE(HasFailure());
  }
}

TEST(spill_power_cut, at_each_it_costs_nothing) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  scratch_directory where;
  faulty_disk disk;
  spill_model model;
  auto store = open_store({.directory = where.path(), .sync = durability::each});
  for (int round = 0; round < 40; ++round) {
    ASSERT_TRUE(model.append(store, 1 + random() % 300));
    ASSERT_TRUE(round % 3 != 1 || model.fetch_and_ack(store, 50));
    after_the_cut cut(disk, where.path(), random, round % 2 == 0);
    auto left = cut.open();
    EXPECT_EQ(left.stats().rebuilds, 0u);
    model.check_all(left);
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace weir
