#include <jobs/console.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cstdlib>
#include <thread>

namespace weir::jobs {
namespace {

// A terminal of 40 columns, and what was written to it.
struct terminal {
  terminal() {
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
    keyboard = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    EXPECT_EQ(::grantpt(keyboard), 0);
    EXPECT_EQ(::unlockpt(keyboard), 0);
    screen = ::open(::ptsname(keyboard), O_RDWR | O_NOCTTY | O_CLOEXEC);
    const winsize size{24, 40, 0, 0};
    EXPECT_EQ(::ioctl(screen, TIOCSWINSZ, &size), 0);
  }
  ~terminal() {
    ::close(screen);
    ::close(keyboard);
  }
  // What was written next, as far as `expected` reaches: it comes through the kernel in pieces.
  std::string next(std::string_view expected) const {
    std::string text;
    while (text.size() < expected.size()) {
      pollfd wait{keyboard, POLLIN, 0};
      if (::poll(&wait, 1, 10'000) != 1) break;
      std::string piece(expected.size() - text.size(), '\0');
      const ssize_t n = ::read(keyboard, piece.data(), piece.size());
      if (n > 0) text.append(piece, 0, static_cast<std::size_t>(n));
    }
    return text;
  }
  int keyboard = -1;
  int screen = -1;
};

void expect_shown(const terminal& t, const std::string& expected) { EXPECT_EQ(t.next(expected), expected); }

struct pipe_end {
  pipe_end() { EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0); }
  ~pipe_end() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::string text() const {
    char buffer[4096];
    const ssize_t n = ::read(ends[0], buffer, sizeof buffer);
    return {buffer, n > 0 ? static_cast<std::size_t>(n) : 0};
  }
  int ends[2];
};

TEST(console, what_is_said_is_a_line_that_names_who_says_it) {
  const pipe_end out;
  console c(out.ends[1], "weir run", when::automatic, when::automatic);
  c.say("no items");
  c.write("a\nb\n");
  EXPECT_EQ(out.text(), "weir run: no items\na\nb\n");
}

TEST(console, loses_what_the_hurried_thread_says_when_nobody_reads) {
  const pipe_end out;
  while (::write(out.ends[1], "x", 1) == 1) {
  }
  console c(out.ends[1], "w", when::automatic, when::automatic);
  c.hurry();
  c.say("lost");
  c.say("lost too");
  while (!out.text().empty()) {
  }
  c.say("read");
  EXPECT_EQ(out.text(), "w: read\n");
}

TEST(console, waits_for_a_reader_with_what_others_say_and_never_holds_the_hurried_thread_up) {
  const pipe_end out;
  while (::write(out.ends[1], "x", 1) == 1) {
  }
  console c(out.ends[1], "w", when::automatic, when::automatic);
  c.hurry();
  std::thread other([&] { c.say("kept"); });
  c.say("lost");
  std::string text;
  while (!text.ends_with('\n')) text += out.text();
  other.join();
  EXPECT_TRUE(text.ends_with("xw: kept\n"));
}

TEST(console, says_what_it_can_once_the_run_is_given_up) {
  const pipe_end out;
  while (::write(out.ends[1], "x", 1) == 1) {
  }
  const int given_up = ::eventfd(1, EFD_CLOEXEC);
  console c(out.ends[1], "w", when::automatic, when::automatic, given_up);
  c.say("lost");
  while (!out.text().empty()) {
  }
  c.say("read");
  EXPECT_EQ(out.text(), "w: read\n");
  ::close(given_up);
}

TEST(console, draws_and_colours_on_a_terminal_only) {
  const terminal t;
  const pipe_end p;
  const console on(t.screen, "w", when::automatic, when::automatic);
  EXPECT_TRUE(on.live() && on.color() && !on.plain_progress());
  const console off(p.ends[1], "w", when::automatic, when::automatic);
  EXPECT_FALSE(off.live() || off.color() || off.plain_progress());
  const console asked(p.ends[1], "w", when::always, when::always);
  EXPECT_TRUE(!asked.live() && asked.color() && asked.plain_progress());
  const console never(t.screen, "w", when::never, when::never);
  EXPECT_FALSE(never.live() || never.color() || never.plain_progress());
}

TEST(console, a_terminal_that_wants_it_plain_is_neither_drawn_to_nor_coloured) {
  const terminal t;
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(console(t.screen, "w", when::automatic, when::automatic).live());
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(console(t.screen, "w", when::automatic, when::automatic).live());
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(console(t.screen, "w", when::automatic, when::automatic).color());
}

TEST(console, a_drawn_line_fits_the_terminal_and_goes_before_anything_is_said) {
  const terminal t;
  console c(t.screen, "w", when::automatic, when::automatic);
  c.draw(std::string(100, 'x'));
  expect_shown(t, "\r\x1b[K" + std::string(39, 'x'));
  c.say("hello");
  expect_shown(t, "\r\x1b[Kw: hello\r\n");
  c.say("again");
  expect_shown(t, "w: again\r\n");
}

TEST(console, while_others_write_nothing_is_drawn) {
  const terminal t;
  console c(t.screen, "w", when::automatic, when::automatic);
  c.draw("x");
  c.give_way();
  c.draw("y");
  expect_shown(t, "\r\x1b[Kx\r\x1b[K");
  c.take_back(false);
  c.draw("z");
  expect_shown(t, "\r\x1b[Kz");
}

TEST(console, inside_a_line_of_others_nothing_is_drawn_and_what_is_said_begins_a_new_one) {
  const terminal t;
  console c(t.screen, "w", when::automatic, when::automatic);
  c.give_way();
  c.take_back(true);
  c.draw("y");
  c.say("hello");
  c.draw("z");
  expect_shown(t, "\r\nw: hello\r\n\r\x1b[Kz");
}

}  // namespace
}  // namespace weir::jobs
