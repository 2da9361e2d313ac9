// Configuration files: what is read is written and read back as the same, what is refused says where.
#include <tests/fuzz/check.hpp>
#include <tool/settings_file.hpp>

#include <algorithm>

namespace {

using namespace weir;

// Lines as TOML counts them.
std::size_t lines_of(std::string_view text) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

void check_entry(const tool::file_entry& e, std::size_t lines) {
  using kind = tool::file_entry::kind;
  fuzz::require(e.line >= 1 && e.line <= lines, "an entry stands on a line of the file");
  fuzz::require(e.what != kind::text || e.values.size() == 1, "a text is one value");
  fuzz::require((e.what == kind::unusable) == !e.found.empty(), "what is of no use is named");
  fuzz::require(e.what != kind::table || e.key.empty(), "the head of a table has no key");
  if (e.what != kind::text && e.what != kind::list) return;
  const auto line = tool::setting_line("key", e.values);
  fuzz::require(line.has_value(), "what TOML held it can hold again");
  const auto back = tool::parse_settings(*line, "again");
  fuzz::require(back && back->size() == 1 && back->front().values == e.values, "a value is read back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::size_t lines = lines_of(text);
  if (const auto entries = tool::parse_settings(text, "f.toml")) {
    for (const tool::file_entry& e : *entries) check_entry(e, lines);
  } else {
    const std::string& why = entries.error().detail;
    fuzz::require(why.starts_with("f.toml:"), "a refusal says where");
    fuzz::require(std::stoul(why.substr(7)) <= lines + 1, "and on which line");
  }
  const std::string comment = "# " + tool::comment_text(text) + "\n";
  const auto nothing = tool::parse_settings(comment, "comment");
  fuzz::require(nothing && nothing->empty(), "a comment is a comment whatever stands in it");
  return 0;
}
