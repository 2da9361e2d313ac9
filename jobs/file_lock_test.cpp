#include <jobs/file_lock.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace weir::jobs {
namespace {

using namespace std::chrono_literals;

class locked_file : public testing::Test {
 protected:
  locked_file() { ::pipe2(ends.data(), O_CLOEXEC); }
  ~locked_file() override {
    ::close(ends[0]);
    if (ends[1] >= 0) ::close(ends[1]);
    std::filesystem::remove(path);
  }

  int open() const { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }

  // A process that takes the lock, says so, and lives until the pipe is closed; its child, if it has one, has
  // the lock too.
  pid_t holder(bool with_child) {
    std::array<int, 2> ready{};
    EXPECT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
    const pid_t process = ::fork();
    if (process == 0) {
      const bool locked = bool(lock_file(open(), "f", [](const std::string&) {}));
      if (with_child && ::fork() == 0) ::close(ready[1]);
      [[maybe_unused]] const ssize_t n = ::write(ready[1], locked ? "y" : "n", 1);
      ::close(ends[1]);
      char end = 0;
      [[maybe_unused]] const ssize_t m = ::read(ends[0], &end, 1);
      ::_exit(0);
    }
    char answer = 'n';
    EXPECT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    ::close(ready[0]);
    ::close(ready[1]);
    return process;
  }

  void let_go() { ::close(std::exchange(ends[1], -1)); }

  std::filesystem::path path = "/tmp/weir-lock-test-" + std::to_string(::getpid());
  std::array<int, 2> ends{-1, -1};
  std::vector<std::string> said;
  std::function<void(std::string)> say = [this](std::string text) { said.push_back(std::move(text)); };
};

TEST_F(locked_file, has_one_holder_who_is_named) {
  const pid_t other = holder(false);
  const int mine = open();
  EXPECT_EQ(lock_holder(mine), other);
  const auto refused = lock_file(mine, "'jobs.log'", say, {.living = 20ms, .dead = 1h});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::operation_would_block);
  EXPECT_NE(refused.error().detail.find("'jobs.log' is in use by"), std::string::npos)
      << refused.error().detail;
  EXPECT_NE(refused.error().detail.find("process " + std::to_string(other)), std::string::npos);
  EXPECT_TRUE(said.empty());
  let_go();
  ::waitpid(other, nullptr, 0);
  ::close(mine);
}

TEST_F(locked_file, is_free_when_its_holder_is_gone) {
  const pid_t other = holder(false);
  ::kill(other, SIGKILL);
  const int mine = open();
  EXPECT_TRUE(lock_file(mine, "f", say, {.living = 1min, .dead = 1min}));
  ::waitpid(other, nullptr, 0);
  ::close(mine);
}

TEST_F(locked_file, is_waited_for_while_a_child_of_a_dead_holder_has_it) {
  const pid_t other = holder(true);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  const int mine = open();
  EXPECT_FALSE(lock_file(mine, "f", say, {.living = 0ms, .dead = 20ms}));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("waiting for the jobs of a killed run"), std::string::npos);
  bool got = false;
  std::thread waits([&] { got = bool(lock_file(mine, "f", say, {.living = 1min, .dead = 1min})); });
  let_go();
  waits.join();
  EXPECT_TRUE(got);
  ::close(mine);
}

TEST_F(locked_file, a_zombie_that_had_it_counts_as_dead) {
  const pid_t other = holder(true);
  ::kill(other, SIGKILL);  // and is not waited for
  const int mine = open();
  const auto refused = lock_file(mine, "f", say, {.living = 1min, .dead = 20ms});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("a run that was killed"), std::string::npos)
      << refused.error().detail;
  let_go();
  ::waitpid(other, nullptr, 0);
  ::close(mine);
}

TEST_F(locked_file, may_be_a_directory) {
  const int directory = ::open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  EXPECT_TRUE(lock_file(directory, "/tmp", say));
  ::close(directory);
}

TEST_F(locked_file, nobody_holds_what_is_not_locked) {
  const int mine = open();
  EXPECT_FALSE(lock_holder(mine));
  EXPECT_FALSE(lock_holder(-1));
  ::close(mine);
}

}  // namespace
}  // namespace weir::jobs
