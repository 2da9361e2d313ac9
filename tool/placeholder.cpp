#include <tool/placeholder.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace weir::tool {

namespace {

enum class offers { words, files, folders };

struct placeholder {
  std::string_view name;
  std::string_view example;
  offers what = offers::words;
  std::string_view words{};  // separated by |
};

constexpr auto known = std::to_array<placeholder>({
    {"N", "8"},
    {"K", "3"},
    {"X", "10"},
    {"L", "2.5"},
    {"MIN..MAX", "1..8"},
    {"TIME", "5s"},
    {"SIZE", "64M"},
    {"BYTES", "1G"},
    {"R", "100/s"},
    {"P%", "10%"},
    {"A..B", "10ms..1s"},
    {"SHARE/N,reset=TIME", "50%/20,reset=30s"},
    {"FIELD", "1"},
    {"CHAR", ","},
    {"TEXT", ","},
    {"ADDR", "127.0.0.1:9900"},
    {"FILE", "list.txt", offers::files},
    {"DIR", "out", offers::folders},
    {"POLICY", "block", offers::words, "block|timeout:|reject|drop_newest|drop_oldest|spill"},
    {"RULE", "never", offers::words, "never|soon,fail=1|now,fail=1"},
    {"WHEN", "never", offers::words, "auto|always|never"},
    {"WHICH", "long", offers::words, "long"},
});

const placeholder* find(std::string_view name) {
  const auto* found = std::ranges::find(known, name, &placeholder::name);
  return found == known.end() ? nullptr : found;
}

// A word of a closed set, not what stands for one.
bool is_literal(std::string_view word) {
  return !word.empty() && std::islower(static_cast<unsigned char>(word.front())) != 0;
}

}  // namespace

std::vector<std::string_view> alternatives(std::string_view value) {
  if (value.starts_with('=')) value.remove_prefix(1);
  std::vector<std::string_view> parts;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find('|'), value.size());
    parts.push_back(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return parts;
}

std::string_view example_of_value(std::string_view value) {
  for (const std::string_view part : alternatives(value)) {
    if (is_literal(part)) return part;
    if (const placeholder* p = find(part)) return p->example;
  }
  return {};
}

completion completion_of_value(std::string_view value) {
  completion all;
  for (const std::string_view part : alternatives(value)) {
    if (is_literal(part)) all.words.push_back(part);
    const placeholder* p = find(part);
    if (!p) continue;
    all.files = all.files || p->what == offers::files;
    all.folders = all.folders || p->what == offers::folders;
    const std::vector<std::string_view> words = alternatives(p->words);
    all.words.insert(all.words.end(), words.begin(), words.end());
  }
  return all;
}

}  // namespace weir::tool
