#include <tool/demo/terminal.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace weir::tool::demo {

namespace {

bool decide(when w, bool automatic) { return w == when::always || (w == when::automatic && automatic); }

std::string_view code_of(colour c) {
  switch (c) {
    case colour::plain: return "";
    case colour::bold: return "\x1b[1m";
    case colour::dim: return "\x1b[2m";
    case colour::green: return "\x1b[32m";
    case colour::yellow: return "\x1b[33m";
    case colour::red: return "\x1b[31m";
  }
  return "";
}

bool is_set(const char* value) { return value && *value; }

}  // namespace

surroundings surroundings::look() {
  surroundings s;
  s.is_terminal = isatty(STDOUT_FILENO) == 1;
  s.no_color = is_set(std::getenv("NO_COLOR"));
  const char* term = std::getenv("TERM");
  s.dumb = !is_set(term) || std::string_view(term) == "dumb";
  winsize size{};
  if (s.is_terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    s.columns = size.ws_col;
  return s;
}

terminal::terminal(int descriptor, const surroundings& s, when colours, when live)
    : descriptor_(descriptor),
      colours_(decide(colours, s.is_terminal && !s.no_color && !s.dumb)),
      live_(decide(live, s.is_terminal && !s.no_color && !s.dumb)),
      columns_(std::clamp(s.columns, 20, 80)) {}

std::string terminal::paint(colour c, std::string_view text) const {
  if (!colours_ || c == colour::plain) return std::string(text);
  return fmt::format("{}{}\x1b[0m", code_of(c), text);
}

void terminal::print(std::string_view text) {
  keep();
  write(text);
}

void terminal::draw(std::span<const std::string> lines) {
  std::string frame = drawn_ == 0 ? "" : fmt::format("\x1b[{}A", drawn_);
  // One column stays free: a line that fills the last one wraps on some terminals.
  for (const std::string& line : lines) frame += "\r\x1b[2K" + cut(line, columns_ - 1) + "\n";
  write(frame);
  drawn_ = lines.size();
}

void terminal::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw output_gone{errno};
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string cut(std::string_view line, int columns) {
  std::string text;
  int used = 0;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == '\x1b') {
      const std::size_t end = std::min(line.find('m', at), line.size() - 1) + 1;
      text += line.substr(at, end - at);
      at = end;
    } else {
      if (used++ < columns) text += line[at];
      ++at;
    }
  }
  return text;
}

}  // namespace weir::tool::demo
