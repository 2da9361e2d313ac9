#include <jobs/report_target.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace weir::jobs {
namespace {

struct report_target_and_console : testing::Test {
  ~report_target_and_console() override {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::string said() const {
    char buffer[4096];
    const ssize_t n = ::read(ends[0], buffer, sizeof buffer);
    return {buffer, n > 0 ? static_cast<std::size_t>(n) : 0};
  }
  static std::array<int, 2> made_pipe() {
    std::array<int, 2> made{};
    EXPECT_EQ(::pipe2(made.data(), O_CLOEXEC | O_NONBLOCK), 0);
    return made;
  }

  const std::array<int, 2> ends = made_pipe();
  console out{ends[1], "w", when::never, when::never};
};

TEST_F(report_target_and_console, without_a_path_the_report_goes_to_the_console) {
  report_target target;
  ASSERT_TRUE(target.open(""));
  EXPECT_TRUE(target.write("done\n", out));
  EXPECT_EQ(said(), "done\n");
}

TEST_F(report_target_and_console, an_older_file_is_replaced) {
  const std::string path = testing::TempDir() + "/weir-report-" + std::to_string(::getpid());
  std::ofstream(path) << "a longer text from before\n";
  report_target target;
  ASSERT_TRUE(target.open(path));
  EXPECT_TRUE(target.write("done\n", out));
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  EXPECT_EQ(text.str(), "done\n");
  EXPECT_EQ(said(), "");
  std::filesystem::remove(path);
}

TEST_F(report_target_and_console, a_path_that_cannot_be_written_is_told_at_once) {
  report_target target;
  const auto opened = target.open("/nonexistent/report");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().detail,
            "cannot write the report to '/nonexistent/report': No such file or directory");
}

TEST_F(report_target_and_console, a_full_disk_is_said) {
  report_target target;
  ASSERT_TRUE(target.open("/dev/full"));
  EXPECT_FALSE(target.write("done\n", out));
  EXPECT_EQ(said(), "w: cannot write the report to '/dev/full': No space left on device\n");
}

}  // namespace
}  // namespace weir::jobs
