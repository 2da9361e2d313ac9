#include <weir/base/hardware.hpp>

#include <gtest/gtest.h>
#include <sched.h>

namespace weir {
namespace {

TEST(hardware, is_at_least_one_and_at_most_the_affinity_mask) {
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  EXPECT_GE(hardware(), 1u);
  EXPECT_LE(hardware(), static_cast<std::size_t>(CPU_COUNT(&set)));
}

TEST(hardware, a_quota_of_a_part_of_a_processor_is_rounded_up) {
  EXPECT_EQ(detail::cpus_of_cpu_max("200000 100000"), 2u);
  EXPECT_EQ(detail::cpus_of_cpu_max("150000 100000\n"), 2u);
  EXPECT_EQ(detail::cpus_of_cpu_max("50000 100000"), 1u);
}

TEST(hardware, no_quota_and_nonsense_are_no_limit) {
  for (const char* text : {"max 100000", "", "100000", "100000 0", "0 100000", "x y"})
    EXPECT_EQ(detail::cpus_of_cpu_max(text), 0u) << text;
}

}  // namespace
}  // namespace weir
