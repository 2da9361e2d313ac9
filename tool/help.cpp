// `weir help`: the overview, a command at length, its manual page, and the completions of shells.

#include <tool/commands.hpp>
#include <tool/completion/completion.hpp>
#include <tool/grammar.hpp>
#include <tool/help_text.hpp>
#include <tool/manual.hpp>

#include <fmt/format.h>

namespace {

namespace tool = weir::tool;

struct help_options {
  bool manual = false;
  std::optional<tool::shell> completion{};
};

tool::shell need_shell(const std::string& name) {
  if (const auto shell = tool::shell_of(name)) return *shell;
  throw tool::usage_error{
      fmt::format("--completion: '{}' is no shell that is known; use bash, zsh or fish", name)};
}

tool::grammar grammar_of(help_options& o) {
  tool::named_words names{"Commands", {}};
  for (const tool::command& c : tool::commands()) names.words.emplace_back(c.name, c.sentence);
  return {{.name = "help",
           .usage = "usage: weir help [COMMAND] [--man], or weir help --completion bash|zsh|fish",
           .summary = "Explains a command at length; without one, lists what there is.\n",
           .words = std::move(names),
           .closing = "Try:\n"
                      "  weir help run\n"
                      "  weir help --man run > weir-run.1; man ./weir-run.1\n"
                      "  source <(weir help --completion bash)\n"},
          tool::operands::anywhere,
          {{"Options",
            {{"--man", "", "print the manual page, in mdoc(7)", "",
              [&o](const std::string&) { o.manual = true; }},
             {"--completion", "bash|zsh|fish", "print what lets a shell complete the words of weir",
              "Installed with the program; or put source <(weir help --completion bash) into ~/.bashrc.",
              [&o](const std::string& v) { o.completion = need_shell(v); }}}}}};
}

}  // namespace

tool::grammar help_grammar() {
  static help_options unused;
  return grammar_of(unused);
}

int help_command(std::vector<std::string> args) {
  help_options o;
  const tool::grammar grammar = grammar_of(o);
  const tool::parsed words = grammar.parse(args, {.version = tool::version_line()});
  if (words.answer) return tool::print(*words.answer);
  if (words.items || words.operands.size() > 1)
    throw tool::usage_error{"one command at a time", grammar.usage()};
  if (o.completion) return tool::print(tool::completion_script(*o.completion, tool::commands()));
  const tool::edition edition{.version = WEIR_VERSION, .date = WEIR_DATE};
  if (words.operands.empty())
    return tool::print(o.manual ? tool::manual_overview(tool::commands(), edition) : tool::overview());
  const tool::command& c = tool::need_command(words.operands.front());
  return tool::print(o.manual ? tool::manual_page(c, tool::commands(), edition)
                              : tool::full_help(c.grammar()));
}
