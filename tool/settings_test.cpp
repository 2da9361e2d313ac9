#include <tool/grammar.hpp>
#include <tool/settings.hpp>

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <unistd.h>

namespace weir::tool {
namespace {

using strings = std::vector<std::string>;

constexpr std::string_view later[] = {"--trace"};

// A folder that goes away.
class folder {
 public:
  folder() { EXPECT_NE(::mkdtemp(path_.data()), nullptr); }
  ~folder() {
    std::remove(file().c_str());
    ::rmdir(path_.c_str());
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  std::string file() const { return path_ + "/weir.toml"; }

 private:
  std::string path_ = "/tmp/weir-settings-XXXXXX";
};

// A command that notes what it is told, a file, and an environment.
struct settings : ::testing::Test {
  grammar make() {
    const auto note = [this](std::string name) {
      return [this, name](const std::string& value) {
        if (value == "bad") throw usage_error{"--" + name + ": 'bad' is bad; use good"};
        seen.push_back(name + "=" + value);
      };
    };
    return grammar({.name = "run", .usage = "usage: weir run COMMAND", .later = later}, operands::end_options,
                   {{"Options",
                     {{"-q,--queue", "N", "bound", "", note("queue"), [] { return "4"; }},
                      {"--on-full", "POLICY", "policy", "", note("on-full"), [] { return "block"; }},
                      {"-k,--keep-order", "", "in order", "", note("keep-order")},
                      {"-0,--null", "", "NUL", "", note("null")},
                      {"-d,--delimiter", "CHAR", "", "", note("delimiter")},
                      {"--lane", "FIELD", "lane", "", note("lane"), {}, true},
                      {"--color", "=WHEN", "colour", "", note("color"), [] { return "auto"; }},
                      {"--timeout", "TIME", "time", "", note("timeout")}}}});
  }

  void write(const std::string& text) { std::ofstream(temporary.file()) << text; }

  parsed parse(strings args, bool with_file = true) {
    if (with_file) args.insert(args.begin(), {"--config", temporary.file()});
    surroundings around{.commands = {"run", "plan"}, .version = "weir 1\n"};
    around.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment.find(name);
      return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    seen.clear();
    return make().parse(args, around);
  }

  // The refusal, with the folder's name taken out.
  std::string refusal(const strings& args) {
    try {
      parse(args);
    } catch (const usage_error& e) {
      const std::size_t at = e.message.find(temporary.file());
      std::string message = e.message;
      if (at != std::string::npos) message.replace(at, temporary.file().size(), "weir.toml");
      return message;
    }
    return "accepted";
  }

  std::string refusal_of_file(const std::string& text) {
    write(text);
    return refusal({});
  }

