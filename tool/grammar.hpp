// The grammar that all commands share: options, then operands, and what to say when they are wrong.
//
// A command describes its options in one table. From it come the parsing, the short and the long help, and
// "did you mean". The words are split first (options, operands, what follows `:::`), so that nothing of the
// user's own command is ever taken for an option of ours; only the options go to CLI11, each as --name=value.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <functional>
#include <optional>
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
  std::string value;  ///< "N|auto|FILE"; empty: takes none; "=WHEN": optional, and only after '='
  std::string help;   ///< one line
  std::string more;   ///< what the long help adds; may be empty
  std::function<void(const std::string&)> set;  ///< gets the value ("" without one); may throw usage_error
  bool repeats = false;                         ///< given again: `set` gets each value, not the last alone
};

struct option_group {
  std::string title;
  std::vector<option> options;
};

/// A name that other programs use for something of ours: its use is refused, and the answer names ours.
struct foreign_option {
  std::string_view name;
  std::string_view answer;
};

enum class operands {
  end_options,  ///< the first operand ends the options: what follows belongs to the user's command
  anywhere,     ///< options may follow operands
};

enum class help { none, brief, full };

struct parsed {
  std::vector<std::string> operands;              ///< the command and its arguments, say
  std::optional<std::vector<std::string>> items;  ///< what follows `:::`, if it stands there
  tool::help help = tool::help::none;             ///< --help, -h or --help=long: nothing else was looked at
};

class grammar {
 public:
  struct texts {
    std::string usage;                          ///< "usage: weir run [OPTIONS] ..."
    std::string summary;                        ///< below the usage line in both helps
    std::string closing;                        ///< examples, at the end of the short help
    std::string more;                           ///< the long help's own part, before the closing
    std::string further{};                      ///< the last line of the short help: where the long one is
    std::span<const std::string_view> later{};  ///< long names that are promised, but not available yet
  };

  grammar(texts, operands, std::vector<option_group>, std::vector<foreign_option> = {});

  /// Splits the words and calls `set` of each option given, in the table's order (the last wins when an
  /// option is given again). Throws usage_error.
  parsed parse(std::span<const std::string> args) const;

  const std::string& usage() const noexcept { return texts_.usage; }
  std::string brief_help() const;
  std::string full_help() const;

 private:
  struct split;
  split split_words(std::span<const std::string> args) const;
  const option* find(std::string_view name) const;
  [[noreturn]] void refuse(std::string_view name, std::string_view word) const;
  void long_option(split&, std::span<const std::string> args, std::size_t& i) const;
  void short_options(split&, std::span<const std::string> args, std::size_t& i) const;
  void apply(split&) const;

  texts texts_;
  operands operands_;
  std::vector<option_group> groups_;
  std::vector<foreign_option> foreign_;
};

}  // namespace weir::tool
