#include <tool/completion/completion.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

// What the shells make of the scripts is tested with the shells: tests/end_to_end/completion_test.py.

namespace weir::tool {
namespace {

int nothing(std::vector<std::string>) { return 0; }

grammar example() {
  return {{.name = "sort", .usage = "usage: weir sort", .words = {"Words", {{"up", "from the least"}}}},
          operands::anywhere,
          {{"Options", {{"-n,--up-to", "N|FILE", "how many: [all]", "", {}}, {"--it's", "", "so", "", {}}}}}};
}

constexpr std::array<command, 1> all{{{"sort", "it's put in order", nothing, example}}};

TEST(completion, a_shell_is_known_by_its_name) {
  EXPECT_EQ(shell_of("bash"), shell::bash);
  EXPECT_EQ(shell_of("zsh"), shell::zsh);
  EXPECT_EQ(shell_of("fish"), shell::fish);
  EXPECT_EQ(shell_of("csh"), std::nullopt);
}

TEST(completion, a_word_is_quoted_for_a_shell) {
  EXPECT_EQ(quoted("a b"), "'a b'");
  EXPECT_EQ(quoted("it's"), "'it'\\''s'");
}

TEST(completion, an_option_has_one_name_or_two) {
  const grammar g = example();
  const auto options = options_of(g);
  ASSERT_GE(options.size(), 6U) << "those of every command too";
  EXPECT_EQ(names_of(*options[0]), (std::vector<std::string_view>{"-n", "--up-to"}));
  EXPECT_EQ(names_of(*options[1]), (std::vector<std::string_view>{"--it's"}));
}

TEST(completion, every_script_knows_commands_options_and_words) {
  for (const shell s : {shell::bash, shell::zsh, shell::fish}) {
    const std::string script = completion_script(s, all);
    for (const char* word : {"sort", "up-to", "up", "print-config"})
      EXPECT_NE(script.find(word), std::string::npos) << word;
  }
}

TEST(completion, what_ends_a_specification_of_zsh_is_escaped) {
  EXPECT_NE(zsh_completion(all).find("{-n+,--up-to=}'[how many\\: \\[all\\]]:N|FILE:_files'"),
            std::string::npos)
      << zsh_completion(all);
}

}  // namespace
}  // namespace weir::tool
