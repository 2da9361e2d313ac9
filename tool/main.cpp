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

struct command {
  std::string_view name;
  std::string_view sentence;
  int (*function)(std::vector<std::string> args);
};

// What the program can do. Help and "did you mean" are made from it; a new command adds its line here.
constexpr command commands[] = {
    {"run", "run a command for each line of input: many at a time, never more than may wait", run_command},
    {"plan", "how large a queue, how many workers, and what to expect of them", plan_command},
    {"demo", "a tour of a minute: what happens when more comes than can be done", demo_command},
    {"bench", "the same flood through each overflow policy, measured here", bench_command},
};

// What is planned.
constexpr std::string_view later[] = {"serve", "gate", "sim", "lab", "top"};

constexpr std::string_view version = "weir " WEIR_VERSION "\n";
constexpr std::string_view usage = "usage: weir COMMAND [ARG...]; weir help lists the commands";

std::string overview() {
  std::string text =
      "weir: bounded queues, worker pools and overload control\n\n"
      "usage: weir COMMAND [ARG...]\n\n";
  for (const command& c : commands) text += fmt::format("  {:<8}{}\n", c.name, c.sentence);
  text += fmt::format("  {:<8}{}\n\n", "help", "explain a command at length: weir help COMMAND");
  text +=
      "weir COMMAND --help is short. Try:\n"
      "  seq 10 | weir run -j2 echo item\n";
  return text;
}

const command* find(std::string_view name) {
  for (const command& c : commands)
    if (c.name == name) return &c;
  return nullptr;
}

[[noreturn]] void refuse(std::string_view word) {
  if (std::ranges::find(later, word) != std::end(later))
    throw tool::usage_error{fmt::format("{} is not available yet", word), std::string(usage)};
  const bool is_option = word.starts_with('-');
  std::vector<std::string_view> known;
  if (is_option) {
    known = {"--help", "--version"};
  } else {
    for (const command& c : commands) known.push_back(c.name);
    known.push_back("help");
  }
  throw tool::usage_error{fmt::format("unknown {} '{}'{}", is_option ? "option" : "command", word,
                                      tool::did_you_mean(word, known)),
                          std::string(usage)};
}

int help(std::span<const std::string> args) {
  if (args.empty()) return tool::print(overview());
  if (args.front() == "help") return tool::print(overview());
  const command* c = find(args.front());
  if (!c) refuse(args.front());
  return c->function({"--help=long"});
}

int dispatch(std::span<const std::string> args) {
  if (args.empty()) return tool::print(overview());
  const std::string& first = args.front();
  if (first == "--help" || first == "-h") return tool::print(overview());
  if (first == "--version") return tool::print(version);
  if (first == "help") return help(args.subspan(1));
  const command* c = find(first);
  if (!c) refuse(first);
  if (args.size() > 1 && args[1] == "--version") return tool::print(version);
  return c->function({args.begin() + 1, args.end()});
}

}  // namespace

int main(int argc, char** argv) {
  weir::jobs::occupy_standard_descriptors();
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  const bool named = !args.empty() && find(args.front());
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
