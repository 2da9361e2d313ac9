#include <tool/grammar.hpp>
#include <tool/help_text.hpp>

#include <gtest/gtest.h>

namespace weir::tool {
namespace {

using strings = std::vector<std::string>;

constexpr std::string_view later[] = {"--queues"};

// A command with one option of each kind, and what its setters were given.
struct example {
  strings seen{};
  operands where = operands::end_options;

  grammar make() {
    const auto note = [this](std::string name) {
      return [this, name](const std::string& value) { seen.push_back(name + "=" + value); };
    };
    return grammar({.name = "run",
                    .usage = "usage: weir run COMMAND",
                    .summary = "What it does.\n",
                    .closing = "Try it.\n",
                    .more = "At length\n  It does.\n",
                    .later = later},
                   where,
                   {{"Options",
                     {{"-j,--workers", "N", "how many", "More on it.\nTwo lines.", note("workers")},
                      {"-k,--keep-order", "", "in order", "", note("keep")},
                      {"-0,--null", "", "NUL", "", note("null")},
                      {"--queue", "N", "bound", "", note("queue")},
                      {"--color", "=WHEN", "colour", "", note("color")}}}},
                   {{"--jobs", "-j, --workers"}});
  }

  parsed parse(const strings& args) { return make().parse(args); }

