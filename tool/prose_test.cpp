#include <tool/prose.hpp>

#include <gtest/gtest.h>

#include <string>

namespace weir::tool {
namespace {

TEST(prose, lines_are_joined_to_sentences_and_an_empty_line_ends_a_paragraph) {
  const auto all = paragraphs_of("One\ntwo.\n\nThree.\n");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].text, "One two.");
  EXPECT_EQ(all[1].text, "Three.");
  EXPECT_FALSE(all[0].kept);
}

TEST(prose, a_line_that_begins_with_a_space_is_kept_as_it_is) {
  const auto all = paragraphs_of("Say:\n  echo 8  # so\n  echo 9\nand go on.");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[1].kept);
  EXPECT_EQ(all[1].text, "  echo 8  # so\n  echo 9\n");
  EXPECT_EQ(all[2].text, "and go on.");
}

TEST(prose, the_indentation_of_a_body_does_not_count) {
  const auto all = paragraphs_of("  Sentences\n  go on.\n    a table\n", 2);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].text, "Sentences go on.");
  EXPECT_EQ(all[1].text, "  a table\n");
}

TEST(prose, a_line_without_indentation_begins_a_section) {
  const auto all = sections_of("Signals\n  One.\n\nExit status\n    0  done\n    1  not\n");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].title, "Signals");
  ASSERT_EQ(all[0].body.size(), 1U);
  EXPECT_EQ(all[0].body[0].text, "One.");
  EXPECT_EQ(all[1].title, "Exit status");
  ASSERT_EQ(all[1].body.size(), 1U);
  EXPECT_EQ(all[1].body[0].text, "  0  done\n  1  not\n");
  EXPECT_TRUE(sections_of("").empty());
}

TEST(prose, sentences_are_filled_to_the_width_and_kept_lines_are_not) {
  const std::string text = filled(paragraphs_of("one two three four\n  a kept line that is long"), 2, 11);
  EXPECT_EQ(text, "  one two\n  three\n  four\n    a kept line that is long\n");
}

TEST(prose, a_word_wider_than_the_width_stands_alone) {
  EXPECT_EQ(filled(paragraphs_of("a extraordinarily b"), 0, 6), "a\nextraordinarily\nb\n");
}

}  // namespace
}  // namespace weir::tool
