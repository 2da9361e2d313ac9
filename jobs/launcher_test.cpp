#include <jobs/launcher.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace weir::jobs {
namespace {

/// Two directories as PATH; `tool` is a plain file in the first and executable in the second.
class launcher_path : public testing::Test {
 protected:
  launcher_path() {
    std::string name = "/tmp/weir-path-XXXXXX";
    root_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(root_ / "a" / "folder");
    std::filesystem::create_directories(root_ / "b");
    for (const char* file : {"a/tool", "b/tool", "a/plain"}) std::ofstream(root_ / file) << "echo\n";
    ::chmod((root_ / "b/tool").c_str(), 0755);
    old_path_ = std::getenv("PATH");
    ::setenv("PATH", ((root_ / "a").string() + ":" + (root_ / "b").string()).c_str(), 1);
    shared = launcher::make(nullptr).value();
  }
  ~launcher_path() override {
    ::setenv("PATH", old_path_.c_str(), 1);
    std::filesystem::remove_all(root_);
  }

  std::filesystem::path root_;
  std::string old_path_;
  std::unique_ptr<launcher> shared;
};

TEST_F(launcher_path, finds_the_first_file_that_can_be_executed) {
  EXPECT_EQ(shared->find("tool").value(), (root_ / "b/tool").string());
}

TEST_F(launcher_path, tells_a_file_that_cannot_be_executed_from_one_that_is_missing) {
  EXPECT_EQ(shared->find("plain").error().code, std::errc::permission_denied);
  EXPECT_EQ(shared->find("nothing").error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(shared->find("folder").error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(shared->find("").error().code, std::errc::no_such_file_or_directory);
}

TEST_F(launcher_path, takes_a_command_with_a_slash_as_it_is) {
  EXPECT_EQ(shared->find("./no/such").value(), "./no/such");
}

TEST_F(launcher_path, remembers_where_a_command_was) {
  ASSERT_TRUE(shared->find("tool"));
  std::filesystem::remove(root_ / "b/tool");
  EXPECT_EQ(shared->find("tool").value(), (root_ / "b/tool").string());
}

TEST(launcher, hides_the_variables_of_a_weir_around_it) {
  ::setenv("WEIR_SEQ", "5", 1);
  ::setenv("WEIR_QUEUE", "9", 1);
  const auto shared = launcher::make(nullptr).value();
  ::unsetenv("WEIR_SEQ");
  ::unsetenv("WEIR_QUEUE");
  bool queue = false;
  for (const std::string& variable : shared->environment()) {
    EXPECT_FALSE(variable.starts_with("WEIR_SEQ="));
    queue = queue || variable == "WEIR_QUEUE=9";
  }
  EXPECT_TRUE(queue);
}

}  // namespace
}  // namespace weir::jobs
