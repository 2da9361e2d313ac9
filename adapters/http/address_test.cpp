#include <adapters/http/address.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace weir::http {
namespace {

TEST(http_address, is_a_host_and_a_port) {
  EXPECT_EQ(parse_address("127.0.0.1:9901"), (address{"127.0.0.1", 9901}));
  EXPECT_EQ(parse_address("0.0.0.0:80"), (address{"0.0.0.0", 80}));
  EXPECT_EQ(parse_address("localhost:1"), (address{"localhost", 1}));
  EXPECT_EQ(parse_address("[::1]:9901"), (address{"::1", 9901}));
  EXPECT_EQ(parse_address("[::]:65535"), (address{"::", 65535}));
}

TEST(http_address, without_a_host_is_this_machine_alone) {
  EXPECT_EQ(parse_address(":9901"), (address{"127.0.0.1", 9901}));
  EXPECT_EQ(parse_address(":0"), (address{"127.0.0.1", 0}));
}

TEST(http_address, that_is_wrong_is_named_with_a_right_one) {
  for (const char* wrong : {"", "9901", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", ":-1", ":9901x",
                            "::1:9901", "[]:1", "[::1]", "[localhost]:1", "127.1:80", "1.2.3.4.5:80",
                            "http://a:80", "a b:80", "*:80", " :80", "[::1:9901"}) {
    const auto parsed = parse_address(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().code, std::errc::invalid_argument);
    EXPECT_TRUE(parsed.error().detail.starts_with("'" + std::string(wrong) + "' ")) << parsed.error().detail;
    EXPECT_TRUE(parsed.error().detail.contains("use 127.0.0.1:9901, :9901 or [::1]:9901"));
  }
}

TEST(http_address, says_what_is_missing) {
  EXPECT_EQ(parse_address("9901").error().detail,
            "'9901' has no port; use 127.0.0.1:9901, :9901 or [::1]:9901");
  EXPECT_TRUE(parse_address("::1:9901").error().detail.contains("without brackets"));
}

RC_GTEST_PROP(http_address, reads_what_it_writes, (std::uint16_t port)) {
  const auto host =
      *rc::gen::element<std::string>("127.0.0.1", "::1", "fe80::12", "localhost", "a-b.example");
  const address a{host, port};
  RC_ASSERT((parse_address(to_string(a)) == a));
}

RC_GTEST_PROP(http_address, no_text_is_read_as_something_else, (const std::string& text)) {
  if (const auto a = parse_address(text)) RC_ASSERT((parse_address(to_string(*a)) == *a));
}

}  // namespace
}  // namespace weir::http
