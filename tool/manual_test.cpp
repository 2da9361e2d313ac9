#include <tool/commands.hpp>
#include <tool/manual.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace weir::tool {
namespace {

int nothing(std::vector<std::string>) { return 0; }

grammar example() {
  return {{.name = "sort",
           .usage = "usage: weir sort A, or weir sort --all",
           .summary = "Sorts.\n",
           .closing = "Try:\n  weir sort .a  what begins with a\n  weir sort\n",
           .more = "Words\n  Some -- of them.\n    kept  'so'\nExit status\n    0  fine\nSignals\n  None.\n"},
          operands::anywhere,
          {{"Options",
            {{"-n,--up-to", "N", "how many; well-known", "More to it. There.\n  .it -x", {}},
             {"--color", "=WHEN", "colour", "", {}},
             {"--all", "", "don't stop", "", {}}}}}};
}

constexpr std::array<command, 1> all{{{"sort", "put in order", nothing, example}}};

std::string page() { return manual_page(all.front(), all, {"1.2", "May 1, 2026"}); }

bool shows(std::string_view part) { return page().find(part) != std::string::npos; }

TEST(manual, a_page_has_name_date_and_version) {
  EXPECT_TRUE(shows(".Dd May 1, 2026\n.Dt WEIR-SORT 1\n.Os weir 1.2\n"));
  EXPECT_TRUE(shows(".Nm weir-sort\n.Nd put in order\n"));
}

TEST(manual, a_page_has_the_usual_sections_in_the_usual_order) {
  const std::string text = page();
  std::size_t at = 0;
  for (const char* title : {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SIGNALS", "ENVIRONMENT", "FILES",
                            "EXIT STATUS", "EXAMPLES", "SEE ALSO"}) {
    const std::size_t found = text.find(std::string("\n.Sh ") + title + "\n", at);
    ASSERT_NE(found, std::string::npos) << title;
    at = found;
  }
}

TEST(manual, each_way_of_the_usage_is_in_the_synopsis) {
  EXPECT_TRUE(shows(".Nm weir\n.Cm \\&sort\nA\n.Pp\n.Nm weir\n.Cm \\&sort\n\\-\\-all\n"));
}

TEST(manual, an_option_is_written_as_it_is_typed) {
  EXPECT_TRUE(shows(".It Fl \\&n , Fl \\&\\-up\\-to Ar \\&N\nhow many; well-known.\nMore to it.\nThere.\n"));
  EXPECT_TRUE(shows(".It Fl \\&\\-color Ns Oo = Ns Ar \\&WHEN Oc\n"));
  EXPECT_TRUE(shows(".It Fl \\&\\-all\ndon't stop.\n"));
}

TEST(manual, a_line_that_looks_like_a_request_is_text) {
  EXPECT_TRUE(shows(".Bd -literal\n\\&.it \\-x\n.Ed\n"));
  EXPECT_EQ(roff_text(".x"), "\\&.x");
  EXPECT_EQ(roff_text("'x'"), "\\&\\(aqx\\(aq");
  EXPECT_EQ(roff_text("a\\b"), "a\\eb");
}

TEST(manual, sections_of_their_own_kind_go_to_their_place) {
  EXPECT_TRUE(shows(".Ss Words\nSome \\-\\- of them.\n.Bd -literal\nkept  \\(aqso\\(aq\n.Ed\n"));
  EXPECT_TRUE(shows(".Sh EXIT STATUS\n.Bd -literal\n0  fine\n.Ed\n"));
  EXPECT_FALSE(shows(".Ss Signals"));
}

TEST(manual, an_example_is_explained_by_what_stands_behind_a_gap) {
  EXPECT_TRUE(shows(".Sh EXAMPLES\nwhat begins with a:\n.Dl weir sort .a\n.Pp\n.Dl weir sort\n"));
}

TEST(manual, the_page_of_the_program_names_every_command) {
  const std::string text = manual_overview(all, {"1.2", "May 1, 2026"});
  EXPECT_NE(text.find(".It Cm sort\nput in order; see\n.Xr weir-sort 1 .\n"), std::string::npos);
  EXPECT_NE(text.find("\\&\\-print\\-config"), std::string::npos);
}

}  // namespace
}  // namespace weir::tool
