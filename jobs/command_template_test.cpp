#include <jobs/command_template.hpp>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdio>
#include <memory>

namespace weir::jobs {
namespace {

using strings = std::vector<std::string>;

item_batch batch_of(const strings& items, std::uint64_t seq = 1) {
  item_batch batch;
  for (const std::string& item : items) batch.push(item);
  batch.seq = seq;
  return batch;
}

// The words that start when `command` gets `items`.
strings run_words(const strings& command, const strings& items, const std::string& colsep = {}) {
  const auto made = command_template::parse(command, colsep);
  EXPECT_TRUE(made);
  expanded_command words;
  const item_batch batch = batch_of(items, 7);
  made->expand(batch, 3, words);
  EXPECT_EQ(words.argv().back(), nullptr);
  return {words.argv().begin(), words.argv().end() - 1};
}

// The text that sh gets when `command` is one argument.
std::string script(const std::string& command, const strings& items, const std::string& colsep = {}) {
  const strings words = run_words({command}, items, colsep);
  EXPECT_EQ(words.size(), 3u);
  return words.back();
}

TEST(command_template, without_a_placeholder_the_item_is_the_last_argument) {
  EXPECT_EQ(run_words({"echo", "x"}, {"a b"}), (strings{"echo", "x", "a b"}));
}

TEST(command_template, placeholders_mean_what_they_mean_to_gnu_parallel) {
  const strings command{"echo", "{}", "{.}", "{/}", "{//}", "{/.}", "{#}", "{%}"};
  EXPECT_EQ(run_words(command, {"a.x/b.c.d"}),
            (strings{"echo", "a.x/b.c.d", "a.x/b.c", "b.c.d", "a.x", "b.c", "7", "3"}));
  EXPECT_EQ(run_words(command, {"noext"}),
            (strings{"echo", "noext", "noext", "noext", ".", "noext", "7", "3"}));
  EXPECT_EQ(run_words(command, {"a./x."}), (strings{"echo", "a./x.", "a./x", "x.", "a.", "x", "7", "3"}));
  EXPECT_EQ(run_words(command, {"/"}), (strings{"echo", "/", "/", "", "/", "", "7", "3"}));
  EXPECT_EQ(run_words(command, {"a/.hid"}), (strings{"echo", "a/.hid", "a/", ".hid", "a", "", "7", "3"}));
  EXPECT_EQ(run_words(command, {"a/b.c/"}), (strings{"echo", "a/b.c/", "a/b.c/", "", "a", "", "7", "3"}));
}

TEST(command_template, a_number_of_the_job_alone_counts_as_a_placeholder) {
  EXPECT_EQ(run_words({"echo", "{#}"}, {"a"}), (strings{"echo", "7"}));
}

TEST(command_template, braces_that_are_no_placeholder_stay) {
  EXPECT_EQ(run_words({"awk", "{print}", "{0}", "{a}", "{", "{-1}", "{}"}, {"f"}),
            (strings{"awk", "{print}", "{0}", "{a}", "{", "{-1}", "f"}));
}

TEST(command_template, a_placeholder_may_stand_inside_a_word_and_more_than_once) {
  EXPECT_EQ(run_words({"cp", "{}", "{.}.bak-{#}-{}"}, {"a.txt"}), (strings{"cp", "a.txt", "a.bak-7-a.txt"}));
}

TEST(command_template, several_items_are_several_arguments_and_joined_inside_a_word) {
  EXPECT_EQ(run_words({"echo"}, {"a", "b c"}), (strings{"echo", "a", "b c"}));
  EXPECT_EQ(run_words({"echo", "{/}", "x{}"}, {"p/a", "p/b"}), (strings{"echo", "a", "b", "xp/a p/b"}));
  EXPECT_EQ(run_words({"echo", "{2}-{1}", "{3}"}, {"a", "b"}), (strings{"echo", "b-a", ""}));
  EXPECT_EQ(run_words({"echo", "{2/.}"}, {"a", "b/c.d"}), (strings{"echo", "c"}));
}

TEST(command_template, columns_are_arguments_too) {
  EXPECT_EQ(run_words({"echo", "{2}", "{1}"}, {"a,b"}, ","), (strings{"echo", "b", "a"}));
  EXPECT_EQ(run_words({"echo"}, {"a,,b"}, ","), (strings{"echo", "a", "", "b"}));
  EXPECT_EQ(run_words({"echo", "x{}"}, {"a::b", "c"}, "::"), (strings{"echo", "xa b c"}));
}

TEST(command_template, one_plain_word_runs_without_a_shell) {
  EXPECT_EQ(run_words({"echo"}, {"$HOME"}), (strings{"echo", "$HOME"}));
  EXPECT_EQ(run_words({"{}"}, {"/bin/true"}), (strings{"/bin/true"}));
}

TEST(command_template, one_argument_with_a_shell_character_runs_through_sh_with_items_quoted) {
  EXPECT_EQ(run_words({"echo {} | wc"}, {"a b"}), (strings{"/bin/sh", "-c", "echo 'a b' | wc"}));
  EXPECT_EQ(script("gzip -k", {"it's"}), "gzip -k 'it'\\''s'");
  EXPECT_EQ(script("echo {/} n{#};", {"d/x y"}), "echo 'x y' n7;");
}

TEST(command_template, in_a_shell_several_items_are_words_or_joined_in_one_quoted_word) {
  EXPECT_EQ(script("echo {}; echo x{}", {"a", "b c"}), "echo 'a' 'b c'; echo x'a b c'");
  EXPECT_EQ(script("echo {2}", {"a,b;c"}, ","), "echo 'b;c'");
  EXPECT_EQ(script("(cat <{})", {"a"}), "(cat <'a')");
}

TEST(command_template, the_empty_item_is_an_empty_argument) {
  EXPECT_EQ(run_words({"echo"}, {""}), (strings{"echo", ""}));
  EXPECT_EQ(script("echo {}", {""}), "echo ''");
}

TEST(command_template, an_empty_command_is_refused) {
  EXPECT_FALSE(command_template::parse(strings{""}));
  EXPECT_FALSE(command_template::parse(strings{}));
}

TEST(command_template, warns_when_an_item_becomes_text_of_a_shell) {
  const auto warning = [](const strings& words) { return command_template::parse(words)->warning(); };
  EXPECT_EQ(warning({"sh", "-c", "echo {}"}),
            "in 'sh -c ...' an item becomes text of the shell, which may run what it says; use sh -c '... "
            "\"$1\" ...' sh {}");
  EXPECT_NE(warning({"env", "A=1", "/bin/bash", "-ec", "echo {.}"}), "");
  EXPECT_EQ(warning({"sh", "-c", "echo \"$1\"", "sh", "{}"}), "");
  EXPECT_EQ(warning({"sh", "-c", "echo {#}"}), "");
  EXPECT_EQ(warning({"sh", "-c", "sleep 1"}), "");
  EXPECT_EQ(warning({"echo {}"}), "");
}

TEST(command_template, warns_of_a_placeholder_inside_quotes_of_a_shell_command) {
  const auto warns = [](const std::string& text) {
    return !command_template::parse(strings{text})->warning().empty();
  };
  for (const char* bad : {"echo '{}'", "echo \"{}\"", "echo \"a $(b) {/}\"", "echo \\{}", "echo 'a\\' '{1}'",
                          "echo \"it's {}\"", "echo \"\\\"{}\"", "x=\"$(cat '{}')\""})
    EXPECT_TRUE(warns(bad)) << bad;
  for (const char* good : {"echo {}", "echo 'a' {} \"b\"", "echo \"$(cat {})\"", "echo \"`cat {}`\"",
                           "echo \\'{}", "echo '{#}' {}", "(cd x; echo {})", "echo \"a\\\"b\"{}"})
    EXPECT_FALSE(warns(good)) << good;
}

TEST(command_template, prints_a_command_as_somebody_would_type_it) {
  const auto typed = [](const strings& words, const strings& items) {
    const auto made = command_template::parse(words);
    expanded_command command;
    const item_batch batch = batch_of(items);
    made->expand(batch, 1, command);
    return command.to_string();
  };
  EXPECT_EQ(typed({"echo", "-n"}, {"a b", ""}), "echo -n 'a b' ''");
  EXPECT_EQ(typed({"echo {} >x"}, {"a b"}), "echo 'a b' >x");
}

TEST(command_template, knows_how_large_a_command_becomes) {
  const auto made = command_template::parse(strings{"echo", "{}", "x{}", "{1}", "{#}"});
  EXPECT_EQ(made->uses_of_items(), 2u);
  EXPECT_EQ(command_template::parse(strings{"echo"})->fixed_size(), 5 + 2 * sizeof(char*));
}

TEST(command_template, knows_whether_items_share_an_argument) {
  const auto joins = [](const strings& words) { return command_template::parse(words)->joins_items(); };
  EXPECT_FALSE(joins({"echo"}));
  EXPECT_FALSE(joins({"echo", "{}", "{/}", "x{#}"}));
  EXPECT_TRUE(joins({"echo", "x{}"}));
  EXPECT_TRUE(joins({"echo {}"}));
}

TEST(command_template, what_sh_reads_back_is_the_item_whatever_it_holds) {
  EXPECT_TRUE(rc::check("quoting is exact", [](std::string item) {
    std::erase(item, '\0');
    const std::string text = "printf %s " + shell_quoted(item);
    struct closer {
      void operator()(std::FILE* f) const { ::pclose(f); }
    };
    const std::unique_ptr<std::FILE, closer> from(::popen(text.c_str(), "r"));
    std::string out;
    for (int c = std::fgetc(from.get()); c != EOF; c = std::fgetc(from.get())) out += static_cast<char>(c);
    RC_ASSERT(out == item);
  }));
}

}  // namespace
}  // namespace weir::jobs
