#include <jobs/process.hpp>
#include <jobs/watchdog.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace weir::jobs {
namespace {

using std::chrono::seconds;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Processes that live and whose environment holds `mark`.
std::vector<pid_t> marked(const std::string& mark) {
  std::vector<pid_t> found;
  std::error_code failed;
  for (std::filesystem::directory_iterator at("/proc", failed), end; at != end; at.increment(failed)) {
    const std::string name = at->path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = content(at->path() / "stat");
    const auto name_end = stat.rfind(')');
    if (name_end == std::string::npos || stat[name_end + 2] == 'Z') continue;
    if (content(at->path() / "environ").find(mark) != std::string::npos) found.push_back(std::stoi(name));
  }
  return found;
}

bool wait_until_gone(const std::string& mark, weir::duration most) {
  const time_point deadline = from_now(most);
  while (!marked(mark).empty()) {
    if (clock::now() > deadline) return false;
    std::this_thread::sleep_for(
        std::chrono::milliseconds(1));  // /proc is looked through again, not time waited for
  }
  return true;
}

class no_sink : public output_sink {
 public:
  io_result<> write(stream, std::string_view) override { return {}; }
};

/// What stands in for weir and is killed: a watchdog, and two workers that start one job after the other. A
/// byte on `ready` says that the first job runs.
[[noreturn]] void drive(const std::string& mark, const char* script, int ready, std::span<const int> kept) {
  watchdog dog = watchdog::start(kept).value();
  ::setenv("WEIR_TEST_MARK", mark.c_str(), 1);
  const auto shared = launcher::make(&dog).value();
  std::vector<std::thread> workers;
  for (unsigned number = 1; number <= 2; ++number) {
    workers.emplace_back([&, number] {
      process_slot slot(*shared, number);
      const char* argv[] = {"/bin/sh", "-c", script, nullptr};
      process_request request;
      request.argv = argv;
      class : public output_sink {
       public:
        io_result<> write(stream, std::string_view bytes) override {
          return ::write(descriptor, bytes.data(), 1) == 1 ? io_result<>{} : io_result<>{};
        }
        int descriptor = -1;
      } sink;
      sink.descriptor = ready;
      for (;;) slot.run(request, sink);
    });
  }
  for (std::thread& worker : workers) worker.join();
  ::_exit(0);
}

class killed_driver {
 public:
  killed_driver(std::string mark, const char* script, std::vector<int> kept = {}) : mark_(std::move(mark)) {
    EXPECT_EQ(::pipe2(ready_, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) drive(mark_, script, ready_[1], kept);
    ::close(ready_[1]);
  }
  ~killed_driver() { ::close(ready_[0]); }

  void await_output() {
    char byte = 0;
    EXPECT_EQ(::read(ready_[0], &byte, 1), 1);
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    EXPECT_EQ(::waitpid(pid_, nullptr, 0), pid_);
  }

 private:
  std::string mark_;
  int ready_[2] = {-1, -1};
  pid_t pid_ = -1;
};

std::string unique_mark(int n) {
  return "weir-test-" + std::to_string(::getpid()) + "-" + std::to_string(n) + "-";
}

TEST(watchdog, kills_running_jobs_when_weir_is_killed) {
  const std::string mark = unique_mark(1);
  // A job with a child and a pipeline, all of them deaf to SIGTERM.
  killed_driver driver(mark, "trap '' TERM; echo up; sleep 1000 & sleep 1000 | cat");
  driver.await_output();
  driver.kill();
  EXPECT_TRUE(wait_until_gone(mark, seconds(20)));
}

TEST(watchdog, kills_the_jobs_of_a_weir_killed_at_any_moment) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 20; ++round) {
    const std::string mark = unique_mark(100 + round);
    killed_driver driver(mark, random() % 2 == 0 ? "echo x; exit 0" : "echo x; sleep 0.003; sleep 1000");
    driver.await_output();
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));  // the moment is what is drawn
    driver.kill();
    ASSERT_TRUE(wait_until_gone(mark, seconds(20))) << "round " << round;
  }
}

