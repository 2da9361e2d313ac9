#include <weir/pool/overflow.hpp>

#include <gtest/gtest.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(overflow, what_to_string_prints_parse_reads_back) {
  for (const overflow policy :
       {overflow::block(), overflow::timeout(50ms), overflow::timeout(0s), overflow::timeout(1ns),
        overflow::reject(), overflow::drop_newest(), overflow::drop_oldest(), overflow::caller_runs(),
        overflow::evict_lower(), overflow::spill()}) {
    const auto again = overflow::parse(policy.to_string());
    ASSERT_TRUE(again) << policy.to_string() << ": " << again.error().detail;
    EXPECT_EQ(*again, policy) << policy.to_string();
  }
}

TEST(overflow, a_timeout_is_printed_in_the_largest_exact_unit) {
  EXPECT_EQ(overflow::timeout(1500ms).to_string(), "timeout:1500ms");
  EXPECT_EQ(overflow::timeout(60s).to_string(), "timeout:1m");
  EXPECT_EQ(overflow::timeout(50000us).to_string(), "timeout:50ms");
}

TEST(overflow, reads_any_unit_of_time) {
  EXPECT_EQ(*overflow::parse("timeout:250us"), overflow::timeout(250us));
  EXPECT_EQ(*overflow::parse("timeout:1m"), overflow::timeout(60s));
  EXPECT_EQ(overflow::parse("timeout:2s")->kind(), overflow_kind::timeout);
  EXPECT_EQ(overflow::parse("timeout:2s")->wait(), 2s);
}

TEST(overflow, a_negative_wait_is_no_wait) { EXPECT_EQ(overflow::timeout(-5s), overflow::timeout(0s)); }

TEST(overflow, an_unknown_text_is_named_beside_the_policies) {
  const auto read = overflow::parse("sometimes");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, std::errc::invalid_argument);
  for (const char* part : {"'sometimes'", "block", "timeout:50ms", "reject", "drop_newest", "drop_oldest",
                           "caller_runs", "evict_lower", "spill"})
    EXPECT_NE(read.error().detail.find(part), std::string::npos) << part << " in " << read.error().detail;
}

TEST(overflow, near_misses_are_refused_with_the_text_and_a_remedy) {
  for (const char* text :
       {"", "Block", "block ", "block:5ms", "timeout", "timeout:", "timeout:50", "timeout:-5ms", "timeout:ms",
        "timeout50ms", "timeouts:50ms", "drop-oldest", "reject,block"}) {
    const auto read = overflow::parse(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, std::errc::invalid_argument) << text;
    EXPECT_NE(read.error().detail.find("'" + std::string(text) + "'"), std::string::npos)
        << read.error().detail;
    EXPECT_NE(read.error().detail.find("use block, timeout:50ms"), std::string::npos) << read.error().detail;
  }
}

}  // namespace
}  // namespace weir
