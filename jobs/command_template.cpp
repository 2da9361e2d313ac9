#include <jobs/command_template.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

namespace weir::jobs {

namespace {

constexpr std::string_view shell_characters = " \t|&;<>()$`\\\"'*?[#~\n";
constexpr std::string_view word_ends = " \t\n;|&<>()";

std::string_view without_extension(std::string_view path) {
  const auto dot = path.rfind('.');
  const auto slash = path.rfind('/');
  const bool has = dot != std::string_view::npos && (slash == std::string_view::npos || dot > slash);
  return has ? path.substr(0, dot) : path;
}

std::string_view base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// As dirname(1): "." for a name alone, "/" for what stands in it; slashes at the end do not count.
std::string_view folder_of(std::string_view path) {
  const auto last = path.find_last_not_of('/');
  if (last == std::string_view::npos) return path.empty() ? "." : "/";
  const auto slash = path.rfind('/', last);
  if (slash == std::string_view::npos) return ".";
  const auto end = path.find_last_not_of('/', slash);
  return end == std::string_view::npos ? "/" : path.substr(0, end + 1);
}

std::string_view form(std::string_view argument, part what) {
  switch (what) {
    case part::bare: return without_extension(argument);
    case part::base: return base_name(argument);
    case part::folder: return folder_of(argument);
    case part::bare_base: return without_extension(base_name(argument));
    default: return argument;
  }
}

void append_quoted(std::string& to, std::string_view text) {
  to += '\'';
  for (const char c : text) {
    if (c == '\'') {
      to += "'\\''";
    } else {
      to += c;
    }
  }
  to += '\'';
}

bool is_shell(std::string_view word) {
  constexpr std::array<std::string_view, 6> shells{"sh", "bash", "dash", "zsh", "ksh", "ash"};
  return std::find(shells.begin(), shells.end(), base_name(word)) != shells.end();
}

// "-c", "-ec", "-lc": the next word is a script.
bool takes_script(std::string_view word) {
  return word.size() >= 2 && word[0] == '-' && word[1] != '-' && word.ends_with('c');
}

}  // namespace

std::string shell_quoted(std::string_view text) {
  const bool plain = !text.empty() && text.find_first_of(shell_characters) == std::string_view::npos &&
                     text.find_first_of("{}=!%^]") == std::string_view::npos;
  if (plain) return std::string(text);
  std::string quoted;
  append_quoted(quoted, text);
  return quoted;
}

std::string expanded_command::to_string() const {
  if (shell_) return argv_[2];
  std::string text;
  for (const char* word : argv_)
    if (word) text += (text.empty() ? "" : " ") + shell_quoted(word);
  return text;
}

// A word taken apart into text and placeholders.
command_template::word command_template::pieces_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, part>, 5> kinds{{{"//", part::folder},
                                                                    {"/.", part::bare_base},
                                                                    {"/", part::base},
                                                                    {".", part::bare},
                                                                    {"", part::item}}};
  const auto placeholder = [&](std::string_view inner) -> std::optional<piece> {
    if (inner == "#") return piece{part::number};
    if (inner == "%") return piece{part::slot};
    constexpr std::size_t most_digits = 9;
    piece found;
    const std::size_t digits = std::min(inner.find_first_not_of("0123456789"), inner.size());
    for (const char c : inner.substr(0, digits))
      found.index = found.index * 10 + static_cast<std::size_t>(c - '0');
    if ((digits > 0 && found.index == 0) || digits > most_digits) return std::nullopt;
    const std::string_view kind = inner.substr(digits);
    for (const auto& [spelling, what] : kinds) {
      if (kind != spelling) continue;
      found.what = what;
      return found;
    }
    return std::nullopt;
  };
  word pieces;
  std::string plain;
  for (std::size_t i = 0; i < text.size();) {
    const auto close = text[i] == '{' ? text.find('}', i) : std::string_view::npos;
    auto found =
        close == std::string_view::npos ? std::nullopt : placeholder(text.substr(i + 1, close - i - 1));
    if (!found) {
      plain += text[i++];
      continue;
    }
    const bool begins = i == 0 || word_ends.find(text[i - 1]) != std::string_view::npos;
    const bool ends = close + 1 == text.size() || word_ends.find(text[close + 1]) != std::string_view::npos;
    found->own_word = begins && ends;
    if (!plain.empty()) pieces.push_back({part::text, 0, false, std::exchange(plain, {})});
    pieces.push_back(std::move(*found));
    i = close + 1;
  }
  if (!plain.empty() || pieces.empty()) pieces.push_back({part::text, 0, false, std::move(plain)});
  return pieces;
}

