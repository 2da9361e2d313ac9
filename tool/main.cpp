// The program: finds the command, runs it, and says what went wrong.

#include <jobs/watchdog.hpp>
#include <tool/commands.hpp>
#include <tool/grammar.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tool = weir::tool;

namespace {

// What is planned.
constexpr std::string_view later[] = {"serve", "gate", "sim", "lab", "top"};

constexpr std::string_view usage = "usage: weir COMMAND [ARG...]; weir help lists the commands";

std::string overview() {
  std::string text =
      "weir: bounded queues, worker pools and overload control\n\n"
      "usage: weir COMMAND [ARG...]\n\n";
  for (const tool::command& c : tool::commands()) text += fmt::format("  {:<8}{}\n", c.name, c.sentence);
  text += fmt::format("  {:<8}{}\n\n", "help", "explain a command at length: weir help COMMAND");
  text +=
      "weir COMMAND --help is short. Try:\n"
      "  seq 10 | weir run -j2 echo item\n";
  return text;
}

[[noreturn]] void refuse(std::string_view word) {
  if (std::ranges::find(later, word) != std::end(later))
    throw tool::usage_error{fmt::format("{} is not available yet", word), std::string(usage)};
  const bool is_option = word.starts_with('-');
  std::vector<std::string_view> known;
  if (is_option) {
    known = {"--help", "--version"};
  } else {
    for (const tool::command& c : tool::commands()) known.push_back(c.name);
    known.push_back("help");
  }
  throw tool::usage_error{fmt::format("unknown {} '{}'{}", is_option ? "option" : "command", word,
                                      tool::did_you_mean(word, known)),
                          std::string(usage)};
}

int help(std::span<const std::string> args) {
  if (args.empty()) return tool::print(overview());
  if (args.front() == "help") return tool::print(overview());
  const tool::command* c = tool::find_command(args.front());
  if (!c) refuse(args.front());
  return c->function({"--help=long"});
}

int dispatch(std::span<const std::string> args) {
  if (args.empty()) return tool::print(overview());
  const std::string& first = args.front();
  if (first == "--help" || first == "-h") return tool::print(overview());
  if (first == "--version") return tool::print(tool::version_line());
  if (first == "help") return help(args.subspan(1));
  const tool::command* c = tool::find_command(first);
  if (!c) refuse(first);
  return c->function({args.begin() + 1, args.end()});
}

}  // namespace

int main(int argc, char** argv) {
  weir::jobs::occupy_standard_descriptors();
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  const bool named = !args.empty() && tool::find_command(args.front());
  const std::string who = named ? "weir " + args.front() : "weir";
  try {
    return dispatch(args);
  } catch (const tool::usage_error& e) {
    fmt::print(stderr, "{}: {}\n{}\n", who, e.message, e.usage);
    return tool::exit_usage;
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}: {}\n", who, e.what());
    return tool::exit_failed;
  }
}
