#include <jobs/group_writer.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::jobs {
namespace {

// A pipe of packets (O_DIRECT): a read gives what one write gave, no more and no less.
class packets {
 public:
  packets() { EXPECT_EQ(::pipe2(ends_.data(), O_DIRECT | O_CLOEXEC), 0); }
  ~packets() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  int writing() const { return ends_[1]; }
  std::string read() {
    std::array<char, 4096> bytes;
    const ssize_t n = ::read(ends_[0], bytes.data(), bytes.size());
    return {bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
  }
  // How many fill it, so that the next write waits.
  std::size_t fill() {
    ::fcntl(ends_[1], F_SETFL, O_DIRECT | O_NONBLOCK);
    std::size_t n = 0;
    while (::write(ends_[1], "full\n", 5) == 5) ++n;
    ::fcntl(ends_[1], F_SETFL, O_DIRECT);
    return n;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// Whether the thread sleeps in the system.
bool sleeps(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string text;
  std::getline(file, text);
  const auto name_end = text.rfind(')');
  return name_end != std::string::npos && text[name_end + 2] == 'S';
}

struct scratch {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("weir-group-writer-" + std::to_string(::getpid()));
  int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  ~scratch() {
    ::close(descriptor);
    std::filesystem::remove(path);
  }
  std::string text() const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST(group_writer, one_call_is_one_write) {
  packets pipe;
  group_writer writer(pipe.writing());
  EXPECT_FALSE(writer.append("a\n"));
  EXPECT_FALSE(writer.append("b\nc\n"));
  EXPECT_EQ(pipe.read(), "a\n");
  EXPECT_EQ(pipe.read(), "b\nc\n");
}

TEST(group_writer, what_comes_while_one_writes_goes_out_together) {
  packets pipe;
  group_writer writer(pipe.writing());
  const std::size_t before = pipe.fill();
  std::mutex mutex;
  std::vector<pid_t> ids;
  std::vector<std::thread> threads;
  const auto start = [&](std::string line) {
    threads.emplace_back([&, line] {
      {
        const std::lock_guard lock(mutex);
        ids.push_back(::gettid());
      }
      EXPECT_FALSE(writer.append(line));
    });
    for (;;) {
      const std::lock_guard lock(mutex);
      if (ids.size() == threads.size() && sleeps(ids.back())) return;
    }
  };
  start("leader\n");
  for (int i = 0; i < 4; ++i) start("follower\n");
  for (std::size_t i = 0; i < before; ++i) EXPECT_EQ(pipe.read(), "full\n");
  EXPECT_EQ(pipe.read(), "leader\n");
  EXPECT_EQ(pipe.read(), "follower\nfollower\nfollower\nfollower\n");
  for (std::thread& t : threads) t.join();
}

TEST(group_writer, has_written_when_append_returns_whoever_wrote_it) {
  scratch file;
  group_writer writer(file.descriptor);
  constexpr int lines = 500;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < lines; ++i) {
        const std::string line = std::to_string(t) + " " + std::to_string(i) + "\n";
        EXPECT_FALSE(writer.append(line));
        if (i % 50 == 0) {
          EXPECT_NE(("\n" + file.text()).find("\n" + line), std::string::npos);
        }
      }
    });
  for (std::thread& t : threads) t.join();
  std::map<int, int> next;
  std::ifstream again(file.path);
  int thread = 0, number = 0, count = 0;
  for (; again >> thread >> number; ++count) EXPECT_EQ(number, next[thread]++) << "in the order of the calls";
  EXPECT_EQ(count, 4 * lines);
}

TEST(group_writer, a_write_that_fails_leaves_whole_lines_and_fails_for_good) {
  scratch file;
  group_writer writer(file.descriptor);
  ASSERT_FALSE(writer.append("first\n"));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{20, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto failed = writer.append("second\nthe third is longer\n");
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old);
  EXPECT_EQ(failed, std::errc::file_too_large);
  EXPECT_EQ(file.text(), "first\nsecond\n");
  EXPECT_EQ(writer.append("fourth\n"), std::errc::file_too_large) << "there would be a gap";
  EXPECT_EQ(file.text(), "first\nsecond\n");
}

TEST(group_writer, says_what_the_system_said) {
  const int closed = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  group_writer writer(closed);
  EXPECT_EQ(writer.append("x\n"), std::errc::no_space_on_device);
  ::close(closed);
}

}  // namespace
}  // namespace weir::jobs
