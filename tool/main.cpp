// The program: finds the command, runs it, and says what went wrong.

#include <jobs/watchdog.hpp>
#include <tool/commands.hpp>
#include <tool/grammar.hpp>

#include <fmt/format.h>

#include <exception>
#include <span>
#include <string>
#include <vector>

namespace tool = weir::tool;

namespace {

int dispatch(std::span<const std::string> args) {
  if (args.empty()) return tool::print(tool::overview());
  const std::string& first = args.front();
  if (first == "--help" || first == "-h") return tool::print(tool::overview());
  if (first == "--version") return tool::print(tool::version_line());
  return tool::need_command(first).function({args.begin() + 1, args.end()});
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
