#include <jobs/admin_token.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>

namespace weir::jobs {
namespace {

class admin_token_file : public ::testing::Test {
 protected:
  std::string file(std::string_view text, mode_t mode = 0600) {
    const std::string path = folder_ / fmt::format("token{}", ++files_);
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }

  void SetUp() override {
    std::string made = ::testing::TempDir() + "admin_token_XXXXXX";
    ASSERT_NE(::mkdtemp(made.data()), nullptr);
    folder_ = made;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
  int files_ = 0;
};

TEST_F(admin_token_file, is_read_to_the_end_of_its_first_line) {
  for (const char* text : {"s3cret\n", "s3cret", "s3cret\r\n", "s3cret\nmore\n"}) {
    const auto token = admin_token::read(file(text));
    ASSERT_TRUE(token) << token.error().detail;
    EXPECT_TRUE(token->opens("Bearer s3cret")) << text;
    EXPECT_EQ(token->authorization(), "Bearer s3cret");
    EXPECT_FALSE(token->opens("Bearer more"));
  }
}

TEST_F(admin_token_file, opens_to_its_token_alone) {
  const auto token = admin_token::read(file("abc"));
  ASSERT_TRUE(token);
  for (const char* right : {"Bearer abc", "bearer abc", "BEARER abc"})
    EXPECT_TRUE(token->opens(right)) << right;
  for (const char* wrong : {"", "abc", "Bearer", "Bearer ", "Bearer ab", "Bearer abcd", "Bearer abcabc",
                            "Bearer ABC", "Bearer  abc", "Bearer abc ", "Basic abc", "Bearerabc"})
    EXPECT_FALSE(token->opens(wrong)) << wrong;
}

TEST_F(admin_token_file, that_others_may_write_is_refused) {
  for (const mode_t mode : {0620U, 0602U, 0664U, 0666U}) {
    const std::string path = file("abc", mode);
    const auto token = admin_token::read(path);
    ASSERT_FALSE(token) << mode;
    EXPECT_EQ(token.error().detail,
              fmt::format("others may write '{}' (mode {:04o}), and so choose the token; use chmod 600 {}",
                          path, mode, path));
  }
}

TEST_F(admin_token_file, that_others_may_only_read_is_taken_with_a_warning) {
  for (const mode_t mode : {0644U, 0640U, 0604U, 0444U}) {
    const std::string path = file("abc", mode);
    const auto token = admin_token::read(path);
    ASSERT_TRUE(token) << token.error().detail;
    EXPECT_TRUE(token->opens("Bearer abc"));
    EXPECT_EQ(token->warning(),
              fmt::format("warning: others may read '{}' (mode {:04o}), so it is no secret from them; use "
                          "chmod 600 {}",
                          path, mode, path));
  }
  for (const mode_t mode : {0600U, 0400U}) EXPECT_EQ(admin_token::read(file("abc", mode))->warning(), "");
}

TEST_F(admin_token_file, that_is_empty_says_how_to_make_one) {
  for (const char* text : {"", "\n", "\r\n", "\nabc\n"}) {
    const auto token = admin_token::read(file(text));
    ASSERT_FALSE(token);
    EXPECT_TRUE(token.error().detail.contains("is empty; write a token there")) << token.error().detail;
  }
}

TEST_F(admin_token_file, that_no_header_carries_is_refused) {
  EXPECT_TRUE(admin_token::read(file("two words")).error().detail.contains("holds a blank"));
  EXPECT_TRUE(admin_token::read(file("caf\xc3\xa9")).error().detail.contains("holds a blank"));
  EXPECT_TRUE(admin_token::read(file(std::string_view("a\0b", 3))).error().detail.contains("holds a blank"));
  EXPECT_TRUE(admin_token::read(file(std::string(4096, 'x'))));
  EXPECT_TRUE(admin_token::read(file(std::string(4097, 'x'))).error().detail.contains("longer than 4096"));
  EXPECT_FALSE(admin_token::read("/dev/zero"));
}

TEST_F(admin_token_file, that_cannot_be_read_is_named) {
  EXPECT_EQ(
      admin_token::read("/no/such").error().detail,
      "cannot read '/no/such': No such file or directory; name a file that holds a token in its first line");
  ::mkdir((folder_ / "d").c_str(), 0700);
  EXPECT_TRUE(admin_token::read(folder_ / "d").error().detail.contains("Is a directory"));
}

TEST_F(admin_token_file, may_be_a_pipe_as_a_shell_makes_one) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "abc\n", 4), 4);
  const auto token = admin_token::read(fmt::format("/dev/fd/{}", ends[0]));
  ASSERT_TRUE(token) << token.error().detail;
  EXPECT_TRUE(token->opens("Bearer abc"));
  ::close(ends[0]);
  ::close(ends[1]);
}

RC_GTEST_FIXTURE_PROP(admin_token_file, opens_to_no_other_text, (const std::string& other)) {
  static const std::string secret = "aab";
  const auto token = admin_token::read(file(secret));
  RC_ASSERT(bool(token));
  RC_ASSERT(token->opens("Bearer " + other) == (other == secret));
}

}  // namespace
}  // namespace weir::jobs