bool command_template::is_item(const piece& p) noexcept {
  return p.what != part::text && p.what != part::number && p.what != part::slot;
}

io_result<command_template> command_template::parse(std::span<const std::string> words, std::string colsep) {
  if (words.empty() || words.front().empty())
    return std::unexpected(
        error(std::errc::invalid_argument, "the command is empty; name a program, such as echo"));
  command_template t;
  t.sources_.assign(words.begin(), words.end());
  t.colsep_ = std::move(colsep);
  t.shell_ = words.size() == 1 && words.front().find_first_of(shell_characters) != std::string::npos;
  for (const std::string& w : words) t.words_.push_back(pieces_of(w));
  t.append_items();
  return t;
}

// Without a placeholder the items are the last words.
void command_template::append_items() {
  const auto is_placeholder = [](const piece& p) { return p.what != part::text; };
  for (const word& w : words_)
    if (std::any_of(w.begin(), w.end(), is_placeholder)) return;
  if (!shell_) {
    words_.push_back({piece{part::item, 0, true}});
    return;
  }
  words_.front().push_back({part::text, 0, false, " "});
  words_.front().push_back({part::item, 0, true});
}

std::size_t command_template::uses_of_items() const noexcept {
  std::size_t uses = 0;
  for (const word& w : words_)
    uses += static_cast<std::size_t>(
        std::count_if(w.begin(), w.end(), [](const piece& p) { return is_item(p) && p.index == 0; }));
  return uses;
}

bool command_template::joins_items() const noexcept {
  const auto joined = [this](const word& w) {
    return (shell_ || w.size() > 1) && std::any_of(w.begin(), w.end(), is_item);
  };
  return std::any_of(words_.begin(), words_.end(), joined);
}

bool command_template::uses_slot() const noexcept {
  const auto is_slot = [](const piece& p) { return p.what == part::slot; };
  return std::any_of(words_.begin(), words_.end(),
                     [&](const word& w) { return std::any_of(w.begin(), w.end(), is_slot); });
}

std::size_t command_template::fixed_size() const noexcept {
  std::size_t size = sizeof(char*);
  for (const std::string& w : sources_) size += w.size() + 1 + sizeof(char*);
  return size;
}

// Whether an item stands inside quotes of the shell, or behind a backslash: what is meant to quote it would
// meet the quotes it comes in. `$( )` inside double quotes begins afresh.
bool command_template::quotes_item() const {
  std::string open(1, ' ');  // the innermost is the last: a quote, a parenthesis, or nothing
  bool escaped = false;
  for (const piece& p : words_.front()) {
    if (is_item(p) && (escaped || open.back() == '\'' || open.back() == '"')) return true;
    if (p.what != part::text) escaped = false;
    for (const char c : p.text) {
      const char in = open.back();
      if (std::exchange(escaped, false)) continue;
      if (in == '\'') {
        if (c == '\'') open.pop_back();
      } else if (c == '\\') {
        escaped = true;
      } else if (c == in && (c == '"' || c == '`')) {
        open.pop_back();
      } else if (c == '"' || c == '`' || c == '(' || (c == '\'' && in != '"')) {
        open += c;
      } else if (c == ')' && in == '(') {
        open.pop_back();
      }
    }
  }
  return false;
}