TEST(watchdog, gives_a_lock_back_when_the_last_of_the_killed_is_dead) {
  const std::string path = "/tmp/weir-watchdog-test-" + std::to_string(::getpid());
  for (int round = 0; round < 10; ++round) {
    const std::string mark = unique_mark(200 + round);
    const int theirs = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_EQ(::flock(theirs, LOCK_EX), 0);
    // Processes that are made all the time, in the group of the job.
    killed_driver driver(mark, "trap '' TERM; echo up; (while :; do /bin/true; done) & sleep 1000", {theirs});
    ::close(theirs);
    driver.await_output();
    const int mine = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    EXPECT_NE(::flock(mine, LOCK_EX | LOCK_NB), 0) << "while it runs";
    driver.kill();
    ASSERT_EQ(::flock(mine, LOCK_EX), 0);
    EXPECT_TRUE(marked(mark).empty()) << "round " << round;
    ::close(mine);
  }
  std::filesystem::remove(path);
}

TEST(watchdog, keeps_what_it_is_told_to_whatever_its_number) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::fcntl(ends[1], F_DUPFD, 40), 40);
  const std::vector<int> kept{ends[1], 40};
  {
    watchdog dog = watchdog::start(kept).value();
    for (const int end : kept) ::close(end);
    while (content("/proc/" + std::to_string(dog.pid()) + "/comm") != "weir-watchdog\n")
      std::this_thread::yield();
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), -1) << "the watchdog has the writing end";
    EXPECT_EQ(errno, EAGAIN);
  }
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);
  ::close(ends[0]);
}

TEST(watchdog, ends_with_weir_and_leaves_no_zombie) {
  pid_t pid = -1;
  {
    watchdog dog = watchdog::start().value();
    pid = dog.pid();
    watchdog moved = std::move(dog);
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(watchdog, is_deaf_to_what_a_terminal_sends_and_in_a_session_of_its_own) {
  watchdog dog = watchdog::start().value();
  const std::filesystem::path proc = "/proc/" + std::to_string(dog.pid());
  while (content(proc / "comm") != "weir-watchdog\n") std::this_thread::yield();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::kill(dog.pid(), signal);
  EXPECT_EQ(::getsid(dog.pid()), dog.pid());
  const std::string status = content(proc / "status");
  EXPECT_NE(status.find("State:"), std::string::npos);
  EXPECT_EQ(::waitpid(dog.pid(), nullptr, WNOHANG), 0) << "it is still there";
}

TEST(watchdog, keeps_nothing_of_weir_open) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  watchdog dog = watchdog::start().value();
  ::close(ends[1]);
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);  // end of file: the watchdog does not hold the writing end
  ::close(ends[0]);
}

TEST(watchdog, leaves_alone_a_group_that_was_forgotten) {
  // A group of ours that the list held for a moment: after the watchdog's end it must live.
  const pid_t other = ::fork();
  if (other == 0) {
    ::setpgid(0, 0);
    for (;;) ::pause();
  }
  ::setpgid(other, other);
  {
    watchdog dog = watchdog::start().value();
    const std::int32_t record = other;
    ASSERT_EQ(::write(dog.descriptor(), &record, sizeof record), 4);
    dog.forget(other);
  }
  EXPECT_EQ(::waitpid(other, nullptr, WNOHANG), 0);
  {
    watchdog dog = watchdog::start().value();
    const std::int32_t record = other;
    ASSERT_EQ(::write(dog.descriptor(), &record, sizeof record), 4);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(watchdog, that_was_itself_killed_does_not_disturb_the_jobs) {
  const auto old_pipe = std::signal(SIGPIPE, SIG_IGN);
  watchdog dog = watchdog::start().value();
  ::kill(dog.pid(), SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(dog.pid()), &info, WEXITED | WNOWAIT), 0);
  const auto shared = launcher::make(&dog).value();
  process_slot slot(*shared, 1);
  const char* argv[] = {"/bin/true", nullptr};
  process_request request;
  request.argv = argv;
  no_sink sink;
  EXPECT_TRUE(slot.run(request, sink).succeeded());
  std::signal(SIGPIPE, old_pipe);
}

TEST(watchdog, knows_a_job_before_its_program_runs_and_forgets_it_after) {
  watchdog dog = watchdog::start().value();
  const auto shared = launcher::make(&dog).value();
  process_slot slot(*shared, 1);
  no_sink sink;
  const char* argv[] = {"/bin/true", nullptr};
  process_request request;
  request.argv = argv;
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(slot.run(request, sink).succeeded());
  const char* missing[] = {"/no/such/program", nullptr};
  request.argv = missing;
  for (int i = 0; i < 30; ++i) ASSERT_EQ(slot.run(request, sink).failure, start_failure::not_found);
}

}  // namespace
}  // namespace weir::jobs
