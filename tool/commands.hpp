// The commands of the program. Each lives in the file of its name; the table in commands.cpp gives it its
// place in the help, the manual and the completions.
//
// Every function gets the words after the command's name and returns the exit code: 0 all done, 1 something
// failed or was lost, 2 usage or a bad file. A usage error may leave as weir::tool::usage_error
// (option.hpp); main prints it. Every grammar is the command's own, for reading: its setters lead nowhere.
#pragma once

#include <tool/grammar.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

int run_command(std::vector<std::string> args);
int plan_command(std::vector<std::string> args);
int demo_command(std::vector<std::string> args);
int bench_command(std::vector<std::string> args);
int help_command(std::vector<std::string> args);
int top_command(std::vector<std::string> args);

weir::tool::grammar run_grammar();
weir::tool::grammar plan_grammar();
weir::tool::grammar demo_grammar();
weir::tool::grammar bench_grammar();
weir::tool::grammar help_grammar();
weir::tool::grammar top_grammar();

namespace weir::tool {

struct command {
  std::string_view name;
  std::string_view sentence;
  int (*function)(std::vector<std::string> args);
  tool::grammar (*grammar)();
};

/// What the program can do, in the order of the help.
std::span<const command> commands();

/// The command of that name; null when there is none.
const command* find_command(std::string_view name);

/// The command of that name. Throws usage_error with the nearest one, or for a command that is not available
/// yet.
const command& need_command(std::string_view name);

/// The short help of the program: its commands, each with its sentence.
std::string overview();

/// What the words of a command say, with the file of --config and the environment of this process below them.
/// Throws usage_error.
parsed parse_words(const grammar&, std::span<const std::string> args);

/// "weir 1.2.3" and the end of the line.
std::string version_line();

}  // namespace weir::tool
