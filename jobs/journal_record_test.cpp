#include <jobs/journal_record.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>
#include <string>

namespace weir::jobs {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

std::string line_of(const journal_record& r) {
  std::string line;
  append_line(line, r);
  EXPECT_TRUE(line.ends_with('\n'));
  line.pop_back();
  return line;
}

journal_record with_command(std::string_view command) {
  journal_record r;
  r.seq = 1;
  r.command = command;
  return r;
}

TEST(journal_record, is_written_as_gnu_parallel_writes_it) {
  const journal_record r{.seq = 7,
                         .start = std::chrono::system_clock::time_point(1'796'003'935'931ms),
                         .run_time = 5ms,
                         .received = 12,
                         .exit_value = 3,
                         .signal = 0,
                         .command = "echo 'e f'"};
  EXPECT_EQ(line_of(r), "7\t:\t1796003935.931\t     0.005\t0\t12\t3\t0\techo 'e f'");
}

TEST(journal_record, takes_times_of_any_length) {
  journal_record r = with_command("x");
  r.run_time = 1'234'567'890ms;
  EXPECT_NE(line_of(r).find("\t1234567.890\t"), std::string::npos);
  r.run_time = 59'999ms + 999us;
  EXPECT_NE(line_of(r).find("\t    59.999\t"), std::string::npos);
}

TEST(journal_record, writes_a_newline_in_a_command_as_nul_and_leaves_tabs_alone) {
  EXPECT_TRUE(line_of(with_command("a\nb\tc\n")).ends_with("\t0\ta\0b\tc\0"s));
}

TEST(journal_record, reads_what_parallel_wrote) {
  const auto ok = parse_journal_line("1\t:\t1796003935.931\t     0.000\t0\t2\t0\t0\techo 0; kill -0 $$");
  ASSERT_TRUE(ok);
  EXPECT_EQ(ok->seq, 1U);
  EXPECT_TRUE(ok->succeeded);
  EXPECT_EQ(ok->command, "echo 0; kill -0 $$");
  const auto timed_out =
      parse_journal_line("1\tuser@host\t1796003936.426\t     1.626\t0\t0\t-1\t15\tsleep 5");
  ASSERT_TRUE(timed_out);
  EXPECT_FALSE(timed_out->succeeded);
  const auto killed = parse_journal_line("3\t:\t1796003935.941\t     0.000\t0\t2\t0\t9\tx");
  ASSERT_TRUE(killed);
  EXPECT_FALSE(killed->succeeded);
}

TEST(journal_record, a_command_may_hold_tabs) {
  const auto line = parse_journal_line("1\t:\t1.0\t0.1\t0\t2\t0\t0\ta\tb\t\tc");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->command, "a\tb\t\tc");
}

TEST(journal_record, what_is_no_record_is_none) {
  for (const char* text :
       {"", "\t", "1", "1\t:\t1.0\t0.1\t0\t2\t0\t0", "1\t:\t1.0\t0.1\t0\t2\t0\t0\t",
        "0\t:\t1.0\t0.1\t0\t2\t0\t0\tx", "-1\t:\t1.0\t0.1\t0\t2\t0\t0\tx", "x\t:\t1.0\t0.1\t0\t2\t0\t0\tx",
        "1\t\t1.0\t0.1\t0\t2\t0\t0\tx", "1\t:\tnow\t0.1\t0\t2\t0\t0\tx", "1\t:\t1.0\t\t0\t2\t0\t0\tx",
        "1\t:\t1.0\t   \t0\t2\t0\t0\tx", "1\t:\t1.0\t0.1\t?\t2\t0\t0\tx", "1\t:\t1.0\t0.1\t0\t2\t0x\t0\tx",
        "1\t:\t1.0\t0.1\t0\t2\t0\t\tx", "99999999999999999999\t:\t1.0\t0.1\t0\t2\t0\t0\tx"})
    EXPECT_FALSE(parse_journal_line(text)) << text;
  EXPECT_FALSE(parse_journal_line(journal_header));
}

RC_GTEST_PROP(journal_record, reads_back_what_it_wrote, (const std::string& command)) {
  RC_PRE(!command.empty());
  journal_record r = with_command(command);
  r.seq = *rc::gen::positive<std::uint64_t>();
  r.exit_value = *rc::gen::inRange(-1, 256);
  r.signal = *rc::gen::inRange(0, 65);
  const std::string line = line_of(r);
  const auto read = parse_journal_line(line);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->seq == r.seq);
  RC_ASSERT(read->succeeded == (r.exit_value == 0 && r.signal == 0));
  RC_ASSERT(read->command == in_journal(command));
  RC_ASSERT(same_command(read->command, command));
}

TEST(same_command, looks_through_other_ways_to_quote) {
  EXPECT_TRUE(same_command(R"(echo 'it'"'"'s')", R"(echo 'it'\''s')"));
  EXPECT_TRUE(same_command(R"(echo it\'s)", R"(echo "it's")"));
  EXPECT_TRUE(same_command("echo 'a,b'", "echo a,b"));
  EXPECT_TRUE(same_command("echo 'a\0b'"s, "echo 'a\nb'"));
  EXPECT_TRUE(same_command("echo ''", "echo \"\""));
}

TEST(same_command, keeps_apart_what_the_shell_takes_differently) {
  EXPECT_FALSE(same_command("echo a > b", "echo a '>' b"));
  EXPECT_FALSE(same_command("echo a b", "echo 'a b'"));
  EXPECT_FALSE(same_command("echo $x", "echo '$x'"));
  EXPECT_FALSE(same_command("echo \"$x\"", "echo '$x'"));
  EXPECT_FALSE(same_command("echo ''", "echo"));
  EXPECT_FALSE(same_command("echo 1", "echo 12"));
  EXPECT_FALSE(same_command("echo '1", "echo 1"));
}

RC_GTEST_PROP(same_command, is_never_confused_by_what_is_not_quoted,
              (const std::string& a, const std::string& b)) {
  const auto plain = [](std::string text) {
    std::erase_if(text, [](unsigned char c) { return c <= ' ' || c == '\'' || c == '"' || c == '\\'; });
    return text;
  };
  RC_ASSERT(same_command(plain(a), plain(b)) == (plain(a) == plain(b)));
}

}  // namespace
}  // namespace weir::jobs
