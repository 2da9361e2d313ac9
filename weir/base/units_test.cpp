#include <weir/base/units.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace weir {
namespace {

using namespace std::chrono_literals;

TEST(units, durations_are_read_with_any_of_the_six_units) {
  EXPECT_EQ(parse_duration("7ns"), 7ns);
  EXPECT_EQ(parse_duration("250us"), 250us);
  EXPECT_EQ(parse_duration("50ms"), 50ms);
  EXPECT_EQ(parse_duration("30s"), 30s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("0.1s"), 100ms);
  EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(units, a_bare_number_is_refused_and_the_message_shows_a_right_one) {
  const auto bare = parse_duration("5");
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().code, std::errc::invalid_argument);
  EXPECT_EQ(bare.error().detail, "'5' has no unit; write 5s for seconds, or one of ns us ms s m h");
}

TEST(units, what_is_no_duration_is_refused_and_named) {
  for (const char* text : {"", "s", "-5s", "+5s", "5 s", "5sec", "5S", "1e3s", "nan", "inf", ".5s", "5.s",
                           "1.2.3s", "5s5s", "99999999999999999999s", "300000h0", "9223372037s"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_TRUE(parsed.error().detail.starts_with("'" + std::string(text) + "'")) << parsed.error().detail;
  }
}

TEST(units, the_largest_duration_is_read_and_one_more_is_refused) {
  EXPECT_EQ(parse_duration("9223372036854775807ns"), duration::max());
  EXPECT_FALSE(parse_duration("9223372036854775808ns"));
}

TEST(units, a_duration_is_printed_in_the_largest_exact_unit) {
  EXPECT_EQ(to_string(1500ms), "1500ms");
  EXPECT_EQ(to_string(60s), "1m");
  EXPECT_EQ(to_string(90s), "90s");
  EXPECT_EQ(to_string(2h), "2h");
  EXPECT_EQ(to_string(duration(1)), "1ns");
  EXPECT_EQ(to_string(0ns), "0s");
  EXPECT_EQ(to_string(-1500ms), "-1500ms");
}

TEST(units, what_is_printed_is_read_back_as_the_same_duration) {
  EXPECT_TRUE(rc::check([](std::int64_t n) {
    const duration d(n < 0 ? -(n + 1) : n);
    RC_ASSERT(parse_duration(to_string(d)).value() == d);
  }));
}

TEST(units, bytes_are_powers_of_1024) {
  EXPECT_EQ(parse_bytes("0"), 0u);
  EXPECT_EQ(parse_bytes("12345"), 12345u);
  EXPECT_EQ(parse_bytes("7B"), 7u);
  EXPECT_EQ(parse_bytes("64K"), 65536u);
  EXPECT_EQ(parse_bytes("64k"), 65536u);
  EXPECT_EQ(parse_bytes("1M"), 1u << 20);
  EXPECT_EQ(parse_bytes("1.5GiB"), 3u << 29);
  EXPECT_EQ(parse_bytes("2T"), std::uint64_t{1} << 41);
  EXPECT_EQ(parse_bytes("18446744073709551615"), UINT64_MAX);
}

TEST(units, a_size_is_printed_in_the_largest_exact_unit) {
  EXPECT_EQ(bytes_to_string(0), "0");
  EXPECT_EQ(bytes_to_string(1000), "1000");
  EXPECT_EQ(bytes_to_string(1024), "1K");
  EXPECT_EQ(bytes_to_string(std::uint64_t{64} << 20), "64M");
  EXPECT_EQ(bytes_to_string((std::uint64_t{64} << 20) + 1), "67108865");
  EXPECT_EQ(bytes_to_string(std::uint64_t{2048} << 40), "2048T");
  EXPECT_EQ(parse_bytes(bytes_to_string(3 << 20)), 3U << 20);
}

TEST(units, what_is_no_size_is_refused_and_named) {
  for (const char* text : {"", "K", "-1", "5 K", "5KB", "5X", "1e9", "18446744073709551616", "16777216T"}) {
    const auto parsed = parse_bytes(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_TRUE(parsed.error().detail.starts_with("'" + std::string(text) + "'")) << parsed.error().detail;
  }
}

TEST(units, a_rate_is_a_number_a_second_a_minute_or_an_hour) {
  EXPECT_EQ(parse_rate("100/s"), (rate{100, 1}));
  EXPECT_EQ(parse_rate("6/m"), (rate{0.1, 1}));
  EXPECT_EQ(parse_rate("36/h"), (rate{0.01, 1}));
  EXPECT_EQ(parse_rate("0.5/s"), (rate{0.5, 1}));
  EXPECT_EQ(parse_rate("100/s:20"), (rate{100, 20}));
  EXPECT_EQ(parse_rate("1/s:1.5"), (rate{1, 1.5}));
}

TEST(units, what_is_no_rate_is_refused_named_and_shown_a_right_one) {
  for (const char* text : {"",
                           "100",
                           "/s",
                           "0/s",
                           "-1/s",
                           "+1/s",
                           "1/",
                           "1/d",
                           "1/s:",
                           "1/s:0",
                           "1/s:0.9",
                           "1/s:-1",
                           "1/s:2x",
                           "1/s:2:3",
                           "1 /s",
                           "1/s ",
                           "nan/s",
                           "inf/s",
                           "1e3/s",
                           ":20",
                           "99999999999999999999/s",
                           "1/s:99999999999999999999",
                           "0.0000000000000000001/s"}) {
    const auto parsed = parse_rate(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_TRUE(parsed.error().detail.starts_with("'" + std::string(text) + "'")) << parsed.error().detail;
    EXPECT_NE(parsed.error().detail.find("100/s"), std::string::npos) << parsed.error().detail;
  }
  EXPECT_EQ(parse_rate("100").error().detail,
            "'100' does not say a second or a minute; write a number a second, a minute or an hour, like "
            "100/s, 5/m or 100/s:20");
}

TEST(units, a_share_is_a_number_of_percent) {
  EXPECT_EQ(parse_share("10%"), 0.1);
  EXPECT_EQ(parse_share("0%"), 0.0);
  EXPECT_EQ(parse_share("12.5%"), 0.125);
  EXPECT_EQ(parse_share("150%"), 1.5);
  EXPECT_EQ(parse_share("10").error().detail, "'10' has no unit; write 10% for percent");
  for (const char* text : {"", "%", "-1%", "10 %", "10%%", "ten%", "0.1x"})
    EXPECT_FALSE(parse_share(text)) << text;
}

}  // namespace
}  // namespace weir
