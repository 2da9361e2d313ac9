#include <tool/commands.hpp>
#include <tool/manual.hpp>
#include <tool/prose.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace weir::tool {

namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

// "\-" for the dashes of an option or a command; the hyphen of a compound word stays one.
std::string roff_word(std::string_view word, bool as_typed) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool within = i > 0 && i + 1 < word.size() && is_letter(word[i - 1]) && is_letter(word[i + 1]);
    switch (word[i]) {
      case '\\': out += "\\e"; break;
      case '-': out += within && !as_typed ? "-" : "\\-"; break;
      case '\'': out += within && !as_typed ? "'" : "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      default: out += word[i];
    }
  }
  return out;
}

// Words on lines of their own layout; a word that begins with a dash or holds a slash is as somebody types
// it.
std::string roff_line(std::string_view line, bool as_typed) {
  std::string out;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    const bool typed = as_typed || word.find("--") != std::string_view::npos || word.starts_with('-');
    out += roff_word(word, typed);
    if (end < line.size()) out += ' ';
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  const bool request = out.starts_with('.') || out.starts_with("\\(aq");
  return request ? "\\&" + out : out;
}

// What a macro gets as an argument: never taken for a macro itself.
std::string argument(std::string_view word) { return "\\&" + roff_word(word, true); }

// The lines without the indentation that all of them have.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  std::size_t common = text.size();
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    common = std::min(common, line.find_first_not_of(' '));
    lines.push_back(line);
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  for (std::string_view& line : lines) line.remove_prefix(std::min(common, line.size()));
  return lines;
}

// Each sentence on a line of its own, as mdoc has it.
std::string sentences(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t end = text.find(". ");
    const auto ends = [&text](std::size_t at) {
      return std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 &&
             std::isupper(static_cast<unsigned char>(text[at + 2])) != 0;
    };
    while (end != std::string_view::npos && (end == 0 || end + 2 >= text.size() || !ends(end)))
      end = text.find(". ", end + 1);
    out += roff_text(text.substr(0, end == std::string_view::npos ? end : end + 1)) + "\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return out;
}

std::string body(const std::vector<paragraph>& paragraphs) {
  std::string out;
  bool after_sentences = false;
  for (const paragraph& p : paragraphs) {
    if (!p.kept) {
      out += (after_sentences ? ".Pp\n" : "") + sentences(p.text);
      after_sentences = true;
      continue;
    }
    out += ".Bd -literal\n";
    for (const std::string_view line : lines_of(p.text)) out += roff_line(line, true) + "\n";
    out += ".Ed\n";
    after_sentences = false;
  }
  return out;
}

std::string item_head(const option& o) {
  std::string head = ".It ";
  if (const auto name = short_name(o); !name.empty())
    head += fmt::format("Fl {} , ", argument(name.substr(1)));
  head += fmt::format("Fl {}", argument(long_name(o).substr(1)));
  if (takes_value(o)) return head + fmt::format(" Ar {}\n", argument(o.value));
  if (is_flag(o)) return head + "\n";
  return head + fmt::format(" Ns Oo = Ns Ar {} Oc\n", argument(o.value.substr(1)));
}

std::string item(const option& o) {
  std::string sentence = o.help;
  if (!sentence.ends_with('.')) sentence += '.';
  return item_head(o) + roff_text(sentence) + "\n" + body(paragraphs_of(o.more));
}

std::string options(std::span<const option_group> groups) {
  std::string out;
  for (const option_group& g : groups) {
    if (g.title != "Options") out += fmt::format(".Ss {}\n", roff_text(g.title));
    out += ".Bl -tag -width Ds\n";
    for (const option& o : g.options) out += item(o);
    out += ".El\n";
  }
  return out;
}

std::string list(const named_words& operands) {
  if (operands.words.empty()) return "";
  std::string out = fmt::format(".Ss {}\n.Bl -tag -width unbounded -compact\n", roff_text(operands.title));
  for (const auto& [name, sentence] : operands.words)
    out += fmt::format(".It Cm {}\n{}\n", argument(name), roff_text(sentence));
  return out + ".El\n";
}

// Each way of the usage line: "usage: weir plan A, or weir plan B".
std::string synopsis(std::string_view usage, std::string_view name) {
  constexpr std::string_view other = ", or ";
  usage.remove_prefix(std::min(usage.find(' ') + 1, usage.size()));
  std::string out;
  while (!usage.empty()) {
    const std::size_t end = std::min(usage.find(other), usage.size());
    std::string_view way = usage.substr(0, end);
    way.remove_prefix(std::min(way.find(name) + name.size() + 1, way.size()));
    out += fmt::format(".Nm weir\n.Cm {}\n{}\n", argument(name), roff_line(way, true));
    usage.remove_prefix(std::min(end + other.size(), usage.size()));
    if (!usage.empty()) out += ".Pp\n";
  }
  return out;
}

// The examples of a command: what is indented in its closing text; what stands behind a gap explains the
// line.
std::string examples(std::string_view closing) {
  std::string out;
  for (const paragraph& p : paragraphs_of(closing)) {
    if (!p.kept) continue;
    for (const std::string_view line : lines_of(p.text)) {
      const std::size_t gap = line.find("  ");
      const std::size_t why = gap == std::string_view::npos ? gap : line.find_first_not_of(' ', gap);
      if (!out.empty()) out += ".Pp\n";
      if (why != std::string_view::npos) out += roff_text(line.substr(why)) + ":\n";
      out += ".Dl " + roff_line(line.substr(0, gap), true) + "\n";
    }
  }
  return out.empty() ? out : ".Sh EXAMPLES\n" + out;
}

