#include <tool/completion/completion.hpp>
#include <tool/placeholder.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir::tool {

namespace {

// The part that knows nothing of the commands. COMP_WORDS has "=" as a word of its own.
constexpr std::string_view machinery = R"sh(
# Whether the value of an option follows it as a word of its own: looks in the list of those that take one.
_weir_takes() { [[ " $_weir_taking " == *" $1 "* ]]; }

# How many words the option at index $1 is, its value included.
_weir_width() {
  local word=${COMP_WORDS[$1]} letters at
  if [[ ${COMP_WORDS[$1 + 1]} == = ]]; then
    echo 3
  elif [[ $word == --* ]]; then
    _weir_takes "$word" && echo 2 || echo 1
  else
    letters=${word#-}
    for ((at = 0; at < ${#letters}; ++at)); do
      _weir_takes "-${letters:at:1}" || continue
      ((at + 1 == ${#letters})) && echo 2 || echo 1
      return
    done
    echo 1
  fi
}

# The user's own command from index $1 on.
_weir_command() {
  local at
  for ((at = $1; at < COMP_CWORD; ++at)); do
    [[ ${COMP_WORDS[at]} == :* ]] && { _weir_files; return; }
  done
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif (($1 == COMP_CWORD)); then
    COMPREPLY=($(compgen -c -- "$_weir_cur"))
  else
    _weir_files
  fi
}

_weir_files() {
  compopt -o filenames 2>/dev/null
  local IFS=$'\n'
  COMPREPLY=($(compgen -f -- "$_weir_cur"))
}

_weir_folders() {
  compopt -o filenames 2>/dev/null
  local IFS=$'\n'
  COMPREPLY=($(compgen -d -- "$_weir_cur"))
}

_weir_words() {
  COMPREPLY=($(compgen -W "$1" -- "$_weir_cur"))
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]] && compopt -o nospace 2>/dev/null
}

# What stands at the cursor, behind the command: options and their values, then its operands.
_weir_arguments() {
  local at=2 width
  while ((at < COMP_CWORD)); do
    case ${COMP_WORDS[at]} in
      --) [[ $_weir_runs ]] && { _weir_command $((at + 1)); return; }; break ;;
      :*) _weir_files; return ;;
      -?*)
        width=$(_weir_width $at)
        if ((at + width > COMP_CWORD)); then
          [[ ${COMP_WORDS[COMP_CWORD]} == = ]] && _weir_cur=
          "_weir_value_$_weir_name" "${COMP_WORDS[at]}"
          return
        fi
        ((at += width)) ;;
      *) [[ $_weir_runs ]] && { _weir_command $at; return; }; ((++at)) ;;
    esac
  done
  if [[ $_weir_cur == -* ]]; then
    _weir_words "$_weir_options"
  elif [[ $_weir_runs ]]; then
    _weir_command "$COMP_CWORD"
  else
    _weir_words "$_weir_operands"
  fi
}
)sh";

// Where the values of an option come from.
std::string action(const option& o) {
  const completion what = completion_of_value(o.value);
  if (what.files) return "_weir_files";
  if (what.folders) return "_weir_folders";
  return what.words.empty()
             ? ":"
             : fmt::format("_weir_words {}", quoted(fmt::format("{}", fmt::join(what.words, " "))));
}

// The function that completes a value of one of the command's options.
std::string values_of(const command& c, const grammar& g) {
  std::string text = fmt::format("_weir_value_{}() {{\n  case $1 in\n", c.name);
  for (const option* o : options_of(g)) {
    if (is_flag(*o)) continue;
    std::string names(long_name(*o));
    // A short one may be the last of several: -kj.
    if (takes_value(*o) && !short_name(*o).empty())
      names += fmt::format(" | -[!-]*{0} | -{0}", short_name(*o)[1]);
    text += fmt::format("    {}) {} ;;\n", names, action(*o));
  }
  return text + "  esac\n}\n";
}

// What is known of the command, for _weir_arguments.
std::string facts_of(const command& c, const grammar& g) {
  std::vector<std::string_view> all, taking, operands;
  for (const option* o : options_of(g)) {
    for (const std::string_view name : names_of(*o)) {
      all.push_back(name);
      if (takes_value(*o)) taking.push_back(name);
    }
  }
  for (const auto& [name, sentence] : g.said().words.words) operands.push_back(name);
  return fmt::format(
      "    {})\n      _weir_options='{}'\n      _weir_taking='{}'\n      _weir_operands='{}' _weir_runs={} "
      ";;\n",
      c.name, fmt::join(all, " "), fmt::join(taking, " "), fmt::join(operands, " "),
      g.where() == operands::end_options ? "yes" : "");
}

}  // namespace

std::string bash_completion(std::span<const command> all) {
  std::string text = "# bash completion for weir; made by weir help --completion bash\n";
  text += machinery;
  std::string cases;
  std::vector<std::string_view> names;
  for (const command& c : all) {
    const grammar g = c.grammar();
    text += "\n" + values_of(c, g);
    cases += facts_of(c, g);
    names.push_back(c.name);
  }
  return text + fmt::format(R"sh(
_weir() {{
  local _weir_cur=${{COMP_WORDS[COMP_CWORD]}} _weir_name=${{COMP_WORDS[1]}}
  local _weir_options _weir_taking _weir_operands _weir_runs
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _weir_words '{} --help --version'
    return
  fi
  case $_weir_name in
{}    *) return ;;
  esac
  _weir_arguments
}}
complete -F _weir weir
)sh",
                            fmt::join(names, " "), cases);
}

}  // namespace weir::tool
