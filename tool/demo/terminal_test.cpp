#include <tool/demo/terminal.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <cerrno>

namespace weir::tool::demo {
namespace {

constexpr surroundings on_a_terminal{.is_terminal = true, .columns = 100};

// A pipe to read back what was written.
class pipe_of {
 public:
  pipe_of() { EXPECT_EQ(::pipe(ends_.data()), 0); }
  ~pipe_of() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  int in() const { return ends_[1]; }
  std::string text() const {
    std::string read(65536, '\0');
    const ssize_t n = ::read(ends_[0], read.data(), read.size());
    read.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return read;
  }

 private:
  std::array<int, 2> ends_{};
};

TEST(terminal, draws_and_paints_only_on_a_terminal_that_can_and_whose_user_wants_it) {
  const auto automatic = [](const surroundings& s) {
    return terminal(-1, s, when::automatic, when::automatic);
  };
  EXPECT_TRUE(automatic(on_a_terminal).live());
  EXPECT_NE(automatic(on_a_terminal).paint(colour::red, "x"), "x");
  for (const surroundings& s : {surroundings{}, surroundings{.is_terminal = true, .dumb = true},
                                surroundings{.is_terminal = true, .no_color = true}}) {
    EXPECT_FALSE(automatic(s).live());
    EXPECT_EQ(automatic(s).paint(colour::red, "x"), "x");
  }
}

TEST(terminal, always_and_never_win_over_the_surroundings) {
  EXPECT_TRUE(terminal(-1, {}, when::never, when::always).live());
  EXPECT_FALSE(terminal(-1, on_a_terminal, when::never, when::never).live());
  EXPECT_EQ(terminal(-1, {}, when::always, when::never).paint(colour::red, "x"), "\x1b[31mx\x1b[0m");
}

TEST(terminal, uses_at_most_80_columns_and_no_more_than_there_are) {
  EXPECT_EQ(terminal(-1, {.columns = 200}, when::never, when::never).columns(), 80);
  EXPECT_EQ(terminal(-1, {.columns = 60}, when::never, when::never).columns(), 60);
  EXPECT_EQ(terminal(-1, {.columns = 1}, when::never, when::never).columns(), 20);
}

TEST(terminal, a_drawing_replaces_the_one_before_and_always_leaves_the_cursor_on_an_empty_line) {
  const pipe_of out;
  terminal t(out.in(), on_a_terminal, when::never, when::always);
  const std::vector<std::string> two = {"one", "two"};
  t.draw(two);
  EXPECT_EQ(out.text(), "\r\x1b[2Kone\n\r\x1b[2Ktwo\n");
  t.draw(two);
  EXPECT_EQ(out.text(), "\x1b[2A\r\x1b[2Kone\n\r\x1b[2Ktwo\n");
  t.print("below\n");
  t.draw(two);
  EXPECT_EQ(out.text(), "below\n\r\x1b[2Kone\n\r\x1b[2Ktwo\n");
}

TEST(terminal, cuts_what_does_not_fit_but_keeps_the_end_of_a_colour) {
  EXPECT_EQ(cut("abcdef", 3), "abc");
  EXPECT_EQ(cut("abc", 3), "abc");
  EXPECT_EQ(cut("a\x1b[31mbcd\x1b[0m", 2), "a\x1b[31mb\x1b[0m");
  EXPECT_EQ(cut("", 3), "");
}

TEST(terminal, says_when_its_output_is_gone) {
  terminal t(-1, {}, when::never, when::never);
  try {
    t.print("x\n");
    FAIL() << "no exception";
  } catch (const output_gone& e) {
    EXPECT_EQ(e.code, EBADF);
  }
}

}  // namespace
}  // namespace weir::tool::demo
