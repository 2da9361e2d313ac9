#include <bench/harness/readable.hpp>

#include <gtest/gtest.h>

namespace weir::bench {
namespace {

using namespace std::chrono_literals;

TEST(readable, durations_have_three_digits_and_a_unit) {
  EXPECT_EQ(readable(0ns), "0 s");
  EXPECT_EQ(readable(-5ms), "0 s");
  EXPECT_EQ(readable(870ns), "870 ns");
  EXPECT_EQ(readable(2040us), "2.04 ms");
  EXPECT_EQ(readable(64234us), "64.2 ms");
  EXPECT_EQ(readable(413ms), "413 ms");
  EXPECT_EQ(readable(1920ms), "1.92 s");
  EXPECT_EQ(readable(120s), "120 s");
}

TEST(readable, a_value_that_rounds_up_to_the_next_unit_is_shown_in_it) {
  EXPECT_EQ(readable(duration(999'600)), "1.00 ms");
  EXPECT_EQ(readable(duration(9'996'000)), "10.0 ms");
  EXPECT_EQ(readable_bytes(1024 * 1024 - 1), "1.00 MiB");
}

TEST(readable, bytes_are_powers_of_1024_and_unknown_is_said) {
  EXPECT_EQ(readable_bytes(0), "0 B");
  EXPECT_EQ(readable_bytes(512), "512 B");
  EXPECT_EQ(readable_bytes(64 * 1024), "64.0 KiB");
  EXPECT_EQ(readable_bytes(250ull << 20), "250 MiB");
  EXPECT_EQ(readable_bytes(3ull << 30), "3.00 GiB");
  EXPECT_EQ(readable_bytes(std::nullopt), "unknown");
}

TEST(readable, counts_are_grouped) {
  EXPECT_EQ(readable_count(0), "0");
  EXPECT_EQ(readable_count(413), "413");
  EXPECT_EQ(readable_count(12400), "12,400");
  EXPECT_EQ(readable_count(1234567), "1,234,567");
}

TEST(readable, rates_are_rounded_and_small_ones_keep_a_decimal) {
  EXPECT_EQ(readable_rate(0), "0");
  EXPECT_EQ(readable_rate(7.26), "7.3");
  EXPECT_EQ(readable_rate(413.4), "413");
  EXPECT_EQ(readable_rate(12400.0), "12,400");
}

TEST(readable, text_is_broken_at_blanks_and_keeps_its_own_newlines) {
  EXPECT_EQ(wrapped("one two three", 7), "one two\nthree");
  EXPECT_EQ(wrapped("one two three", 100), "one two three");
  EXPECT_EQ(wrapped("one\ntwo three\n", 9), "one\ntwo three\n");
  EXPECT_EQ(wrapped("a\n\nb", 9), "a\n\nb");
  EXPECT_EQ(wrapped("", 9), "");
}

TEST(readable, a_word_wider_than_the_line_stays_whole) {
  EXPECT_EQ(wrapped("a incomprehensibilities b", 5), "a\nincomprehensibilities\nb");
}

}  // namespace
}  // namespace weir::bench
