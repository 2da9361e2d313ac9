#include <tool/completion/completion.hpp>

#include <utility>

namespace weir::tool {

std::optional<shell> shell_of(std::string_view name) {
  if (name == "bash") return shell::bash;
  if (name == "zsh") return shell::zsh;
  if (name == "fish") return shell::fish;
  return std::nullopt;
}

std::string completion_script(shell of, std::span<const command> all) {
  switch (of) {
    case shell::bash: return bash_completion(all);
    case shell::zsh: return zsh_completion(all);
    case shell::fish: return fish_completion(all);
  }
  std::unreachable();
}

std::vector<const option*> options_of(const grammar& g) {
  std::vector<const option*> all;
  for (const option_group& group : g.groups())
    for (const option& o : group.options) all.push_back(&o);
  return all;
}

std::vector<std::string_view> names_of(const option& o) {
  if (short_name(o).empty()) return {long_name(o)};
  return {short_name(o), long_name(o)};
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

}  // namespace weir::tool
