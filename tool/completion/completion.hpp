// What lets a shell complete the words of weir, made from the same tables as the help.
//
// A script knows the commands with their sentences; of each command the options, which of them take a value
// and what that may be (placeholder.hpp), and its operands. Behind the options of a command that runs a
// command of the user's, the shell completes that command, and files behind `:::`. The scripts ask nothing of
// the program when they run. Thread-safety: pure functions.
#pragma once

#include <tool/commands.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir::tool {

enum class shell { bash, zsh, fish };

std::optional<shell> shell_of(std::string_view name);

std::string completion_script(shell, std::span<const command>);

std::string bash_completion(std::span<const command>);
std::string zsh_completion(std::span<const command>);
std::string fish_completion(std::span<const command>);

/// Every option of the command that is there, in the table's order.
std::vector<const option*> options_of(const grammar&);

/// "-j" and "--workers", or the long name alone.
std::vector<std::string_view> names_of(const option&);

/// As one word of a shell, in single quotes: 'it'\''s'.
std::string quoted(std::string_view text);

}  // namespace weir::tool
