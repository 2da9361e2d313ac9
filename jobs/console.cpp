#include <jobs/console.hpp>

#include <poll.h>
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

console::console(int descriptor, std::string who, when color, when progress, int given_up)
    : descriptor_(descriptor), who_(std::move(who)), to_(descriptor, given_up) {
  const bool terminal = ::isatty(descriptor) == 1;
  const bool fancy = terminal && !wants_plain();
  color_ = color == when::always || (color == when::automatic && fancy);
  live_ = progress != when::never && fancy;
  plain_ = progress == when::always && !fancy;
}

void console::hurry() noexcept { hurried_.store(std::this_thread::get_id(), std::memory_order_relaxed); }

// Takes the mutex; false: another thread has it and does not get rid of its bytes.
bool console::enter() {
  if (hurried_.load(std::memory_order_relaxed) != std::this_thread::get_id()) return mutex_.lock(), true;
  // Rarely more than one round: who has the mutex only holds it for one write.
  for (const time_point until = from_now(hurried_patience); !mutex_.try_lock(); ::poll(nullptr, 0, 1)) {
    if (clock::now() > until) return false;
  }
  return true;
}

bool console::await_room() {
  if (hurried_.load(std::memory_order_relaxed) != std::this_thread::get_id()) return to_.await_room();
  stuck_ = !to_.await_room(stuck_ ? duration::zero() : hurried_patience);
  return !stuck_;
}

void console::put(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = to_.write(bytes);
    if (n < 0 && errno == EAGAIN && await_room()) continue;
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
  if (!enter()) return;
  const std::lock_guard lock(mutex_, std::adopt_lock);
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
  if (!enter()) return;
  const std::lock_guard lock(mutex_, std::adopt_lock);
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