std::string command_template::warning() const {
  if (shell_ && quotes_item())
    return fmt::format(
        "in '{}' a placeholder stands inside quotes: the item comes in quotes of its own, which end them, "
        "and "
        "the shell may run what it says; write placeholders outside quotes",
        sources_.front());
  if (sources_.size() < 3) return {};
  for (std::size_t i = 0; i + 2 < sources_.size(); ++i) {
    if (!is_shell(sources_[i]) || !takes_script(sources_[i + 1])) continue;
    const word& script = words_[i + 2];
    if (std::none_of(script.begin(), script.end(), is_item)) continue;
    const std::string start = sources_[i] + " " + sources_[i + 1];
    return fmt::format(
        "in '{} ...' an item becomes text of the shell, which may run what it says; use {} '... \"$1\" ...' "
        "{} {{}}",
        start, start, base_name(sources_[i]));
  }
  return {};
}

// The items, or with a column separator the columns of all items, one after the other.
std::vector<std::string_view> command_template::arguments(const item_batch& batch) const {
  std::vector<std::string_view> all;
  all.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    std::string_view rest = batch[i];
    while (!colsep_.empty()) {
      const auto at = rest.find(colsep_);
      if (at == std::string_view::npos) break;
      all.push_back(rest.substr(0, at));
      rest.remove_prefix(at + colsep_.size());
    }
    all.push_back(rest);
  }
  return all;
}

void command_template::append_all(std::string& to, const piece& p,
                                  std::span<const std::string_view> args) const {
  if (p.index > 0) {
    const std::string_view one =
        p.index <= args.size() ? form(args[p.index - 1], p.what) : std::string_view();
    if (shell_) return append_quoted(to, one);
    to += one;
    return;
  }
  std::string joined;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const std::string_view one = form(args[i], p.what);
    if (shell_ && p.own_word) {
      if (i > 0) to += ' ';
      append_quoted(to, one);
      continue;
    }
    if (i > 0) joined += ' ';
    joined += one;
  }
  if (shell_ && p.own_word) return;
  if (shell_) return append_quoted(to, joined);
  to += joined;
}

void command_template::append(std::string& to, const piece& p, std::span<const std::string_view> args,
                              const item_batch& batch, std::size_t slot) const {
  if (p.what == part::text) {
    to += p.text;
  } else if (p.what == part::number) {
    to += std::to_string(batch.seq);
  } else if (p.what == part::slot) {
    to += std::to_string(slot);
  } else {
    append_all(to, p, args);
  }
}

void command_template::expand(const item_batch& batch, std::size_t slot, expanded_command& into) const {
  into.made_.clear();
  into.offsets_.clear();
  into.argv_.clear();
  into.shell_ = shell_;
  const auto pointer = [&](const char* text) {
    into.argv_.push_back(text);
    into.offsets_.push_back(std::string::npos);
  };
  const auto made = [&](auto&& append_word) {
    into.offsets_.push_back(into.made_.size());
    into.argv_.push_back(nullptr);
    append_word(into.made_);
    into.made_ += '\0';
  };
  if (shell_) {
    pointer("/bin/sh");
    pointer("-c");
  }
  const std::vector<std::string_view> args = arguments(batch);
  for (const word& w : words_) {
    const piece& first = w.front();
    const bool alone = !shell_ && w.size() == 1;
    if (alone && first.what == part::text) {
      pointer(first.text.c_str());
    } else if (alone && is_item(first) && first.index == 0) {
      // A word of its own: an argument an item. A whole item is one already, without being copied.
      for (const std::string_view& one : args) {
        if (first.what == part::item && colsep_.empty()) {
          pointer(one.data());
        } else {
          made([&](std::string& to) { to += form(one, first.what); });
        }
      }
    } else {
      made([&](std::string& to) {
        for (const piece& p : w) append(to, p, args, batch, slot);
      });
    }
  }
  for (std::size_t i = 0; i < into.argv_.size(); ++i)
    if (into.offsets_[i] != std::string::npos) into.argv_[i] = into.made_.data() + into.offsets_[i];
  into.argv_.push_back(nullptr);
}

}  // namespace weir::jobs
