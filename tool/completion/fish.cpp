#include <tool/completion/completion.hpp>
#include <tool/placeholder.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::tool {

namespace {

// __weir_at tells where the cursor is; the lists of options that take a value are made from the tables.
constexpr std::string_view machinery = R"sh(
# Prints where the cursor stands behind a command of weir: "options", or "command N" when the user's own
# command begins at word N, or "items" behind :::.
function __weir_at
    set -l words (commandline -opc)
    set -l taking (__weir_taking $words[2])
    set -l at 3
    while test $at -le (count $words)
        set -l word $words[$at]
        if test "$word" = --
            set at (math $at + 1)
            break
        else if test "$word" = :::
            break
        else if string match -qr -- '^--' $word
            contains -- $word $taking; and set at (math $at + 1)
        else if string match -qr -- '^-.' $word
            set -l last (string sub -s -1 -- $word)
            contains -- -$last $taking; and set at (math $at + 1)
        else
            break
        end
        set at (math $at + 1)
    end
    if test $at -gt (math (count $words) + 1); or not set -q words[$at]; and not contains -- -- $words
        echo options
    else if contains -- ::: $words[$at..-1]
        echo items
    else
        echo command $at
    end
end

function __weir_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = $argv[1]; or return 1
    test (count $argv) -lt 2; or string match -q -- "$argv[2]*" (__weir_at)
end

# The user's own command, completed as if it stood alone.
function __weir_rest
    set -l at (string split ' ' -- (__weir_at))[2]
    set -l words (commandline -opc)
    set -l rest (string escape -- $words[$at..-1]) (commandline -ct)
    complete -C "$rest"
end
)sh";

std::string action(const option& o) {
  if (is_flag(o)) return "";
  const completion what = completion_of_value(o.value);
  const std::string needed = takes_value(o) ? " -r" : "";
  if (what.folders) return needed + " -f -a '(__fish_complete_directories)'";
  if (what.files)
    return needed + " -F" + (what.words.empty() ? "" : fmt::format(" -a '{}'", fmt::join(what.words, " ")));
  return needed + fmt::format(" -f -a '{}'", fmt::join(what.words, " "));
}

std::string lines_of(const command& c, const grammar& g) {
  const bool runs = g.where() == operands::end_options;
  const std::string begin =
      fmt::format("complete -c weir -n '__weir_is {}{}'", c.name, runs ? " options" : "");
  std::string text;
  for (const option* o : options_of(g)) {
    const std::string_view brief = short_name(*o);
    const std::string letter = brief.empty() ? "" : fmt::format(" -s {}", brief.substr(1));
    text += fmt::format("{}{} -l {}{} -d {}\n", begin, letter, key_of(*o), action(*o), quoted(o->help));
  }
  if (runs) {
    text += fmt::format("{} -a '(__fish_complete_command)'\n", begin);
    text += fmt::format("complete -c weir -n '__weir_is {} command' -a '(__weir_rest)'\n", c.name);
    text += fmt::format("complete -c weir -n '__weir_is {} items' -F\n", c.name);
  }
  for (const auto& [name, sentence] : g.said().words.words)
    text += fmt::format("{} -a {} -d {}\n", begin, name, quoted(sentence));
  return text;
}

}  // namespace

std::string fish_completion(std::span<const command> all) {
  std::string text = "# fish completion for weir; made by weir help --completion fish\n";
  text += machinery;
  std::string taking, lines;
  for (const command& c : all) {
    const grammar g = c.grammar();
    std::vector<std::string> names;
    for (const option* o : options_of(g))
      if (takes_value(*o))
        for (const std::string_view name : names_of(*o)) names.emplace_back(name);
    taking += fmt::format("        case {}\n            printf '%s\\n' {}\n", c.name, fmt::join(names, " "));
    lines +=
        fmt::format("complete -c weir -n __fish_use_subcommand -a {} -d {}\n", c.name, quoted(c.sentence));
  }
  text +=
      "\n# The options of a command that are followed by a value.\nfunction __weir_taking\n    switch "
      "$argv[1]\n" +
      taking + "    end\nend\n\ncomplete -c weir -f\n" + lines +
      "complete -c weir -n __fish_use_subcommand -s h -l help -d 'what there is'\n"
      "complete -c weir -n __fish_use_subcommand -l version -d 'the version'\n";
  for (const command& c : all) text += "\n" + lines_of(c, c.grammar());
  return text;
}

}  // namespace weir::tool
