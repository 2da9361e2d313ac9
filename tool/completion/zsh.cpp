#include <tool/completion/completion.hpp>
#include <tool/placeholder.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::tool {

namespace {

// A sentence inside a specification of _arguments: neither ] nor : may end it.
std::string explained(std::string_view sentence) {
  std::string out;
  for (const char c : sentence) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// What a value is, in the third part of a specification.
std::string action(const option& o) {
  const completion what = completion_of_value(o.value);
  std::vector<std::string> words;
  words.reserve(what.words.size());
  for (const std::string_view w : what.words) words.push_back(explained(w));
  if (what.folders) return "_files -/";
  if (what.files)
    return words.empty() ? "_files" : fmt::format("{{compadd {}; _files}}", fmt::join(words, " "));
  if (words.empty()) return " ";
  return fmt::format("({})", fmt::join(words, " "));
}

// '(-j --workers)'{-j+,--workers=}'[how many]:N:_files'
std::string specification(const option& o) {
  const std::string name(long_name(o));
  const std::string_view brief = short_name(o);
  std::string value;
  std::string_view after;
  if (takes_value(o)) {
    value = fmt::format(":{}:{}", explained(o.value), action(o));
    after = "=";
  } else if (!is_flag(o)) {
    value = fmt::format("::{}:{}", explained(o.value.substr(1)), action(o));
    after = "=-";
  }
  const std::string tail = quoted(fmt::format("[{}]{}", explained(o.help), value));
  const std::string many = o.repeats ? "'*'" : "";
  if (brief.empty()) return fmt::format("    {}{}{}{} \\\n", many, name, after, tail);
  const std::string both = o.repeats ? many : fmt::format("'({} {})'", brief, name);
  const std::string_view joined = takes_value(o) ? "+" : "";
  return fmt::format("    {}{{{}{},{}{}}}{} \\\n", both, brief, joined, name, after, tail);
}

std::string operands_of(const grammar& g) {
  if (g.where() == operands::end_options)
    return "    '(-)1:command: _command_names -e' \\\n    '*:: :_weir_command'\n";
  std::vector<std::string_view> words;
  for (const auto& [name, sentence] : g.said().words.words) words.push_back(name);
  return fmt::format("    '*: :({})'\n", fmt::join(words, " "));
}

std::string function_of(const command& c) {
  const grammar g = c.grammar();
  std::string text = fmt::format("_weir_{}() {{\n  _arguments -s -S : \\\n", c.name);
  for (const option* o : options_of(g)) text += specification(*o);
  return text + operands_of(g) + "}\n\n";
}

}  // namespace

std::string zsh_completion(std::span<const command> all) {
  std::string text = "#compdef weir\n# zsh completion for weir; made by weir help --completion zsh\n\n";
  text +=
      "# The user's own command; behind ::: stand files.\n"
      "_weir_command() {\n"
      "  if ((${words[(I):::]} && ${words[(I):::]} < CURRENT)); then\n"
      "    _files\n"
      "  else\n"
      "    _normal\n"
      "  fi\n"
      "}\n\n";
  std::string names, cases;
  for (const command& c : all) {
    text += function_of(c);
    names += fmt::format("    {}\n", quoted(fmt::format("{}:{}", c.name, explained(c.sentence))));
    cases += (cases.empty() ? "" : "|") + std::string(c.name);
  }
  return text + fmt::format(R"sh(_weir() {{
  local curcontext=$curcontext state line
  local -a _weir_commands
  _weir_commands=(
{}  )
  _arguments -C \
    '(- *)'{{-h,--help}}'[what there is]' '(- *)--version[the version]' \
    '1: :->command' '*:: :->arguments'
  case $state in
    command) _describe -t commands 'weir command' _weir_commands ;;
    arguments)
      case $words[1] in
        {}) _weir_$words[1] ;;
      esac ;;
  esac
}}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _weir "$@"
else
  compdef _weir weir
fi
)sh",
                            names, cases);
}

}  // namespace weir::tool
