#include <tool/settings_file.hpp>
#include <tool/tomlplusplus.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sstream>
#include <utility>

namespace weir::tool {

namespace {

std::unexpected<error> refuse(std::string detail) {
  return std::unexpected(error(std::errc::invalid_argument, std::move(detail)));
}

template <class Number>
std::string digits_of(Number n) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), n).ptr;
  return {text.data(), end};
}

// A text or a number, as the command line would have it.
std::optional<std::string> plain_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* whole = node.as_integer()) return digits_of(whole->get());
  if (const auto* fraction = node.as_floating_point()) return digits_of(fraction->get());
  return std::nullopt;
}

std::string_view kind_of(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  if (node.is_boolean()) return node.as_boolean()->get() ? "true" : "false";
  return "a date or time";
}

void read_list(const toml::array& list, file_entry& entry) {
  entry.what = file_entry::kind::list;
  for (const toml::node& element : list) {
    auto text = plain_text(element);
    if (!text) {
      entry.what = file_entry::kind::unusable;
      entry.found = fmt::format("a list that holds {}", kind_of(element));
      return;
    }
    entry.values.push_back(std::move(*text));
  }
}

file_entry read_entry(std::string_view table, const toml::key& key, const toml::node& node) {
  file_entry entry{
      .table = std::string(table), .key = std::string(key.str()), .line = key.source().begin.line};
  if (auto text = plain_text(node)) {
    entry.values.push_back(std::move(*text));
  } else if (const auto* boolean = node.as_boolean()) {
    entry.what = file_entry::kind::boolean;
    entry.on = boolean->get();
  } else if (const auto* list = node.as_array()) {
    read_list(*list, entry);
  } else {
    entry.what = file_entry::kind::unusable;
    entry.found = kind_of(node);
  }
  return entry;
}

// With the place of each, since toml++ keeps keys in the order of the alphabet.
struct placed {
  toml::source_position at;
  file_entry entry;
};

std::vector<placed> entries_of(const toml::table& whole) {
  std::vector<placed> found;
  for (const auto& [key, node] : whole) {
    const toml::table* table = node.as_table();
    if (!table) {
      found.push_back({key.source().begin, read_entry("", key, node)});
      continue;
    }
    const toml::source_position at = key.source().begin;
    found.push_back(
        {at, {.table = std::string(key.str()), .line = at.line, .what = file_entry::kind::table}});
    for (const auto& [inner, value] : *table)
      found.push_back({inner.source().begin, read_entry(key.str(), inner, value)});
  }
  std::ranges::sort(found, {}, [](const placed& p) { return std::pair(p.at.line, p.at.column); });
  return found;
}

// The number itself where reading it back gives the same text, else a quoted text.
std::string value_text(const std::string& text) {
  const auto read_back = [&text]<class Number>(Number n) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    return ec == std::errc() && end == text.data() + text.size() && digits_of(n) == text;
  };
  const bool fraction = text.find('.') != std::string::npos && text.find('e') == std::string::npos;
  if (read_back(std::int64_t{}) || (fraction && read_back(double{}))) return text;
  std::ostringstream quoted;
  const toml::value<std::string> value(text);
  quoted << toml::toml_formatter(value, toml::format_flags::allow_unicode_strings);
  return quoted.str();
}

}  // namespace

io_result<std::vector<file_entry>> parse_settings(std::string_view text, const std::string& path) {
  try {
    std::vector<file_entry> entries;
    for (placed& p : entries_of(toml::parse(text, path))) entries.push_back(std::move(p.entry));
    return entries;
  } catch (const toml::parse_error& e) {
    return refuse(fmt::format("{}:{}: {}", path, e.source().begin.line, e.description()));
  }
}

io_result<std::vector<file_entry>> read_settings(const std::string& path) {
  const auto close = [](std::FILE* f) { std::fclose(f); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "re"), close);
  if (!file) return refuse(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  std::string text(most_settings_bytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0)
    return refuse(fmt::format("cannot read '{}': {}", path, std::strerror(errno)));
  if (text.size() > most_settings_bytes)
    return refuse(fmt::format("'{}' is longer than 1 MiB; give a file of settings", path));
  return parse_settings(text, path);
}

std::optional<std::string> setting_line(std::string_view key, std::span<const std::string> values) {
  std::vector<std::string> texts;
  for (const std::string& value : values) texts.push_back(value_text(value));
  const std::string value = texts.size() == 1 ? texts.front() : fmt::format("[{}]", fmt::join(texts, ", "));
  std::string line = fmt::format("{} = {}", key, value);
  const auto back = parse_settings(line, "");
  const bool same = back && back->size() == 1 && line.find('\n') == std::string::npos &&
                    std::ranges::equal(back->front().values, values);
  return same ? std::optional(std::move(line)) : std::nullopt;
}

std::string comment_text(std::string_view text) {
  std::string clean(text);
  std::ranges::replace_if(clean, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  if (parse_settings("# " + clean, "")) return clean;
  std::ranges::replace_if(clean, [](unsigned char c) { return c >= 0x80; }, '?');
  return clean;
}

}  // namespace weir::tool
