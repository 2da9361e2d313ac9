#include <tool/prose.hpp>

#include <algorithm>

namespace weir::tool {

namespace {

// The next line, without its end; moves `text` past it.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view without_indentation(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line;
}

void add_filled(std::string& out, std::string_view sentences, const std::string& indent, std::size_t width) {
  std::string line;
  while (!sentences.empty()) {
    const std::size_t end = std::min(sentences.find(' '), sentences.size());
    const std::string_view word = sentences.substr(0, end);
    sentences.remove_prefix(std::min(end + 1, sentences.size()));
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > width) {
      out.append(indent).append(line).append("\n");
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty()) out.append(indent).append(line).append("\n");
}

}  // namespace

std::vector<paragraph> paragraphs_of(std::string_view text, std::size_t indentation) {
  std::vector<paragraph> all;
  bool ended = true;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    const std::size_t spaces = line.find_first_not_of(' ');
    if (spaces == std::string_view::npos) {
      ended = true;
      continue;
    }
    const bool kept = spaces > indentation;
    if (ended || all.back().kept != kept) all.push_back({.kept = kept});
    ended = false;
    std::string& into = all.back().text;
    if (kept) {
      line.remove_prefix(indentation);
      into.append(line).append("\n");
    } else {
      if (!into.empty()) into += ' ';
      into += without_indentation(line);
    }
  }
  return all;
}

std::vector<section> sections_of(std::string_view text) {
  constexpr std::size_t of_body = 2;
  std::vector<section> all;
  std::string body;
  const auto end_body = [&] {
    if (!all.empty()) all.back().body = paragraphs_of(body, of_body);
    body.clear();
  };
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty() || line.front() == ' ') {
      body.append(line).append("\n");
      continue;
    }
    end_body();
    all.push_back({.title = std::string(line)});
  }
  end_body();
  return all;
}

std::string indented(std::string_view text, std::size_t indentation) {
  std::string out;
  while (!text.empty()) out.append(indentation, ' ').append(take_line(text)).append("\n");
  return out;
}

std::string filled(const std::vector<paragraph>& all, std::size_t indentation, std::size_t width) {
  const std::string indent(indentation, ' ');
  std::string out;
  for (const paragraph& p : all)
    p.kept ? void(out += indented(p.text, indentation)) : add_filled(out, p.text, indent, width);
  return out;
}

}  // namespace weir::tool
