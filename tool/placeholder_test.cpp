#include <tool/placeholder.hpp>

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace weir::tool {
namespace {

using words = std::vector<std::string_view>;

TEST(placeholder, alternatives_are_separated_by_bars_and_may_be_optional) {
  EXPECT_EQ(alternatives("N|MIN..MAX|auto|FILE"), (words{"N", "MIN..MAX", "auto", "FILE"}));
  EXPECT_EQ(alternatives("=WHEN"), words{"WHEN"});
  EXPECT_TRUE(alternatives("").empty());
}

TEST(placeholder, an_example_is_of_the_first_alternative_that_is_known) {
  EXPECT_EQ(example_of_value("N|MIN..MAX|auto|FILE"), "8");
  EXPECT_EQ(example_of_value("TIME"), "5s");
  EXPECT_EQ(example_of_value("text|json|jsonl|csv"), "text");
  EXPECT_EQ(example_of_value("FIELD|REGEX=LANE,..."), "1");
  EXPECT_EQ(example_of_value("=WHEN"), "never");
  EXPECT_EQ(example_of_value("THING"), "");
}

TEST(placeholder, a_shell_can_offer_the_words_of_a_closed_set) {
  EXPECT_EQ(completion_of_value("text|json|jsonl|csv").words, (words{"text", "json", "jsonl", "csv"}));
  EXPECT_EQ(completion_of_value("=WHEN").words, (words{"auto", "always", "never"}));
  EXPECT_EQ(completion_of_value("N|adaptive").words, words{"adaptive"});
  EXPECT_TRUE(completion_of_value("TIME").words.empty());
}

TEST(placeholder, a_shell_can_offer_files_and_folders) {
  EXPECT_TRUE(completion_of_value("N|MIN..MAX|auto|FILE").files);
  EXPECT_EQ(completion_of_value("N|MIN..MAX|auto|FILE").words, words{"auto"});
  EXPECT_TRUE(completion_of_value("DIR").folders);
  EXPECT_FALSE(completion_of_value("DIR").files);
  EXPECT_FALSE(completion_of_value("N").files);
}

}  // namespace
}  // namespace weir::tool
