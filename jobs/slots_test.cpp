#include <jobs/slots.hpp>

#include <gtest/gtest.h>

namespace weir::jobs {
namespace {

struct slots_of_a_run : testing::Test {
  printer output{{}};
  std::unique_ptr<launcher> start = std::move(launcher::make(nullptr).value());
  slots all{*start, output};
};

TEST_F(slots_of_a_run, numbers_begin_at_one_and_the_lowest_free_one_comes_first) {
  slots::lease one = all.acquire();
  slots::lease two = all.acquire();
  slots::lease three = all.acquire();
  EXPECT_EQ(one->number, 1u);
  EXPECT_EQ(three->number, 3u);
  two.reset();
  one.reset();
  EXPECT_EQ(all.acquire()->number, 1u);
}

TEST_F(slots_of_a_run, a_slot_that_comes_back_is_used_again) {
  slots::lease lease = all.acquire();
  const slot* const first = lease.get();
  lease.reset();
  lease = all.acquire();
  EXPECT_EQ(lease.get(), first);
}

}  // namespace
}  // namespace weir::jobs
