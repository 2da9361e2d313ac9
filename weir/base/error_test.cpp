#include <weir/base/error.hpp>

#include <gtest/gtest.h>

#include <future>

namespace weir {
namespace {

TEST(error, an_errc_is_a_std_error_code_of_the_category_weir) {
  const std::error_code code = errc::full;
  EXPECT_EQ(code.category(), category());
  EXPECT_STREQ(code.category().name(), "weir");
  EXPECT_EQ(code.message(), "queue full");
  EXPECT_TRUE(code);
}

TEST(error, every_errc_has_a_message_of_its_own) {
  for (int a = 1; a <= static_cast<int>(errc::storage); ++a) {
    EXPECT_NE(message(static_cast<errc>(a)), "unknown error") << a;
    for (int b = a + 1; b <= static_cast<int>(errc::storage); ++b)
      EXPECT_NE(message(static_cast<errc>(a)), message(static_cast<errc>(b))) << a << ' ' << b;
  }
  EXPECT_EQ(message(static_cast<errc>(0)), "unknown error");
  EXPECT_EQ(message(static_cast<errc>(12)), "unknown error");
}

TEST(error, is_made_from_codes_of_any_kind_with_or_without_a_detail) {
  const error from_weir = errc::storage;
  EXPECT_EQ(from_weir.code, errc::storage);
  EXPECT_EQ(from_weir.detail, "");
  const error from_std(std::errc::no_such_file_or_directory, "list.txt: no such file; check the name");
  EXPECT_EQ(from_std.code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(from_std.detail, "list.txt: no such file; check the name");
  const error from_code(std::error_code(5, std::system_category()));
  EXPECT_EQ(from_code.code.value(), 5);
  const error from_foreign_enum(std::future_errc::no_state);
  EXPECT_STREQ(from_foreign_enum.code.category().name(), "future");
}

TEST(error, an_io_result_is_made_from_a_bare_errc) {
  const auto fails = []() -> io_result<int> { return std::unexpected(errc::timed_out); };
  EXPECT_EQ(fails().error().code, errc::timed_out);
}

}  // namespace
}  // namespace weir
