#include <jobs/workers_file.hpp>

#include <weir/base/hardware.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <filesystem>
#include <fstream>

namespace weir::jobs {
namespace {

struct workers_file_in_a_folder : testing::Test {
  workers_file_in_a_folder() {
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    write("2\n");
  }
  ~workers_file_in_a_folder() override {
    std::filesystem::remove_all(folder);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  // As an editor does: a new file with the old name.
  void write(std::string_view text) {
    std::ofstream(path() + ".new") << text;
    std::filesystem::rename(path() + ".new", path());
  }
  std::string path() const { return folder + "/workers"; }
  std::string said() const {
    char buffer[4096];
    const ssize_t n = ::read(ends[0], buffer, sizeof buffer);
    return {buffer, n > 0 ? static_cast<std::size_t>(n) : 0};
  }

  std::string folder = testing::TempDir() + "/weir-workers-XXXXXX";
  static std::array<int, 2> made_pipe() {
    std::array<int, 2> made{};
    EXPECT_EQ(::pipe2(made.data(), O_CLOEXEC | O_NONBLOCK), 0);
    return made;
  }

  const std::array<int, 2> ends = made_pipe();
  console out{ends[1], "w", when::never, when::never};
};

TEST_F(workers_file_in_a_folder, only_a_change_is_told) {
  workers_file file(path());
  EXPECT_EQ(file.changed(out), std::nullopt);
  write("16\n");
  EXPECT_EQ(file.changed(out), worker_choice{16});
  EXPECT_EQ(file.changed(out), std::nullopt);
}

TEST_F(workers_file_in_a_folder, auto_is_one_a_core) {
  workers_file file(path());
  write("auto\n");
  EXPECT_EQ(file.changed(out), worker_choice{hardware()});
}

TEST_F(workers_file_in_a_folder, what_makes_no_sense_is_said_once) {
  workers_file file(path());
  write("none\n");
  EXPECT_EQ(file.changed(out), std::nullopt);
  EXPECT_NE(said().find("'none'"), std::string::npos);
  EXPECT_EQ(file.changed(out), std::nullopt);
  EXPECT_EQ(said(), "");
  write("3\n");
  EXPECT_EQ(file.changed(out), worker_choice{3});
}

TEST_F(workers_file_in_a_folder, a_file_that_was_just_emptied_is_about_to_be_written) {
  workers_file file(path());
  write("");
  EXPECT_EQ(file.changed(out), std::nullopt);
  EXPECT_EQ(said(), "");
}

TEST(workers_file, without_a_path_there_is_nothing_to_watch) { EXPECT_FALSE(workers_file("").watched()); }

}  // namespace
}  // namespace weir::jobs
