#include <jobs/console.hpp>

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace weir::jobs {

namespace {

// A terminal whose user wants neither colour nor drawing says so (no-color.org; terminfo's "dumb").
bool wants_plain() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (no_color && *no_color) || (term && std::strcmp(term, "dumb") == 0);
}

constexpr std::string_view erase_line = "\r\x1b[K";

}  // namespace

console::console(int descriptor, std::string who, when color, when progress)
    : descriptor_(descriptor), who_(std::move(who)) {
  const bool terminal = ::isatty(descriptor) == 1;
  const bool fancy = terminal && !wants_plain();
  color_ = color == when::always || (color == when::automatic && fancy);
  live_ = progress != when::never && fancy;
  plain_ = progress == when::always && !fancy;
}

void console::put(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) return;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void console::erase() {
  if (drawn_) put(erase_line);
  drawn_ = false;
}

void console::say(std::string_view text) {
  std::string line = who_;
  line += ": ";
  line += text;
  line += '\n';
  write(line);
}

void console::write(std::string_view lines) {
  const std::lock_guard lock(mutex_);
  erase();
  if (inside_line_) put("\n");
  if (inside_line_) given_way_ = inside_line_ = false;
  put(lines);
}

std::size_t console::width() const {
  winsize size{};
  const bool known = ::ioctl(descriptor_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

void console::draw(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (given_way_) return;
  std::string text(erase_line);
  text += line.substr(0, width() - 1);
  put(text);
  drawn_ = true;
}

void console::give_way() {
  const std::lock_guard lock(mutex_);
  erase();
  given_way_ = true;
}

void console::take_back(bool inside_line) {
  const std::lock_guard lock(mutex_);
  given_way_ = inside_line_ = inside_line;
}

}  // namespace weir::jobs
