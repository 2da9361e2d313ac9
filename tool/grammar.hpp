// The grammar that all commands share: options, then operands, and what to say when they are wrong.
//
// A command describes its options in one table. From it come the parsing, what a file and the environment may
// hold (settings.hpp), the short and the long help, the manual page, the completions, and "did you mean". The
// words are split first (options, operands, what follows `:::`), so that nothing of the user's own command is
// ever taken for an option of ours; only the options go to CLI11, each as --name=value.
#pragma once

#include <tool/option.hpp>
#include <tool/settings.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::tool {

/// A name that other programs use for something of ours: its use is refused, and the answer names ours.
struct foreign_option {
  std::string_view name;
  std::string_view answer;
};

enum class operands {
  end_options,  ///< the first operand ends the options: what follows belongs to the user's command
  anywhere,     ///< options may follow operands
};

/// The words of a closed set, each with a sentence on it.
struct named_words {
  std::string title{};  ///< "Scenes"
  std::vector<std::pair<std::string, std::string>> words{};
};

struct parsed {
  std::vector<std::string> operands{};              ///< the command and its arguments, say
  std::optional<std::vector<std::string>> items{};  ///< what follows `:::`, if it stands there
  std::optional<std::string> answer{};  ///< to be printed instead of anything done: help, version, settings
};

class grammar {
 public:
  struct texts {
    std::string name{};     ///< of the command: "run"
    std::string usage{};    ///< "usage: weir run [OPTIONS] ..."
    std::string summary{};  ///< below the usage line in both helps
    named_words words{};    ///< what its operands may be, when that is a closed set
    std::string closing{};  ///< examples, at the end of the short help
    /// The long help's own part, before the closing. A line without indentation begins a section; two spaces:
    /// sentences, which are filled; four or more: kept as they are.
    std::string more{};
    std::string further{};                      ///< the last line of the short help: where the long one is
    std::span<const std::string_view> later{};  ///< long names that are promised, but not available yet
  };

  grammar(texts, operands, std::vector<option_group>, std::vector<foreign_option> = {});

  /// Splits the words, adds what the file of --config and the environment say, and calls `set` of each option
  /// that has a value, the weakest place first; within the words in their order. Throws usage_error.
  parsed parse(std::span<const std::string> args, const surroundings& = {}) const;

  const texts& said() const noexcept { return texts_; }
  const std::string& usage() const noexcept { return texts_.usage; }
  std::span<const option_group> groups() const noexcept { return groups_; }
  operands where() const noexcept { return operands_; }

 private:
  struct split;
  split split_words(std::span<const std::string> args) const;
  const option* find(std::string_view name) const;
  [[noreturn]] void refuse(std::string_view name, std::string_view word) const;
  void long_option(split&, std::span<const std::string> args, std::size_t& i) const;
  void short_options(split&, std::span<const std::string> args, std::size_t& i) const;
  std::vector<given> gather(const split&, const surroundings&) const;

  texts texts_;
  operands operands_;
  std::vector<option_group> groups_;
  std::vector<foreign_option> foreign_;
};

}  // namespace weir::tool
