#include <tool/settings.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ranges>
#include <utility>

namespace weir::tool {

namespace {

// Options that ask something of the program instead of telling a command how to work.
bool is_setting(const option& o) { return static_cast<bool>(o.set); }

std::vector<const option*> settings_of(std::span<const option_group> groups) {
  std::vector<const option*> all;
  for (const option_group& g : groups)
    for (const option& o : g.options)
      if (is_setting(o)) all.push_back(&o);
  return all;
}

[[noreturn]] void refuse_key(const file_reader& reader, const std::string& path, const file_entry& e) {
  std::vector<std::string_view> known;
  for (const option* o : settings_of(reader.groups)) known.push_back(key_of(*o));
  for (const std::string_view name : reader.later)
    if (name.substr(2) == e.key)
      throw usage_error{fmt::format("{}:{}: {} is not available yet", path, e.line, e.key)};
  const std::string hint = did_you_mean(e.key, known);
  const std::string other = fmt::format(
      "; weir help {} lists what there is, and what another command has goes into a table of its name",
      reader.command);
  throw usage_error{
      fmt::format("{}:{}: unknown key '{}'{}", path, e.line, e.key, hint.empty() ? other : hint)};
}

void check_table(const file_reader& reader, const std::string& path, const file_entry& e) {
  if (std::ranges::find(reader.commands, e.table) != reader.commands.end()) return;
  const std::string hint = did_you_mean(e.table, reader.commands);
  const std::string all =
      fmt::format("; tables are named after commands: {}", fmt::join(reader.commands, ", "));
  throw usage_error{
      fmt::format("{}:{}: unknown table [{}]{}", path, e.line, e.table, hint.empty() ? all : hint)};
}

// How the entry would be written rightly for this option.
std::string right_line(const option& o) {
  const std::string example = example_of(o);
  if (is_flag(o) || example.empty())
    return fmt::format("{} = {}", key_of(o), is_flag(o) ? "true" : "\"...\"");
  return setting_line(key_of(o), std::array{example}).value_or("");
}

std::vector<std::string> values_of(const option& o, const file_entry& e, const std::string& at) {
  const auto refuse = [&](std::string_view found, std::string_view why) {
    return usage_error{fmt::format("{}: {} {}; write {}", at, found, why, right_line(o))};
  };
  using kind = file_entry::kind;
  const std::string first = e.values.empty() ? "" : fmt::format("'{}'", e.values.front());
  if (is_flag(o)) {
    if (e.what == kind::boolean) return e.on ? std::vector<std::string>{""} : std::vector<std::string>{};
    const bool single = e.what == kind::text;
    throw refuse(single ? first : e.what == kind::list ? "a list" : e.found, "is neither true nor false");
  }
  switch (e.what) {
    case kind::boolean:
      if (e.on && !takes_value(o)) return {""};  // as the bare option
      throw refuse(e.on ? "true" : "false", "is no value for it");
    case kind::list:
      if (!o.repeats) throw refuse("a list", "is too much: it has one value");
      break;
    case kind::text: break;
    case kind::unusable:
    case kind::table: throw refuse(e.found, "is no value for it");
  }
  if (e.values.empty()) throw refuse("the list", "is empty");
  if (std::ranges::find(e.values, "") != e.values.end()) throw refuse("the value", "is empty");
  return e.values;
}

bool equal_but_for_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, [](unsigned char c) { return std::tolower(c); });
}

// What a flag's variable says.
bool is_yes(const std::string& name, const std::string& value) {
  constexpr std::array<std::string_view, 4> yes{"1", "true", "yes", "on"}, no{"0", "false", "no", "off"};
  const auto says = [&value](std::string_view word) { return equal_but_for_case(value, word); };
  if (std::ranges::any_of(yes, says)) return true;
  if (std::ranges::any_of(no, says)) return false;
  throw usage_error{fmt::format("{}: '{}' is neither yes nor no; use 1 or 0", name, value)};
}

std::string line_of(const option& o, std::span<const std::string> values, std::string_view where) {
  const std::string from = comment_text(where);
  if (is_flag(o)) return fmt::format("{} = {}  # {}\n", key_of(o), !values.empty(), from);
  if (values.size() == 1 && values.front().empty()) return fmt::format("{} = true  # {}\n", key_of(o), from);
  const auto line = setting_line(key_of(o), values);
  if (line) return fmt::format("{}  # {}\n", *line, from);
  return fmt::format("# {}: its value is not UTF-8, which a file cannot hold; from {}\n", key_of(o), from);
}

}  // namespace

std::vector<given> from_file(const file_reader& reader, const std::string& path) {
  const auto entries = read_settings(path);
  if (!entries) throw usage_error{entries.error().detail};
  const std::vector<const option*> known = settings_of(reader.groups);
  std::vector<given> general, own;
  for (const file_entry& e : *entries) {
    if (e.what == file_entry::kind::table) check_table(reader, path, e);
    if (e.what == file_entry::kind::table || (!e.table.empty() && e.table != reader.command)) continue;
    const auto o = std::ranges::find(known, e.key, [](const option* k) { return key_of(*k); });
    if (o == known.end()) refuse_key(reader, path, e);
    std::string at = fmt::format("{}:{}: {}", path, e.line, e.key);
    std::vector<std::string> values = values_of(**o, e, at);
    (e.table.empty() ? general : own).push_back({*o, std::move(values), path, std::move(at)});
  }
  std::ranges::move(own, std::back_inserter(general));
  return general;
}

std::vector<given> from_environment(std::span<const option_group> groups, const surroundings& around) {
  std::vector<given> found;
  if (!around.environment) return found;
  for (const option* o : settings_of(groups)) {
    const std::string name = variable_of(*o);
    const auto value = around.environment(name);
    if (!value || value->empty()) continue;
    std::vector<std::string> values;
    if (!is_flag(*o)) values.push_back(*value);
    if (is_flag(*o) && is_yes(name, *value)) values.emplace_back();
    found.push_back({o, std::move(values), name, name});
  }
  return found;
}

std::vector<given> strongest(std::vector<given> all) {
  std::vector<given> kept;
  for (given& g : std::views::reverse(all))
    if (std::ranges::find(kept, g.what, &given::what) == kept.end()) kept.push_back(std::move(g));
  std::ranges::reverse(kept);
  return kept;
}

usage_error told_from(const given& g, usage_error e) {
  if (g.at.empty()) return e;
  for (const std::string_view name : {long_name(*g.what), short_name(*g.what)}) {
    const std::string begin = std::string(name) + ": ";
    if (name.empty() || !e.message.starts_with(begin)) continue;
    e.message.erase(0, begin.size());
    break;
  }
  e.message.insert(0, g.at + ": ");
  return e;
}

std::string config_text(std::span<const option_group> groups, std::span<const given> taken) {
  std::string text;
  for (const option* o : settings_of(groups)) {
    if (std::ranges::find(taken, o, &given::what) != taken.end()) continue;
    const std::string initial = o->initial ? o->initial() : "";
    if (is_flag(*o)) text += line_of(*o, {}, "default");
    if (!initial.empty()) text += line_of(*o, std::array{initial}, "default");
  }
  for (const given& g : taken) text += line_of(*g.what, g.values, g.where);
  return text;
}

}  // namespace weir::tool
