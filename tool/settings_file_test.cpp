#include <tool/settings_file.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace weir::tool {
namespace {

using strings = std::vector<std::string>;
using kind = file_entry::kind;

std::vector<file_entry> read(std::string_view text) {
  auto entries = parse_settings(text, "f.toml");
  EXPECT_TRUE(entries) << entries.error().detail;
  return entries ? *entries : std::vector<file_entry>{};
}

std::string refusal(std::string_view text) {
  const auto entries = parse_settings(text, "f.toml");
  return entries ? "accepted" : entries.error().detail;
}

TEST(settings_file, texts_and_numbers_come_as_a_command_line_would_have_them) {
  const auto all = read("a = 'x y'\nb = 100\nc = 2.5\nd = 0x10\ne = -3\nf = 1_000\n");
  ASSERT_EQ(all.size(), 6U);
  const strings expected{"x y", "100", "2.5", "16", "-3", "1000"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].what, kind::text);
    EXPECT_EQ(all[i].values, strings{expected[i]});
    EXPECT_EQ(all[i].line, i + 1);
  }
}

TEST(settings_file, booleans_and_lists_are_told_apart) {
  const auto all = read("on = true\noff = false\nlist = ['a', 2]\n");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].what, kind::boolean);
  EXPECT_TRUE(all[0].on);
  EXPECT_FALSE(all[1].on);
  EXPECT_EQ(all[2].what, kind::list);
  EXPECT_EQ(all[2].values, (strings{"a", "2"}));
}

TEST(settings_file, what_no_option_can_use_is_named) {
  const auto all = read("d = 1979-05-27\nl = [true]\nn = [[1]]\n[t.inner]\nx = 1\n");
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[0].found, "a date or time");
  EXPECT_EQ(all[1].found, "a list that holds true");
  EXPECT_EQ(all[2].found, "a list that holds a list");
  EXPECT_EQ(all[3].what, kind::table);
  EXPECT_EQ(all[4].table, "t");
  EXPECT_EQ(all[4].key, "inner");
  EXPECT_EQ(all[4].found, "a table");
}

TEST(settings_file, entries_come_in_the_order_of_the_file_with_their_tables) {
  const auto all = read("# first\nz = 1\na = 2\n\n[run]\nq = 3\n");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].key, "z");
  EXPECT_EQ(all[1].key, "a");
  EXPECT_EQ(all[2].what, kind::table);
  EXPECT_EQ(all[2].table, "run");
  EXPECT_EQ(all[3].table, "run");
  EXPECT_EQ(all[3].key, "q");
  EXPECT_EQ(all[3].line, 6U);
}

TEST(settings_file, a_mistake_is_told_with_file_and_line) {
  EXPECT_TRUE(refusal("a = 1\nb = \n").starts_with("f.toml:2: ")) << refusal("a = 1\nb = \n");
  EXPECT_TRUE(refusal("a = 1\na = 2\n").starts_with("f.toml:2: "));
  EXPECT_TRUE(refusal("a = 'x\n").starts_with("f.toml:1: "));
  EXPECT_TRUE(refusal("a = '\xff'\n").starts_with("f.toml:1: "));
  EXPECT_TRUE(refusal("a = 1997-05-27T\n").starts_with("f.toml:1: ")) << "found by the fuzzer";
  EXPECT_TRUE(refusal("a = 2\n\ufcbf = 1\n").starts_with("f.toml:2: ")) << "likewise";
  EXPECT_TRUE(refusal("cl\u00e9 = 1\n").starts_with("f.toml:1: "));
}

TEST(settings_file, a_file_that_is_not_there_or_endless_is_refused) {
  EXPECT_EQ(read_settings("/nowhere/x.toml").error().detail,
            "cannot read '/nowhere/x.toml': No such file or directory");
  EXPECT_EQ(read_settings("/dev/zero").error().detail,
            "'/dev/zero' is longer than 1 MiB; give a file of settings");
  EXPECT_EQ(read_settings("/").error().detail, "cannot read '/': Is a directory");
  EXPECT_TRUE(read_settings("/dev/null")->empty());
}

TEST(settings_file, a_value_is_written_as_a_number_only_where_it_is_one) {
  const auto line = [](const std::string& value) {
    return setting_line("k", std::array{value}).value_or("none");
  };
  EXPECT_EQ(line("100"), "k = 100");
  EXPECT_EQ(line("2.5"), "k = 2.5");
  EXPECT_EQ(line("007"), "k = \"007\"");
  EXPECT_EQ(line("2.50"), "k = \"2.50\"");
  EXPECT_EQ(line("99999999999999999999"), "k = \"99999999999999999999\"");
  EXPECT_EQ(line("inf"), "k = \"inf\"");
  EXPECT_EQ(line("1e3"), "k = \"1e3\"");
  EXPECT_EQ(line("50ms"), "k = \"50ms\"");
  EXPECT_EQ(line("a \"b\" \\ c\nd"), "k = \"a \\\"b\\\" \\\\ c\\nd\"");
  EXPECT_EQ(line("größe"), "k = \"größe\"");
  EXPECT_EQ(line("\xff"), "none");
}

TEST(settings_file, several_values_are_written_as_a_list) {
  EXPECT_EQ(setting_line("lane", strings{"a=0", "2"}), "lane = [\"a=0\", 2]");
}

RC_GTEST_PROP(settings_file, what_is_written_is_read_back, (strings values)) {
  RC_PRE(!values.empty());
  const auto line = setting_line("k", values);
  if (!line) return;  // not UTF-8
  const auto back = parse_settings(*line, "");
  RC_ASSERT(back && back->size() == 1U);
  RC_ASSERT(back->front().values == values);
  RC_ASSERT(line->find('\n') == std::string::npos);
}

RC_GTEST_PROP(settings_file, a_comment_is_a_comment_whatever_the_path, (std::string path)) {
  RC_ASSERT(parse_settings("# " + comment_text(path) + "\n", "")->empty());
}

}  // namespace
}  // namespace weir::tool
