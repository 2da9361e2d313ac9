#include <jobs/journal_record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>

namespace weir::jobs {

namespace {

constexpr std::string_view special = " \t\n|&;<>()$`\\\"'*?[]#~=%!{}^";

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number n{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

// Parallel pads its numbers with blanks on the left.
bool is_time(std::string_view text) {
  const std::size_t from = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(from);
  return !text.empty() && text.find_first_not_of("-0123456789.") == std::string_view::npos;
}

/// The text of a command in one way of quoting: a backslash before each special character that is quoted. A
/// part in double quotes that the shell would look into stays as it is.
class one_quoting {
 public:
  explicit one_quoting(std::string_view text) : rest_(text) {
    while (!rest_.empty()) step();
  }
  const std::string& text() const noexcept { return out_; }

 private:
  void step() {
    const char c = rest_.front();
    if (c == '\'' || c == '"') return quoted(c);
    if (c == '\\' && rest_.size() > 1) {
      literal(rest_[1]);
      return rest_.remove_prefix(2);
    }
    out_ += c == '\n' ? '\0' : c;
    rest_.remove_prefix(1);
  }

  void quoted(char quote) {
    const std::size_t end = rest_.find(quote, 1);
    const std::string_view inside =
        end == std::string_view::npos ? rest_.substr(1) : rest_.substr(1, end - 1);
    const bool live = quote == '"' && inside.find_first_of("$`\\") != std::string_view::npos;
    if (end == std::string_view::npos || live) {  // as it is, one character
      out_ += quote;
      return rest_.remove_prefix(1);
    }
    if (inside.empty()) out_ += "''";
    for (const char c : inside) literal(c);
    rest_.remove_prefix(end + 1);
  }

  void literal(char c) {
    if (c == '\n') c = '\0';
    if (c == '\0' || special.find(c) != std::string_view::npos) out_ += '\\';
    out_ += c;
  }

  std::string_view rest_;
  std::string out_;
};

}  // namespace

std::string in_journal(std::string_view command) {
  std::string text(command);
  std::ranges::replace(text, '\n', '\0');
  return text;
}

void append_line(std::string& to, const journal_record& r) {
  using milliseconds = std::chrono::milliseconds;
  const auto start = std::chrono::duration_cast<milliseconds>(r.start.time_since_epoch()).count();
  const auto ran = std::chrono::duration_cast<milliseconds>(r.run_time).count();
  fmt::format_to(std::back_inserter(to), "{}\t:\t{}.{:03}\t{:6}.{:03}\t0\t{}\t{}\t{}\t", r.seq, start / 1000,
                 start % 1000, ran / 1000, ran % 1000, r.received, r.exit_value, r.signal);
  const std::size_t command = to.size();
  to += r.command;
  std::replace(to.begin() + static_cast<std::ptrdiff_t>(command), to.end(), '\n', '\0');
  to += '\n';
}

std::optional<journal_line> parse_journal_line(std::string_view line) {
  enum column : std::size_t { seq, host, start, run_time, send, receive, exit_value, signal, columns };
  std::array<std::string_view, columns> part;
  for (std::string_view& text : part) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) return std::nullopt;
    text = line.substr(0, tab);
    line.remove_prefix(tab + 1);
  }
  const auto number = whole<std::uint64_t>(part[seq]);
  const auto exited = whole<int>(part[exit_value]);
  const auto ended_by = whole<int>(part[signal]);
  const bool times = is_time(part[start]) && is_time(part[run_time]);
  const bool sizes = whole<std::int64_t>(part[send]) && whole<std::int64_t>(part[receive]);
  if (!number || *number == 0 || !exited || !ended_by || !times || !sizes || part[host].empty() ||
      line.empty())
    return std::nullopt;
  return journal_line{*number, *exited == 0 && *ended_by == 0, line};
}

bool same_command(std::string_view in_journal, std::string_view command) {
  const auto same = [](char a, char b) { return a == b || (a == '\0' && b == '\n'); };
  if (std::ranges::equal(in_journal, command, same)) return true;
  return one_quoting(in_journal).text() == one_quoting(command).text();
}

}  // namespace weir::jobs
