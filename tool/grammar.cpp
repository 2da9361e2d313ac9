#include <tool/grammar.hpp>
#include <tool/help_text.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace weir::tool {

namespace {

usage_error empty_value(std::string_view name, const option& o) {
  const std::string right = spelling(o);
  return {fmt::format("{} has an empty value; write {}", name, right.substr(right.find('-')))};
}

// What every command has.
option_group everywhere() {
  return {"Everywhere",
          {{"--config",
            "FILE",
            "options from a file in TOML: queue = 100",
            "Any option by its long name. What the environment says goes before it (WEIR_QUEUE=100 for "
            "--queue), and "
            "the command line before both. --no-NAME takes back a flag.",
            {}},
           {"--print-config", "", "print what all of that comes to, and from where; do nothing", "", {}},
           {"-h,--help", "=WHICH", "this text; --help=long or weir help COMMAND: all of it", "", {}},
           {"--version", "", "print the version", "", {}}}};
}

}  // namespace

// The words, taken apart.
struct grammar::split {
  std::vector<given> options;
  parsed rest;

  void add(const option& o, std::string_view value) {
    const auto before = std::ranges::find(options, &o, &given::what);
    if (o.repeats && before != options.end()) return before->values.emplace_back(value), void();
    options.push_back({&o, {std::string(value)}, "command line"});
  }

  void switch_off(const option& o) { options.push_back({&o, {}, "command line"}); }

  // The value of an option that asks something of the program; none when it was not given.
  std::optional<std::string> value_of(std::string_view key) const {
    std::optional<std::string> value;
    for (const given& g : options)
      if (key_of(*g.what) == key) value = g.values.front();
    return value;
  }
};

grammar::grammar(texts t, operands o, std::vector<option_group> groups, std::vector<foreign_option> foreign)
    : texts_(std::move(t)), operands_(o), groups_(std::move(groups)), foreign_(std::move(foreign)) {
  groups_.push_back(everywhere());
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
  if (!o && name.starts_with("--no-")) {
    const option* flag = find("--" + std::string(name.substr(5)));
    if (flag && is_flag(*flag) && flag->set && equals == std::string_view::npos) return s.switch_off(*flag);
  }
  if (!o) refuse(name, name);
  if (equals != std::string_view::npos) {
    const std::string_view value = word.substr(equals + 1);
    if (o->value.empty()) throw usage_error{fmt::format("{} takes no value (got '{}')", name, value)};
    if (value.empty()) throw empty_value(name, *o);
    s.add(*o, value);
    return;
  }
  if (!takes_value(*o)) return s.add(*o, "");
  const bool missing = i + 1 == args.size() || args[i + 1] == ":::";
  if (missing) throw usage_error{fmt::format("{} needs a value: {} {}", name, name, o->value)};
  if (args[i + 1].empty()) throw empty_value(name, *o);
  s.add(*o, args[++i]);
}

// "-k", "-j4", "-j 4", and flags written together: "-0k".
void grammar::short_options(split& s, std::span<const std::string> args, std::size_t& i) const {
  const std::string_view word = args[i];
  for (std::size_t at = 1; at < word.size(); ++at) {
    const std::string name{'-', word[at]};
    const option* o = find(name);
    if (!o) refuse(name, word);
    if (!takes_value(*o)) {
      s.add(*o, "");
      continue;
    }
    const std::string_view joined = word.substr(at + 1);
    if (!joined.empty()) return s.add(*o, joined);
    const bool missing = i + 1 == args.size() || args[i + 1] == ":::";
    if (missing) throw usage_error{fmt::format("{} needs a value: {} {}", name, name, o->value)};
    if (args[i + 1].empty()) throw empty_value(name, *o);
    s.add(*o, args[++i]);
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

namespace {

// CLI11 gets each option once, as --name=value, in the order in which they are to be applied, and calls its
// setter.
void apply(std::span<const given> all) {
  CLI::App app;
  app.set_help_flag();
  std::vector<std::string> words;
  for (const given& g : all) {
    if (g.values.empty()) continue;  // a flag that is off
    const auto set_all = [&g](const std::vector<std::string>& values) {
      try {
        for (const std::string& value : values) g.what->set(value);
      } catch (usage_error& e) {
        throw told_from(g, std::move(e));
      }
    };
    const std::string name(long_name(*g.what));
    if (g.what->repeats) {
      app.add_option_function<std::vector<std::string>>(name, set_all)->allow_extra_args(false);
    } else {
      const auto set = [set_all](const std::string& value) { set_all({value}); };
      app.add_option_function<std::string>(name, set)->expected(0, 1);
    }
    for (const std::string& value : g.values) {
      std::string& word = words.emplace_back(name);
      if (!value.empty()) word.append("=").append(value);
    }
  }
  std::ranges::reverse(words);  // CLI11 takes them from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::Error& e) {
    throw usage_error{e.what()};
  }
}

}  // namespace

// All that was given anywhere, the weakest place first.
std::vector<given> grammar::gather(const split& s, const surroundings& around) const {
  std::vector<given> all;
  std::optional<std::string> path = s.value_of("config");
  if (!path && around.environment) path = around.environment("WEIR_CONFIG");
  if (path && !path->empty()) all = from_file({texts_.name, groups_, texts_.later, around.commands}, *path);
  std::ranges::move(from_environment(groups_, around), std::back_inserter(all));
  std::ranges::copy_if(s.options, std::back_inserter(all),
                       [](const given& g) { return static_cast<bool>(g.what->set); });
  return strongest(std::move(all));
}

parsed grammar::parse(std::span<const std::string> args, const surroundings& around) const {
  try {
    split s = split_words(args);
    if (const auto which = s.value_of("help")) {
      s.rest.answer = which == "long" ? full_help(*this) : brief_help(*this);
      return std::move(s.rest);
    }
    if (s.value_of("version")) {
      s.rest.answer = around.version;
      return std::move(s.rest);
    }
    const std::vector<given> all = gather(s, around);
    apply(all);
    if (s.value_of("print-config")) s.rest.answer = config_text(groups_, all);
    return std::move(s.rest);
  } catch (usage_error& e) {
    if (e.usage.empty()) e.usage = texts_.usage;
    throw;
  }
}

}  // namespace weir::tool
