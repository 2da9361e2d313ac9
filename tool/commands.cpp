#include <tool/commands.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <optional>

namespace weir::tool {

namespace {

// A new command adds its line here.
constexpr auto table = std::to_array<command>({
    {"run", "run a command for each line of input: many at a time, never more than may wait", run_command,
     run_grammar},
    {"plan", "how large a queue, how many workers, and what to expect of them", plan_command, plan_grammar},
    {"demo", "a tour of a minute: what happens when more comes than can be done", demo_command, demo_grammar},
    {"top", "watch a running weir: its queue, rates, waits, losses", top_command, top_grammar},
    {"bench", "the same flood through each overflow policy, measured here", bench_command, bench_grammar},
    {"help", "explain a command at length: weir help COMMAND", help_command, help_grammar},
});

// What is planned.
constexpr std::string_view later[] = {"serve", "gate", "sim", "lab"};

[[noreturn]] void refuse(std::string_view word) {
  const std::string usage = "usage: weir COMMAND [ARG...]; weir help lists the commands";
  if (std::ranges::find(later, word) != std::end(later))
    throw usage_error{fmt::format("{} is not available yet", word), usage};
  const bool is_option = word.starts_with('-');
  std::vector<std::string_view> known{"--help", "--version"};
  if (!is_option) {
    known.clear();
    std::ranges::transform(table, std::back_inserter(known), &command::name);
  }
  throw usage_error{
      fmt::format("unknown {} '{}'{}", is_option ? "option" : "command", word, did_you_mean(word, known)),
      usage};
}

}  // namespace

std::span<const command> commands() { return table; }

const command* find_command(std::string_view name) {
  const auto* found = std::ranges::find(table, name, &command::name);
  return found == table.end() ? nullptr : found;
}

const command& need_command(std::string_view name) {
  const command* c = find_command(name);
  if (!c) refuse(name);
  return *c;
}

std::string overview() {
  std::string text =
      "weir: bounded queues, worker pools and overload control\n\n"
      "usage: weir COMMAND [ARG...]\n\n";
  for (const command& c : table) text += fmt::format("  {:<8}{}\n", c.name, c.sentence);
  return text +
         "\nweir COMMAND --help is short. Try:\n"
         "  seq 10 | weir run -j2 echo item\n";
}

parsed parse_words(const grammar& g, std::span<const std::string> args) {
  surroundings around{.version = version_line()};
  around.environment = [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  for (const command& c : table) around.commands.push_back(c.name);
  return g.parse(args, around);
}

std::string version_line() { return "weir " WEIR_VERSION "\n"; }

}  // namespace weir::tool
