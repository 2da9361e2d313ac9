// The n-th call of a kind fails, for every n until a run sees no failure: the store answers an error, goes
// on, and holds what it accepted and nothing else.
#include <tests/faults/faulty_disk.hpp>
#include <tests/faults/spill_model.hpp>

#include <gtest/gtest.h>

#include <cstdlib>

namespace weir {
namespace {

using namespace weir::testing;

/// The disk works again at the latest for the second try of an opening.
spill_store opened(const spill_options& options, faulty_disk& disk) {
  auto store = spill_store::open(options);
  if (!store) {
    EXPECT_EQ(store.error().code, errc::storage) << store.error().detail;
    EXPECT_FALSE(store.error().detail.empty());
    disk.heal();
    store = spill_store::open(options);
  }
  EXPECT_TRUE(store) << store.error().detail;
  return std::move(*store);
}

/// A life of a store with small and large appends, acknowledgements, and another opening.
void live(const spill_options& options, spill_model& model, faulty_disk& disk) {
  {
    auto store = opened(options, disk);
    for (int i = 0; i < 6; ++i) {
      model.append(store, 1);
      model.append(store, 40);
      model.fetch_and_ack(store, 30);
    }
    model.append(store, 12'000);  // long enough for a checkpoint
    model.fetch_and_ack(store, 6000);
  }
  if (disk.is_failing()) model.doubt_refused();
  {
    auto store = opened(options, disk);
    model.append(store, 3);
    model.fetch_and_ack(store, 100);
  }
  if (disk.is_failing()) model.doubt_refused();
}

class spill_failing_calls : public ::testing::TestWithParam<durability> {};

/// Every n by night, one in so many otherwise.
std::uint64_t stride(std::uint64_t by_day) { return std::getenv("WEIR_NIGHTLY") ? 1 : by_day; }

/// Runs lives until one sees no failure. `more`: how many calls fail after the n-th.
void for_every_n(durability level, disk_call what, std::uint64_t step, std::uint64_t more) {
  for (std::uint64_t n = 1;; n += step) {
    SCOPED_TRACE(::testing::Message() << "from call " << n << " on, " << more + 1 << " fail");
    scratch_directory where;
    const spill_options options{.directory = where.path(), .max_bytes = 16 << 20, .sync = level};
    spill_model model;
    faulty_disk disk;
    disk.fail(what, n, more);
    live(options, model, disk);
    const bool none_failed = disk.failures() == 0;
    disk.heal();
    auto store = open_store(options);
    EXPECT_EQ(store.stats().moved_aside, 0u);
    model.check_all(store);
    ASSERT_FALSE(::testing::Test::HasFailure());
    if (none_failed) return;
  }
}

TEST_P(spill_failing_calls, a_write_fails) { for_every_n(GetParam(), disk_call::write, stride(7), 0); }
TEST_P(spill_failing_calls, writes_fail_for_a_while) {
  for_every_n(GetParam(), disk_call::write, stride(23), 11);
}
TEST_P(spill_failing_calls, a_sync_fails) { for_every_n(GetParam(), disk_call::sync, 1, 0); }
TEST_P(spill_failing_calls, a_read_fails) { for_every_n(GetParam(), disk_call::read, stride(13), 0); }
TEST_P(spill_failing_calls, an_opening_fails) { for_every_n(GetParam(), disk_call::open, 1, 0); }
TEST_P(spill_failing_calls, a_resize_fails) { for_every_n(GetParam(), disk_call::resize, 1, 0); }
TEST_P(spill_failing_calls, a_removal_fails) { for_every_n(GetParam(), disk_call::remove, 1, 0); }

INSTANTIATE_TEST_SUITE_P(at, spill_failing_calls,
                         ::testing::Values(durability::none, durability::batch, durability::each),
                         [](const auto& level) { return std::string(to_string(level.param)); });

}  // namespace
}  // namespace weir
