#include <tool/commands.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

namespace weir::tool {

namespace {

// A new command adds its line here.
constexpr auto table = std::to_array<command>({
    {"run", "run a command for each line of input: many at a time, never more than may wait", run_command,
     run_grammar},
    {"plan", "how large a queue, how many workers, and what to expect of them", plan_command, plan_grammar},
    {"demo", "a tour of a minute: what happens when more comes than can be done", demo_command, demo_grammar},
    {"bench", "the same flood through each overflow policy, measured here", bench_command, bench_grammar},
});

}  // namespace

std::span<const command> commands() { return table; }

const command* find_command(std::string_view name) {
  const auto* found = std::ranges::find(table, name, &command::name);
  return found == table.end() ? nullptr : found;
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