  std::string refusal(const strings& args) {
    try {
      parse(args);
    } catch (const usage_error& e) {
      EXPECT_EQ(e.usage, "usage: weir run COMMAND");
      return e.message;
    }
    return "accepted";
  }
};

TEST(grammar, a_value_follows_after_a_space_or_an_equals_sign_or_at_once) {
  for (const strings& args : {strings{"--workers", "4"}, {"--workers=4"}, {"-j4"}, {"-j", "4"}}) {
    example e;
    EXPECT_TRUE(e.parse(args).operands.empty());
    EXPECT_EQ(e.seen, strings{"workers=4"});
  }
}

TEST(grammar, short_options_may_stand_together) {
  example e;
  e.parse({"-k0j4"});
  EXPECT_EQ(e.seen, (strings{"keep=", "null=", "workers=4"}));
}

TEST(grammar, a_negative_number_is_a_value) {
  example e;
  e.parse({"--queue", "-1"});
  EXPECT_EQ(e.seen, strings{"queue=-1"});
}

TEST(grammar, the_last_of_an_option_wins) {
  example e;
  e.parse({"-j1", "--workers=2"});
  EXPECT_EQ(e.seen, strings{"workers=2"});
}

TEST(grammar, an_optional_value_is_taken_only_after_an_equals_sign) {
  example e;
  EXPECT_EQ(e.parse({"--color", "always"}).operands, strings{"always"});
  EXPECT_EQ(e.seen, strings{"color="});
  example with;
  with.parse({"--color=never"});
  EXPECT_EQ(with.seen, strings{"color=never"});
}

TEST(grammar, nothing_of_the_users_command_is_an_option_of_ours) {
  example e;
  EXPECT_EQ(e.parse({"-j2", "ls", "-k", "--queue=3", "--", "-x"}).operands,
            (strings{"ls", "-k", "--queue=3", "--", "-x"}));
  EXPECT_EQ(e.seen, strings{"workers=2"});
}

TEST(grammar, two_dashes_end_the_options) {
  example e;
  EXPECT_EQ(e.parse({"--", "-k"}).operands, strings{"-k"});
  EXPECT_TRUE(e.seen.empty());
}

TEST(grammar, items_follow_three_colons) {
  example e;
  const parsed p = e.parse({"echo", "x", ":::", "a", "--queue"});
  EXPECT_EQ(p.operands, (strings{"echo", "x"}));
  EXPECT_EQ(p.items, (strings{"a", "--queue"}));
  EXPECT_EQ(e.parse({"echo"}).items, std::nullopt);
  EXPECT_EQ(e.parse({"echo", ":::"}).items, strings{});
}

TEST(grammar, where_operands_may_stand_anywhere_options_follow_them) {
  example e;
  e.where = operands::anywhere;
  EXPECT_EQ(e.parse({"scene", "-k", "other"}).operands, (strings{"scene", "other"}));
  EXPECT_EQ(e.seen, strings{"keep="});
}

TEST(grammar, an_unknown_option_is_answered_with_the_nearest) {
  example e;
  EXPECT_EQ(e.refusal({"--wokers=4"}), "unknown option '--wokers'; did you mean '--workers'?");
  EXPECT_EQ(e.refusal({"--work", "4"}), "unknown option '--work'; did you mean '--workers'?");
  EXPECT_EQ(e.refusal({"-queue", "4"}), "unknown option '-q'; did you mean '--queue'?");
  EXPECT_EQ(e.refusal({"--zzzzzz"}), "unknown option '--zzzzzz'");
  EXPECT_EQ(e.refusal({"-x"}), "unknown option '-x'");
}

TEST(grammar, a_name_of_another_program_is_answered_with_ours) {
  example e;
  EXPECT_EQ(e.refusal({"--jobs=4"}), "unknown option '--jobs'; did you mean -j, --workers?");
}

TEST(grammar, a_missing_or_needless_value_is_refused) {
  example e;
  EXPECT_EQ(e.refusal({"--workers"}), "--workers needs a value: --workers N");
  EXPECT_EQ(e.refusal({"-j", ":::", "a"}), "-j needs a value: -j N");
  EXPECT_EQ(e.refusal({"--workers="}), "--workers has an empty value; write -j, --workers N");
  EXPECT_EQ(e.refusal({"--keep-order=yes"}), "--keep-order takes no value (got 'yes')");
}

TEST(grammar, help_wins_over_what_else_is_there) {
  example e;
  EXPECT_EQ(e.parse({"-k", "--help"}).answer, brief_help(e.make()));
  EXPECT_EQ(e.parse({"-h"}).answer, brief_help(e.make()));
  EXPECT_EQ(e.parse({"--help=long"}).answer, full_help(e.make()));
  EXPECT_TRUE(e.seen.empty());
  EXPECT_EQ(e.parse({"-k"}).answer, std::nullopt);
}

TEST(grammar, both_helps_name_every_option_and_the_long_one_says_more) {
  example e;
  const std::string brief = brief_help(e.make());
  const std::string full = full_help(e.make());
  for (const char* name : {"--workers", "--keep-order", "--null", "--queue", "--color[=WHEN]", "--help",
                           "--version", "--config", "--print-config"}) {
    EXPECT_NE(brief.find(name), std::string::npos) << name;
    EXPECT_NE(full.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(brief.find("More on it."), std::string::npos);
  EXPECT_NE(full.find("      More on it. Two lines.\n"), std::string::npos);
  EXPECT_NE(full.find("At length\n  It does.\n"), std::string::npos);
}

TEST(grammar, suggestions_are_near_or_not_made) {
  const std::vector<std::string_view> known{"run", "demo", "bench"};
  EXPECT_EQ(did_you_mean("rnu", known), "; did you mean 'run'?");
  EXPECT_EQ(did_you_mean("bnech", known), "; did you mean 'bench'?");
  EXPECT_EQ(did_you_mean("serve", known), "");
}

TEST(grammar, an_empty_value_is_refused_however_it_is_written) {
  for (const strings& args : {strings{"--queue="}, {"--queue", ""}}) {
    example e;
    EXPECT_EQ(e.refusal(args), "--queue has an empty value; write --queue N");
    EXPECT_TRUE(e.seen.empty());
  }
  EXPECT_EQ(example().refusal({"-j", ""}), "-j has an empty value; write -j, --workers N");
}

TEST(grammar, a_flag_is_taken_back_by_no_before_its_name_and_nothing_else_is) {
  example e;
  e.parse({"-k", "--no-keep-order"});
  EXPECT_TRUE(e.seen.empty());
  EXPECT_EQ(e.refusal({"--no-workers"}), "unknown option '--no-workers'; did you mean '--workers'?");
  EXPECT_TRUE(e.refusal({"--no-help"}).starts_with("unknown option '--no-help'"));
  EXPECT_TRUE(e.refusal({"--no-keep-order=1"}).starts_with("unknown option '--no-keep-order'"));
}

TEST(grammar, a_value_that_looks_like_a_list_is_a_value) {
  example e;
  e.parse({"--queue=[a,b]", "--workers={}"});
  EXPECT_EQ(e.seen, (strings{"queue=[a,b]", "workers={}"}));
}

TEST(grammar, an_option_that_is_planned_is_not_taken_for_a_mistake) {
  example e;
  EXPECT_EQ(e.refusal({"--queues=2"}), "--queues is not available yet");
  EXPECT_EQ(e.refusal({"--queues"}), "--queues is not available yet");
}

}  // namespace
}  // namespace weir::tool
