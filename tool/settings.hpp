// Where an option's value comes from: default < file < environment < command line.
//
// Each place gives a list of values in its own order; the lists are joined, the weakest first, and the last
// of an option wins as a whole: a list of a file is replaced, not continued, by the command line. Values are
// applied in that order too, so that of two options which exclude each other (--null, --delimiter) the
// stronger place wins. Thread-safety: pure functions.
#pragma once

#include <tool/option.hpp>
#include <tool/settings_file.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tool {

/// What surrounds a command line. Without it nothing but the words counts.
struct surroundings {
  /// A variable of the environment; none, or an empty one: not set.
  std::function<std::optional<std::string>(const std::string& name)> environment{};
  std::vector<std::string_view> commands{};  ///< the tables that a file may have
  std::string version{};                     ///< what --version prints
};

/// A value that an option was given.
struct given {
  const option* what = nullptr;
  std::vector<std::string>
      values{};         ///< one, or several of an option that repeats; none: a flag switched off
  std::string where{};  ///< for --print-config: a file's path, "WEIR_QUEUE", "command line"
  std::string at{};     ///< what a refusal begins with: "weir.toml:3: queue"; empty: the option's name
};

/// The command that a file is read for.
struct file_reader {
  std::string_view command;                    ///< its name, which is that of its table
  std::span<const option_group> groups;        ///< its options
  std::span<const std::string_view> later;     ///< long names that are promised, but not available yet
  std::span<const std::string_view> commands;  ///< the tables that may stand there
};

/// Reads the file: first what stands at its top, then the command's own table. Throws usage_error for a file
/// that cannot be read, a key or table that is not known, and a value of a kind that the option cannot have.
std::vector<given> from_file(const file_reader&, const std::string& path);

/// Asks for the variable of each option. Throws usage_error for a flag that is neither yes nor no.
std::vector<given> from_environment(std::span<const option_group>, const surroundings&);

/// The last of each option, in the order in which they were given.
std::vector<given> strongest(std::vector<given> all);

/// The refusal of a value, told from where it stands: "--queue: 'x' is ..." as "weir.toml:3: queue: 'x' is
/// ...".
usage_error told_from(const given&, usage_error);

/// What --print-config prints: a line for each option that has a value, `name = value  # where from`, the
/// weakest place first. parse_settings reads it back. What TOML cannot hold is a comment that says so.
std::string config_text(std::span<const option_group>, std::span<const given> taken);

}  // namespace weir::tool
