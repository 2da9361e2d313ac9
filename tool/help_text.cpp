#include <tool/help_text.hpp>
#include <tool/prose.hpp>

#include <fmt/format.h>

namespace weir::tool {

namespace {

constexpr std::size_t widest = 100;

std::string beginning(const grammar& g) {
  std::string text = g.usage() + "\n" + g.said().summary;
  const named_words& operands = g.said().words;
  if (!operands.words.empty()) text += "\n" + operands.title + "\n";
  for (const auto& [name, sentence] : operands.words) text += fmt::format("  {:<12}{}\n", name, sentence);
  return text;
}

}  // namespace

std::string brief_help(const grammar& g) {
  std::string text = beginning(g);
  for (const option_group& group : g.groups()) {
    text += "\n" + group.title + "\n";
    for (const option& o : group.options) {
      const std::string left = spelling(o);
      text += fmt::format("  {:<30}{}{}\n", left, left.size() < 30 ? "" : "  ", o.help);
    }
  }
  return text + "\n" + g.said().closing + g.said().further;
}

std::string full_help(const grammar& g) {
  std::string text = beginning(g);
  for (const option_group& group : g.groups()) {
    text += "\n" + group.title + "\n";
    for (const option& o : group.options)
      text +=
          fmt::format("  {}\n      {}\n{}", spelling(o), o.help, filled(paragraphs_of(o.more), 6, widest));
  }
  for (const section& s : sections_of(g.said().more))
    text += "\n" + s.title + "\n" + filled(s.body, 2, widest);
  return text + "\n" + g.said().closing;
}

}  // namespace weir::tool
