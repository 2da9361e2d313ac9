#include <tool/grammar.hpp>
#include <weir/base/units.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace weir::tool {

namespace {

// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. O(length squared).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({replace, d[i - 1][j] + 1, d[i][j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

std::string_view long_name(const option& o) {
  const std::string_view names = o.names;
  return names.substr(names.find("--"));
}

std::string_view short_name(const option& o) {
  const std::string_view names = o.names;
  return names[1] == '-' ? std::string_view() : names.substr(0, 2);
}

bool takes_value(const option& o) { return !o.value.empty() && o.value.front() != '='; }

// How the option is written: "-j, --workers N", "--color[=WHEN]".
std::string spelling(const option& o) {
  std::string text(short_name(o));
  text += text.empty() ? "    " : ", ";
  text += long_name(o);
  if (takes_value(o)) return text + " " + o.value;
  return o.value.empty() ? text : text + "[" + o.value + "]";
}

usage_error empty_value(std::string_view name, const option& o) {
  const std::string right = spelling(o);
  return {fmt::format("{} has an empty value; write {}", name, right.substr(right.find('-')))};
}

const option help_option{
    "-h,--help", "=WHICH", "this text; --help=long or weir help COMMAND: all of it", "", {}};

}  // namespace

duration need_time(std::string_view name, const std::string& text) {
  const duration d = need(name, parse_duration(text));
  if (d <= duration::zero())
    throw usage_error{
        fmt::format("{}: '{}' is no time at all; use 5s, say, or leave the option out", name, text)};
  return d;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t least = 1 + std::max<std::size_t>(1, word.size() / 3);
  for (const std::string_view k : known) {
    const bool begun = word.size() >= 3 && k.starts_with(word) && k.size() > word.size();
    const std::size_t d = begun ? 1 : distance(word, k);
    if (d < least && d < k.size()) {
      least = d;
      best = k;
    }
  }
  return best.empty() ? std::string() : fmt::format("; did you mean '{}'?", best);
}

int print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return exit_done;
  fmt::print(stderr, "weir: cannot write output: {}\n", std::strerror(errno));
  return exit_failed;
}

// The words, taken apart.
struct grammar::split {
  std::vector<std::pair<const option*, std::string>> options;
  parsed rest;
};

grammar::grammar(texts t, operands o, std::vector<option_group> groups, std::vector<foreign_option> foreign)
    : texts_(std::move(t)), operands_(o), groups_(std::move(groups)), foreign_(std::move(foreign)) {
  if (groups_.empty()) groups_.emplace_back();
  groups_.back().options.push_back(help_option);
}

const option* grammar::find(std::string_view name) const {
  for (const option_group& g : groups_)
    for (const option& o : g.options)
      if (name == long_name(o) || (!name.empty() && name == short_name(o))) return &o;
  return nullptr;
}

void grammar::refuse(std::string_view name, std::string_view word) const {
  for (const std::string_view later : texts_.later)
    if (later == name) throw usage_error{fmt::format("{} is not available yet", name)};
  for (const foreign_option& f : foreign_)
    if (f.name == name)
      throw usage_error{fmt::format("unknown option '{}'; did you mean {}?", name, f.answer)};
  std::vector<std::string_view> known;
  for (const option_group& g : groups_)
    for (const option& o : g.options) known.push_back(long_name(o));
  const std::string doubled = "-" + std::string(word);  // "-timeout" for "--timeout"
  const bool one_dash = word.size() > 2 && !word.starts_with("--");
  const std::string hint = one_dash ? did_you_mean(doubled, known) : did_you_mean(name, known);
  throw usage_error{fmt::format("unknown option '{}'{}", name, name.size() > 2 || one_dash ? hint : "")};
}

void grammar::long_option(split& s, std::span<const std::string> args, std::size_t& i) const {
  const std::string_view word = args[i];
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const option* o = find(name);
  if (!o) refuse(name, name);
  if (equals != std::string_view::npos) {
    const std::string_view value = word.substr(equals + 1);
    if (o->value.empty()) throw usage_error{fmt::format("{} takes no value (got '{}')", name, value)};
    if (value.empty()) throw empty_value(name, *o);
    s.options.emplace_back(o, value);
    return;
  }
  if (!takes_value(*o)) return s.options.emplace_back(o, ""), void();
  const bool missing = i + 1 == args.size() || args[i + 1] == ":::";
  if (missing) throw usage_error{fmt::format("{} needs a value: {} {}", name, name, o->value)};
  if (args[i + 1].empty()) throw empty_value(name, *o);
  s.options.emplace_back(o, args[++i]);
}