  folder temporary{};
  std::map<std::string, std::string> environment{};
  strings seen{};
};

TEST_F(settings, a_file_gives_options_by_their_long_names) {
  write("queue = 100\non-full = \"reject\"\nkeep-order = true\nnull = false\n");
  parse({});
  EXPECT_EQ(seen, (strings{"queue=100", "on-full=reject", "keep-order="}));
}

TEST_F(settings, the_environment_goes_before_the_file_and_the_command_line_before_both) {
  write("queue = 1\non-full = 'reject'\ntimeout = '1s'\n");
  environment = {{"WEIR_ON_FULL", "spill"}, {"WEIR_TIMEOUT", "2s"}};
  parse({"--timeout", "3s"});
  EXPECT_EQ(seen, (strings{"queue=1", "on-full=spill", "timeout=3s"}));
}

TEST_F(settings, a_table_of_the_command_goes_before_the_top_of_the_file) {
  write("queue = 1\n[plan]\nqueue = 2\nnot-of-run = 5\n[run]\nqueue = 3\n");
  parse({});
  EXPECT_EQ(seen, strings{"queue=3"});
}

TEST_F(settings, the_environment_may_name_the_file) {
  write("queue = 7\n");
  environment["WEIR_CONFIG"] = temporary.file();
  parse({}, false);
  EXPECT_EQ(seen, strings{"queue=7"});
  environment["WEIR_CONFIG"] = "/nowhere";
  parse({});
  EXPECT_EQ(seen, strings{"queue=7"}) << "the command line names another";
}

TEST_F(settings, a_flag_can_be_taken_back_above_the_place_that_gives_it) {
  write("keep-order = true\n");
  environment["WEIR_KEEP_ORDER"] = "no";
  parse({});
  EXPECT_TRUE(seen.empty());
  environment["WEIR_KEEP_ORDER"] = "YES";
  parse({});
  EXPECT_EQ(seen, strings{"keep-order="});
  parse({"--no-keep-order"});
  EXPECT_TRUE(seen.empty());
  parse({"--no-keep-order", "-k"});
  EXPECT_EQ(seen, strings{"keep-order="});
}

TEST_F(settings, of_two_options_that_exclude_each_other_the_stronger_place_comes_last) {
  write("delimiter = ','\n");
  parse({"-0"});
  EXPECT_EQ(seen, (strings{"delimiter=,", "null="}));
  write("null = true\n");
  parse({"-d", ","});
  EXPECT_EQ(seen, (strings{"null=", "delimiter=,"}));
}

TEST_F(settings, a_list_is_for_options_that_repeat_and_is_replaced_as_a_whole) {
  write("lane = ['a', 'b']\n");
  parse({});
  EXPECT_EQ(seen, (strings{"lane=a", "lane=b"}));
  parse({"--lane", "c", "-q1", "--lane", "[d]"});
  EXPECT_EQ(seen, (strings{"lane=c", "lane=[d]", "queue=1"}));
}

TEST_F(settings, variables_that_are_no_options_are_left_alone) {
  write("");
  environment = {{"WEIR_ITEM", "x"},         {"WEIR_SEQ", "1"},  {"WEIR_SLOT", "1"},
                 {"WEIR_ITEM_OMITTED", "1"}, {"WEIR_HELP", "1"}, {"WEIR_PRINT_CONFIG", "1"},
                 {"WEIR_VERSION", "1"},      {"WEIR_QUEUE", ""}};
  EXPECT_EQ(parse({}).answer, std::nullopt);
  EXPECT_TRUE(seen.empty());
}

TEST_F(settings, an_unknown_key_is_answered_with_its_line_and_the_nearest) {
  EXPECT_EQ(refusal_of_file("# x\nqueu = 1\n"), "weir.toml:2: unknown key 'queu'; did you mean 'queue'?");
  EXPECT_EQ(refusal_of_file("keep_order = true\n"),
            "weir.toml:1: unknown key 'keep_order'; did you mean 'keep-order'?");
  EXPECT_EQ(
      refusal_of_file("zzz = 1\n"),
      "weir.toml:1: unknown key 'zzz'; weir help run lists what there is, and what another command has goes "
      "into a table of its name");
  EXPECT_EQ(refusal_of_file("trace = 'x'\n"), "weir.toml:1: trace is not available yet");
  EXPECT_EQ(refusal_of_file("[run]\nqueu = 1\n"), "weir.toml:2: unknown key 'queu'; did you mean 'queue'?");
}

TEST_F(settings, the_options_that_ask_the_program_cannot_stand_in_a_file) {
  for (const char* key : {"config", "print-config", "help", "version"})
    EXPECT_TRUE(refusal_of_file(std::string(key) + " = true\n").starts_with("weir.toml:1: unknown key"))
        << key;
}

TEST_F(settings, an_unknown_table_is_answered_with_its_line_and_the_nearest) {
  EXPECT_EQ(refusal_of_file("[rum]\n"), "weir.toml:1: unknown table [rum]; did you mean 'run'?");
  EXPECT_EQ(refusal_of_file("queue = 1\n[others]\n"),
            "weir.toml:2: unknown table [others]; tables are named after commands: run, plan");
}

TEST_F(settings, a_value_of_a_wrong_kind_is_refused_with_a_right_one) {
  EXPECT_EQ(refusal_of_file("queue = true\n"),
            "weir.toml:1: queue: true is no value for it; write queue = 8");
  EXPECT_EQ(refusal_of_file("\nkeep-order = 'yes'\n"),
            "weir.toml:2: keep-order: 'yes' is neither true nor false; write keep-order = true");
  EXPECT_EQ(refusal_of_file("on-full = ['a']\n"),
            "weir.toml:1: on-full: a list is too much: it has one value; write on-full = \"block\"");
  EXPECT_EQ(refusal_of_file("timeout = 07:32:00\n"),
            "weir.toml:1: timeout: a date or time is no value for it; write timeout = \"5s\"");
  EXPECT_EQ(refusal_of_file("color = false\n"),
            "weir.toml:1: color: false is no value for it; write color = \"never\"");
  EXPECT_EQ(refusal_of_file("lane = []\n"), "weir.toml:1: lane: the list is empty; write lane = 1");
  EXPECT_EQ(refusal_of_file("on-full = ''\n"),
            "weir.toml:1: on-full: the value is empty; write on-full = \"block\"");
}

TEST_F(settings, a_bad_value_is_told_from_where_it_stands) {
  EXPECT_EQ(refusal_of_file("\n\nqueue = 'bad'\n"), "weir.toml:3: queue: 'bad' is bad; use good");
  write("");
  EXPECT_EQ(refusal({"--queue", "bad"}), "--queue: 'bad' is bad; use good");
  environment["WEIR_QUEUE"] = "bad";
  EXPECT_EQ(refusal({}), "WEIR_QUEUE: 'bad' is bad; use good");
  EXPECT_EQ(refusal({"-q1"}), "accepted") << "what is not taken is not looked at";
  environment = {{"WEIR_NULL", "maybe"}};
  EXPECT_EQ(refusal({}), "WEIR_NULL: 'maybe' is neither yes nor no; use 1 or 0");
}

TEST_F(settings, a_file_that_cannot_be_read_is_said) {
  EXPECT_EQ(refusal({}), "cannot read 'weir.toml': No such file or directory");
}

TEST_F(settings, print_config_shows_each_value_and_where_it_is_from) {
  write("queue = 100\nlane = ['a', 'b c']\nnull = false\n");
  environment["WEIR_ON_FULL"] = "reject";
  const std::string text = parse({"--print-config", "-k", "--color", "command"}).answer.value_or("none");
  const std::string from = "  # " + temporary.file() + "\n";
  EXPECT_EQ(text, "queue = 100" + from + "lane = [\"a\", \"b c\"]" + from + "null = false" + from +
                      "on-full = \"reject\"  # WEIR_ON_FULL\n"
                      "keep-order = true  # command line\n"
                      "color = true  # command line\n");
  EXPECT_EQ(parse({"--print-config"}, false).answer,
            "queue = 4  # default\n"
            "keep-order = false  # default\n"
            "null = false  # default\n"
            "color = \"auto\"  # default\n"
            "on-full = \"reject\"  # WEIR_ON_FULL\n");
}

TEST_F(settings, what_print_config_shows_is_read_back_as_the_same) {
  write("delimiter = ','\ntimeout = '5s'\n");
  environment["WEIR_LANE"] = "x y";
  const std::string shown = *parse({"--print-config", "-0", "--color=never"}).answer;
  const strings told = seen;
  environment.clear();
  write(shown);
  parse({});
  strings again = seen;
  for (const char* initial : {"queue=4", "on-full=block"}) EXPECT_EQ(std::erase(again, initial), 1U);
  EXPECT_EQ(again, told);
}

TEST_F(settings, help_and_version_look_at_no_file) {
  EXPECT_NE(parse({"--help"}).answer, std::nullopt);
  EXPECT_EQ(parse({"-q", "1", "--version"}).answer, "weir 1\n");
  EXPECT_TRUE(seen.empty());
}

}  // namespace
}  // namespace weir::tool
