#include <weir/spill/options.hpp>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(spill_options, levels_are_read_back_as_they_are_written) {
  for (const durability level : {durability::none, durability::batch, durability::each}) {
    EXPECT_EQ(parse_durability(to_string(level)), level);
  }
  const auto bad = parse_durability("fsync");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, std::errc::invalid_argument);
  EXPECT_EQ(bad.error().detail, "durability 'fsync' is none of none, batch, each");
}

TEST(spill_options, names_the_bad_option_and_a_right_value) {
  EXPECT_FALSE(check(spill_options{.directory = "d"}));
  EXPECT_EQ(check(spill_options{})->option, "directory");
  EXPECT_EQ(check(spill_options{.directory = "d", .max_bytes = 100})->message,
            "max_bytes 100 is below 65536; use 65536 or more");
  EXPECT_EQ(check(spill_options{.directory = "d", .max_jobs = 0})->message,
            "max_jobs 0 is below 1; use 1 or more");
  EXPECT_EQ(check(spill_options{.directory = "d", .sync = static_cast<durability>(9)})->option, "sync");
}

}  // namespace
}  // namespace weir
