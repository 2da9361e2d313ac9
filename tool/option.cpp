#include <tool/option.hpp>
#include <tool/placeholder.hpp>
#include <weir/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>

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

std::string_view long_name(const option& o) {
  const std::string_view names = o.names;
  return names.substr(names.find("--"));
}

std::string_view short_name(const option& o) {
  const std::string_view names = o.names;
  return names[1] == '-' ? std::string_view() : names.substr(0, 2);
}

std::string_view key_of(const option& o) { return long_name(o).substr(2); }

bool is_flag(const option& o) { return o.value.empty(); }

bool takes_value(const option& o) { return !o.value.empty() && o.value.front() != '='; }

std::string spelling(const option& o) {
  std::string text(short_name(o));
  text += text.empty() ? "    " : ", ";
  text += long_name(o);
  if (takes_value(o)) return text + " " + o.value;
  return o.value.empty() ? text : text + "[" + o.value + "]";
}

std::string variable_of(const option& o) {
  std::string name = "WEIR_";
  for (const char c : key_of(o))
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::string example_of(const option& o) {
  return is_flag(o) ? "true" : std::string(example_of_value(o.value));
}

}  // namespace weir::tool
