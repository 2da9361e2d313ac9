// A row of a command's table of options, and the words that all commands use for what is wrong.
//
// Invariant: the long name is the option's name everywhere: `--kill-after` on the command line is
// `kill-after` in a file and WEIR_KILL_AFTER in the environment. Thread-safety: value types and pure
// functions.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::tool {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

/// What is wrong with the command line, in one line, and the usage line to show below it (filled in by
/// grammar::parse when it is empty). Ends the program with exit_usage.
struct usage_error {
  std::string message;
  std::string usage{};
};

/// The value, or a usage error that begins with the option's name.
template <class T>
T need(std::string_view name, io_result<T> value) {
  if (!value) throw usage_error{std::string(name) + ": " + value.error().detail};
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

/// A duration above 0; refused as by `need`.
duration need_time(std::string_view name, const std::string& text);

/// "; did you mean 'run'?" for the nearest of `known`, or nothing when none is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

/// Writes to standard output: exit_done, or exit_failed after saying why on standard error.
int print(std::string_view text);

/// A row of a command's table.
struct option {
  std::string names;  ///< "-j,--workers": a long name is required, the short one is not
  std::string value;  ///< "N|auto|FILE"; empty: a flag, takes none; "=WHEN": optional, and only after '='
  std::string help;   ///< one line
  std::string more;  ///< what the long help adds, in sentences; a line that begins with a space is an example
  std::function<void(const std::string&)> set;  ///< gets the value ("" without one); may throw usage_error
  /// The value it has when nobody gives one, as a text that `set` takes: asked once all that was given is
  /// set. Without it there is no such value.
  std::function<std::string()> initial{};
  bool repeats = false;  ///< given again: `set` gets each value, not the last alone
};

struct option_group {
  std::string title;
  std::vector<option> options;
};

std::string_view long_name(const option&);   ///< "--kill-after"
std::string_view short_name(const option&);  ///< "-j", or nothing
std::string_view key_of(const option&);      ///< "kill-after"
bool is_flag(const option&);
bool takes_value(const option&);  ///< one must follow

/// How it is written: "-j, --workers N", "    --color[=WHEN]".
std::string spelling(const option&);

/// The variable of the environment that gives it: "WEIR_KILL_AFTER".
std::string variable_of(const option&);

/// A value that it could have, for messages: "8", "5s".
std::string example_of(const option&);

}  // namespace weir::tool
