#include <jobs/journal.hpp>
#include <jobs/journal_text.hpp>

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace weir::jobs {
namespace {

const std::string header = std::string(journal_header) + "\n";

class journal_file : public testing::Test {
 protected:
  ~journal_file() override { std::filesystem::remove(path); }

  void write(std::string_view text) const { std::ofstream(path, std::ios::binary) << text; }
  std::string text() const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  auto open(journal::start how) {
    return journal::open(path, how, [this](std::string what) { said += what + "\n"; });
  }
  static journal_record record(std::uint64_t seq) {
    journal_record r;
    r.seq = seq;
    r.command = "x";
    return r;
  }
  static std::string line(std::uint64_t seq) {
    std::string text;
    append_line(text, record(seq));
    return text;
  }

  std::string path = "/tmp/weir-journal-test-" + std::to_string(::getpid());
  std::string said;
};

TEST_F(journal_file, afresh_holds_the_header_and_what_is_appended) {
  write("old\n");
  const auto log = open(journal::start::afresh);
  ASSERT_TRUE(log) << log.error().detail;
  EXPECT_EQ(text(), header);
  EXPECT_TRUE((*log)->append(record(5)));
  EXPECT_EQ(text(), header + line(5));
  EXPECT_TRUE((*log)->take_found().entries().empty());
  EXPECT_EQ(said, "");
}

TEST_F(journal_file, goes_on_behind_what_it_holds) {
  write(header + line(1) + line(2));
  const auto log = open(journal::start::go_on);
  ASSERT_TRUE(log);
  EXPECT_EQ((*log)->take_found().entries().size(), 2U);
  ASSERT_TRUE((*log)->append(record(3)));
  EXPECT_EQ(text(), header + line(1) + line(2) + line(3));
  EXPECT_EQ(said, "");
}

TEST_F(journal_file, cuts_what_is_torn_at_any_byte) {
  const std::string whole = header + line(1) + line(2);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    write(whole.substr(0, n));
    said.clear();
    const auto log = open(journal::start::go_on);
    ASSERT_TRUE(log) << n;
    const std::string kept = n < header.size() ? header : whole.substr(0, whole.rfind('\n', n - 1) + 1);
    EXPECT_EQ(text(), kept) << n;
    const bool torn = n > 0 && whole[n - 1] != '\n';
    EXPECT_EQ(said.find("torn") != std::string::npos, torn) << n;
  }
}

TEST_F(journal_file, says_which_lines_are_damaged_and_leaves_them) {
  const std::string damaged = header + line(1) + "?\n" + line(3);
  write(damaged);
  ASSERT_TRUE(open(journal::start::go_on));
  EXPECT_NE(said.find("line 3 is damaged"), std::string::npos) << said;
  EXPECT_EQ(text(), damaged);
}

TEST_F(journal_file, is_not_written_to_when_it_is_no_journal) {
  for (const char* other : {"dear diary,\n", "no newline", "\n"}) {
    write(other);
    const auto log = open(journal::start::go_on);
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().code, std::errc::invalid_argument);
    EXPECT_NE(log.error().detail.find("is no joblog"), std::string::npos);
    EXPECT_EQ(text(), other);
  }
}

TEST_F(journal_file, is_one_runs_at_a_time) {
  const auto first = open(journal::start::afresh);
  ASSERT_TRUE(first);
  const auto second = open(journal::start::afresh);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().detail.find("process " + std::to_string(::getpid())), std::string::npos);
}

TEST_F(journal_file, names_what_cannot_be_opened) {
  path = "/no/such/folder/log";
  const auto log = open(journal::start::afresh);
  ASSERT_FALSE(log);
  EXPECT_EQ(
      log.error().detail,
      "cannot open the joblog '/no/such/folder/log': No such file or directory; give --joblog a file that "
      "can be written");
}

TEST_F(journal_file, a_full_device_says_so_at_the_header) {
  const std::string mine = std::exchange(path, "/dev/full");
  const auto log = open(journal::start::afresh);
  path = mine;
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, std::errc::no_space_on_device);
  EXPECT_EQ(log.error().detail, "cannot write '/dev/full': No space left on device");
}

TEST_F(journal_file, a_device_cannot_be_gone_on_with) {
  const std::string mine = std::exchange(path, "/dev/null");
  EXPECT_TRUE(open(journal::start::afresh));
  const auto log = open(journal::start::go_on);
  path = mine;
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, std::errc::invalid_argument);
}

// A process appends from four threads and is killed; what append had returned from is there, and whole.
TEST_F(journal_file, keeps_every_line_that_was_told_to_be_written_through_kill_9) {
  std::mt19937 random(20261130);
  for (int kill = 0; kill < 20; ++kill) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      const auto log = open(journal::start::afresh);
      for (std::uint64_t t = 0; t < 4; ++t)
        std::thread([&, t] {
          for (std::uint64_t seq = t + 1;; seq += 4) {
            if (!(*log)->append(record(seq))) ::_exit(1);
            if (::write(ends[1], &seq, sizeof seq) != sizeof seq) ::_exit(1);
          }
        }).detach();
      ::pause();
    }
    ::close(ends[1]);
    std::vector<std::uint64_t> told;
    const std::size_t enough = 1 + random() % 500;
    std::uint64_t seq = 0;
    while (told.size() < enough && ::read(ends[0], &seq, sizeof seq) == sizeof seq) told.push_back(seq);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(ends[0], &seq, sizeof seq) == sizeof seq) told.push_back(seq);
    ::close(ends[0]);
    const auto log = open(journal::start::go_on);
    ASSERT_TRUE(log) << log.error().detail;
    const journal_index found = (*log)->take_found();
    EXPECT_EQ(found.damaged(), 0U);
    for (const std::uint64_t one : told)
      EXPECT_TRUE(std::ranges::any_of(found.entries(), [&](const auto& e) { return e.seq() == one; })) << one;
  }
}

TEST_F(journal_file, is_read_again_line_by_line_in_any_order) {
  std::vector<std::uint64_t> offsets;
  std::string all = header;
  for (std::uint64_t seq = 1; seq <= 3000; ++seq) {
    offsets.push_back(all.size());
    journal_record r = record(seq);
    const std::string command(seq % 700 == 0 ? 100'000 : seq % 90, 'y');
    r.command = command;
    append_line(all, r);
  }
  write(all);
  const auto log = open(journal::start::go_on);
  ASSERT_TRUE(log);
  journal_text text((*log)->descriptor(), "'log'");
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    const std::size_t which = i < 1500 ? static_cast<std::size_t>(i) : random() % offsets.size();
    const auto got = text.line_at(offsets[which]);
    ASSERT_TRUE(got);
    EXPECT_EQ(*got, all.substr(offsets[which], all.find('\n', offsets[which]) - offsets[which]));
    if (i % 500 == 0) {
      EXPECT_EQ(text.number_of_line_at(offsets[which]), which + 2);
    }
  }
  EXPECT_FALSE(text.line_at(all.size() - 1).value().size() > 0);
  EXPECT_FALSE(text.line_at(all.size()));
}

}  // namespace
}  // namespace weir::jobs