const section* find(std::span<const section> all, std::string_view title) {
  const auto found = std::ranges::find(all, title, &section::title);
  return found == all.end() ? nullptr : &*found;
}

std::string exit_status(const section* own) {
  if (own) return ".Sh EXIT STATUS\n" + body(own->body);
  return ".Sh EXIT STATUS\n"
         ".Bl -tag -width Ds -compact\n"
         ".It 0\nAll done.\n"
         ".It 1\nSomething failed or was lost; the report says what.\n"
         ".It 2\nWrong usage, or a file that cannot be read.\n"
         ".El\n";
}

constexpr std::string_view environment =
    ".Sh ENVIRONMENT\n"
    ".Bl -tag -width Ds\n"
    ".It Ev WEIR_NAME\n"
    "The option of that long name, in capitals, with _ for \\-:\n"
    ".Ev WEIR_KILL_AFTER\n"
    "for\n"
    ".Fl \\-kill\\-after .\n"
    "It goes before a file and after the command line.\n"
    "A flag is switched on by 1, true, yes or on, and off by 0, false, no or off.\n"
    ".It Ev WEIR_CONFIG\n"
    "The file of\n"
    ".Fl \\-config ,\n"
    "when that is not given.\n"
    ".It Ev NO_COLOR , TERM\n"
    "There is no colour and nothing is drawn when\n"
    ".Ev NO_COLOR\n"
    "is set or\n"
    ".Ev TERM\n"
    "is dumb, unless an option says always.\n"
    ".El\n";

constexpr std::string_view values =
    "A number that needs a unit is refused without one.\n"
    "  TIME  250us 50ms 30s 5m 1h\n"
    "  SIZE  64K 1M 2G: bytes, powers of 1024\n"
    "  R     100/s 5/m 1/h; 100/s:20 lets 20 start at once after a rest\n"
    "  P%    10%\n";

std::string files(std::string_view name) {
  return fmt::format(
      ".Sh FILES\n"
      "None is read unless it is named.\n"
      "The file of\n"
      ".Fl \\-config\n"
      "is TOML: any option by its long name, at the top or in a table named after the command.\n"
      ".Bd -literal -offset indent\n"
      "format = \"json\"\n"
      "\n"
      "[{}]\n"
      "color = \"never\"\n"
      ".Ed\n",
      name);
}

std::string see_also(std::span<const command> others, std::string_view self, std::string_view last) {
  std::string out = ".Sh SEE ALSO\n";
  std::vector<std::string> pages;
  if (!self.empty()) pages.emplace_back("weir");
  for (const command& c : others)
    if (c.name != self) pages.push_back(fmt::format("weir-{}", c.name));
  std::ranges::sort(pages);
  if (!last.empty()) pages.emplace_back(last);
  for (const std::string& page : pages)
    out += fmt::format(".Xr {} 1{}\n", page, page == pages.back() ? "" : " ,");
  return out;
}

std::string head(std::string_view page, std::string_view sentence, const edition& e) {
  std::string title(page);
  std::ranges::transform(title, title.begin(), [](unsigned char c) { return std::toupper(c); });
  return fmt::format(
      ".\\\" Made by weir help --man from the tables of its options.\n.Dd {}\n.Dt {} 1\n.Os weir {}\n"
      ".Sh NAME\n.Nm {}\n.Nd {}\n",
      e.date, title, e.version, page, roff_text(sentence));
}

}  // namespace

std::string roff_text(std::string_view text) { return roff_line(text, false); }

std::string manual_page(const command& c, std::span<const command> others, const edition& e) {
  const grammar g = c.grammar();
  const std::vector<section> sections = sections_of(g.said().more);
  const section* signals = find(sections, "Signals");
  const section* status = find(sections, "Exit status");
  std::string out = head(fmt::format("weir-{}", c.name), c.sentence, e);
  out += ".Sh SYNOPSIS\n" + synopsis(g.usage(), c.name);
  out += ".Sh DESCRIPTION\n" + body(paragraphs_of(g.said().summary)) + list(g.said().words);
  for (const section& s : sections)
    if (&s != signals && &s != status) out += fmt::format(".Ss {}\n{}", roff_text(s.title), body(s.body));
  out += ".Sh OPTIONS\n" + options(g.groups());
  if (signals) out += ".Sh SIGNALS\n" + body(signals->body);
  out += std::string(environment) + files(c.name) + exit_status(status) + examples(g.said().closing);
  return out + see_also(others, c.name, c.name == "run" ? "xargs" : "");
}

std::string manual_overview(std::span<const command> all, const edition& e) {
  std::string out = head("weir", "bounded queues, worker pools and overload control", e);
  out += ".Sh SYNOPSIS\n.Nm weir\n.Ar COMMAND\n.Op Ar ARG ...\n";
  out +=
      ".Sh DESCRIPTION\n"
      "A weir is the low dam that holds a river back, measures it, and spills the excess by rule.\n"
      "The program does that with work: how much may wait, what happens to the next job when no more may, "
      "how fast "
      "jobs may start and how many may run are told by options, and what was lost is counted and said.\n"
      ".Ss Commands\n.Bl -tag -width Ds\n";
  for (const command& c : all)
    out += fmt::format(".It Cm {0}\n{1}; see\n.Xr weir-{0} 1 .\n", c.name, roff_text(c.sentence));
  out += ".El\n.Ss Values\n" + body(paragraphs_of(values));
  out += ".Sh OPTIONS\nEvery command has them.\n";
  const grammar any = all.front().grammar();
  out += options(any.groups().last(1));
  out += std::string(environment) + files(all.front().name) + exit_status(nullptr);
  return out + examples("  seq 10 | weir run -j2 echo item\n") + see_also(all, "", "");
}

}  // namespace weir::tool
