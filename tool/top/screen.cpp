#include <tool/top/screen.hpp>

#include <curses.h>
#include <poll.h>
#include <termcap.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace weir::tool::top {

namespace {

constexpr int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t caught = 0;
void remember(int number) { caught = number; }

// Signals come only inside wait(): one that came just before it would be slept over.
sigset_t hold_signals() {
  struct sigaction action{};
  action.sa_handler = remember;
  sigset_t held{};
  sigemptyset(&held);
  for (const int number : ending_signals) {
    sigaddset(&held, number);
    ::sigaction(number, &action, nullptr);
  }
  sigset_t before{};
  ::pthread_sigmask(SIG_BLOCK, &held, &before);
  for (const int number : ending_signals) sigdelset(&before, number);
  return before;
}

void let_signals_go(const sigset_t& mask) {
  for (const int number : ending_signals) std::signal(number, SIG_DFL);
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
}

// The colour pairs, and how they look without colours.
constexpr short good_pair = 1, warning_pair = 2, bad_pair = 3;

attr_t attributes_of(tone t, bool colours) {
  switch (t) {
    case tone::bold: return A_BOLD;
    case tone::dim: return A_DIM;
    case tone::good: return colours ? static_cast<attr_t>(COLOR_PAIR(good_pair)) : A_NORMAL;
    case tone::warning: return colours ? static_cast<attr_t>(COLOR_PAIR(warning_pair)) : A_BOLD;
    case tone::bad: return colours ? static_cast<attr_t>(COLOR_PAIR(bad_pair)) | A_BOLD : A_REVERSE;
    case tone::plain: break;
  }
  return A_NORMAL;
}

// Asked before newterm(), which leaks what it had begun of a screen where it does not know the terminal.
bool is_known_terminal(const char* type) { return type && ::tgetent(nullptr, type) == 1; }

bool start_colours() {
  if (!::has_colors() || ::start_color() == ERR) return false;
  ::use_default_colors();
  ::init_pair(good_pair, COLOR_GREEN, -1);
  ::init_pair(warning_pair, COLOR_YELLOW, -1);
  ::init_pair(bad_pair, COLOR_RED, -1);
  return true;
}

}  // namespace

io_result<std::unique_ptr<terminal_screen>> terminal_screen::open(bool colours) {
  std::unique_ptr<terminal_screen> made(new terminal_screen);
  // Not initscr(): it ends the program where the terminal is not known.
  const char* type = std::getenv("TERM");
  if (is_known_terminal(type)) made->terminal_ = ::newterm(nullptr, stdout, stdin);
  if (!made->terminal_)
    return std::unexpected(error(std::errc::not_supported, "cannot draw on a terminal of type '" +
                                                               std::string(type ? type : "") + "'"));
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(stdscr, TRUE);
  ::nodelay(stdscr, TRUE);
  ::curs_set(0);
  made->colours_ = colours && start_colours();
  return made;
}

terminal_screen::terminal_screen() : before_(hold_signals()) {}

terminal_screen::~terminal_screen() {
  if (terminal_) {
    ::endwin();
    ::delscreen(terminal_);
  }
  let_signals_go(before_);
}

screen_size terminal_screen::size() const {
  return {static_cast<std::size_t>(std::max(1, getmaxx(stdscr))),
          static_cast<std::size_t>(std::max(1, getmaxy(stdscr)))};
}

void terminal_screen::show(const std::vector<line>& lines) {
  ::erase();
  for (std::size_t row = 0; row < lines.size(); ++row) {
    ::move(static_cast<int>(row), 0);
    for (const span& s : lines[row]) {
      ::attrset(static_cast<int>(attributes_of(s.tone, colours_)));
      ::addnstr(s.text.c_str(), static_cast<int>(s.text.size()));
    }
  }
  ::attrset(A_NORMAL);
  ::refresh();
}

// What ncurses has: it turns SIGWINCH into a key.
event terminal_screen::key() const {
  const int got = ::getch();
  if (got == ERR) return {};
  if (got == KEY_RESIZE) return {event::kind::resized};
  return {event::kind::key, got};
}

event terminal_screen::wait(time_point until) {
  for (;;) {
    if (const event e = key(); e.what != event::kind::time) return e;
    const duration rest = std::max(duration::zero(), until - clock::now());
    const timespec left{.tv_sec = static_cast<time_t>(rest.count() / 1'000'000'000),
                        .tv_nsec = static_cast<long>(rest.count() % 1'000'000'000)};
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const int ready = ::ppoll(&input, 1, &left, &before_);
    if (caught != 0) return {event::kind::signal, caught};
    if (ready == 0) return {};
    if (ready > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return {event::kind::gone};
  }
}

}  // namespace weir::tool::top