// "-k", "-j4", "-j 4", and flags written together: "-0k".
void grammar::short_options(split& s, std::span<const std::string> args, std::size_t& i) const {
  const std::string_view word = args[i];
  for (std::size_t at = 1; at < word.size(); ++at) {
    const std::string name{'-', word[at]};
    const option* o = find(name);
    if (!o) refuse(name, word);
    if (!takes_value(*o)) {
      s.options.emplace_back(o, "");
      continue;
    }
    const std::string_view joined = word.substr(at + 1);
    if (!joined.empty()) return s.options.emplace_back(o, joined), void();
    const bool missing = i + 1 == args.size() || args[i + 1] == ":::";
    if (missing) throw usage_error{fmt::format("{} needs a value: {} {}", name, name, o->value)};
    if (args[i + 1].empty()) throw empty_value(name, *o);
    s.options.emplace_back(o, args[++i]);
    return;
  }
}

grammar::split grammar::split_words(std::span<const std::string> args) const {
  split s;
  std::size_t i = 0;
  bool options_ended = false;
  for (; i < args.size() && args[i] != ":::"; ++i) {
    const std::string& word = args[i];
    if (!options_ended && word == "--") {
      options_ended = true;
    } else if (options_ended || word.size() < 2 || word.front() != '-') {
      s.rest.operands.push_back(word);
      options_ended = options_ended || operands_ == operands::end_options;
    } else if (word.starts_with("--")) {
      long_option(s, args, i);
    } else {
      short_options(s, args, i);
    }
  }
  if (i < args.size()) s.rest.items.emplace(args.begin() + static_cast<std::ptrdiff_t>(i) + 1, args.end());
  return s;
}

// CLI11 gets each option once, as --name=value, and calls its setter.
void grammar::apply(split& s) const {
  CLI::App app;
  app.set_help_flag();
  for (const option_group& g : groups_) {
    for (const option& o : g.options) {
      if (!o.set) continue;
      if (o.repeats) {
        const auto set_all = [&o](const std::vector<std::string>& values) {
          for (const std::string& value : values) o.set(value);
        };
        app.add_option_function<std::vector<std::string>>(std::string(long_name(o)), set_all);
        continue;
      }
      app.add_option_function<std::string>(std::string(long_name(o)), o.set)->take_last()->expected(0, 1);
    }
  }
  std::vector<std::string> words;
  for (const auto& [o, value] : s.options) {
    std::string word(long_name(*o));
    if (!value.empty()) word += "=" + value;
    words.push_back(std::move(word));
  }
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::Error& e) {
    throw usage_error{e.what()};
  }
}

parsed grammar::parse(std::span<const std::string> args) const {
  try {
    split s = split_words(args);
    for (const auto& [o, value] : s.options) {
      if (long_name(*o) != "--help") continue;
      s.rest.help = value == "long" ? help::full : help::brief;
      return std::move(s.rest);
    }
    apply(s);
    return std::move(s.rest);
  } catch (usage_error& e) {
    if (e.usage.empty()) e.usage = texts_.usage;
    throw;
  }
}

std::string grammar::brief_help() const {
  std::string text = texts_.usage + "\n" + texts_.summary;
  for (const option_group& g : groups_) {
    text += "\n" + g.title + "\n";
    for (const option& o : g.options) {
      const std::string left = spelling(o);
      text += fmt::format("  {:<30}{}{}\n", left, left.size() < 30 ? "" : "  ", o.help);
    }
  }
  return text + "\n" + texts_.closing + texts_.further;
}

std::string grammar::full_help() const {
  std::string text = texts_.usage + "\n" + texts_.summary;
  for (const option_group& g : groups_) {
    text += "\n" + g.title + "\n";
    for (const option& o : g.options) {
      text += fmt::format("  {}\n      {}\n", spelling(o), o.help);
      std::string_view more = o.more;
      while (!more.empty()) {
        const std::size_t end = std::min(more.find('\n'), more.size());
        text += fmt::format("      {}\n", more.substr(0, end));
        more.remove_prefix(std::min(end + 1, more.size()));
      }
    }
  }
  return text + "\n" + texts_.more + "\n" + texts_.closing;
}

}  // namespace weir::tool
