#include <jobs/results_directory.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace weir::jobs {
namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class results : public testing::Test {
 protected:
  results() {
    std::string name = "/tmp/weir-results-test-XXXXXX";
    place = ::mkdtemp(name.data());
  }
  ~results() override { std::filesystem::remove_all(place); }

  std::filesystem::path place;
};

TEST_F(results, have_their_names_when_they_are_whole) {
  results_directory files(place / "deep" / "down");
  ASSERT_TRUE(files.begin(7, std::string_view("an\0item", 7)));
  ASSERT_TRUE(files.write(stream::out, "out 1\n"));
  ASSERT_TRUE(files.write(stream::err, "err\n"));
  ASSERT_TRUE(files.write(stream::out, "out 2"));
  const auto directory = place / "deep/down/7";
  EXPECT_EQ(files.path(), directory);
  EXPECT_EQ(content(directory / "item"), std::string("an\0item", 7));
  EXPECT_FALSE(std::filesystem::exists(directory / "stdout"));
  EXPECT_FALSE(std::filesystem::exists(directory / "stderr"));
  process_result result;
  result.exit_status = 3;
  ASSERT_TRUE(files.finish(result));
  EXPECT_EQ(content(directory / "stdout"), "out 1\nout 2");
  EXPECT_EQ(content(directory / "stderr"), "err\n");
  EXPECT_EQ(content(directory / "exit"), "3\n");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory), {}), 4);
}

TEST_F(results, name_the_signal_that_ended_a_job) {
  results_directory files(place);
  ASSERT_TRUE(files.begin(1, "a"));
  process_result killed;
  killed.signal = SIGKILL;
  killed.exit_status = 128 + SIGKILL;
  ASSERT_TRUE(files.finish(killed));
  EXPECT_EQ(content(place / "1/exit"), "signal 9\n");
}

TEST_F(results, replace_what_an_earlier_run_left) {
  results_directory files(place);
  ASSERT_TRUE(files.begin(1, "old"));
  ASSERT_TRUE(files.write(stream::out, "old output that is longer\n"));
  ASSERT_TRUE(files.finish({}));
  ASSERT_TRUE(files.begin(1, "new"));
  EXPECT_FALSE(std::filesystem::exists(place / "1/exit")) << "it would look complete";
  ASSERT_TRUE(files.write(stream::out, "new\n"));
  ASSERT_TRUE(files.finish({}));
  EXPECT_EQ(content(place / "1/item"), "new");
  EXPECT_EQ(content(place / "1/stdout"), "new\n");
}

TEST_F(results, of_an_attempt_that_is_repeated_start_anew) {
  results_directory files(place);
  ASSERT_TRUE(files.begin(1, "a"));
  ASSERT_TRUE(files.write(stream::out, "first attempt, long\n"));
  ASSERT_TRUE(files.begin(1, "a"));
  ASSERT_TRUE(files.write(stream::out, "second\n"));
  ASSERT_TRUE(files.finish({}));
  EXPECT_EQ(content(place / "1/stdout"), "second\n");
}

TEST_F(results, of_a_job_that_never_finished_stay_unfinished) {
  {
    results_directory files(place);
    ASSERT_TRUE(files.begin(1, "a"));
    ASSERT_TRUE(files.write(stream::out, "half"));
  }
  EXPECT_FALSE(std::filesystem::exists(place / "1/stdout"));
  EXPECT_FALSE(std::filesystem::exists(place / "1/exit"));
}

TEST_F(results, of_a_job_that_the_runs_end_stopped_stay_unfinished) {
  results_directory files(place);
  ASSERT_TRUE(files.begin(1, "a"));
  ASSERT_TRUE(files.write(stream::out, "half"));
  process_result stopped;
  stopped.killed = kill_cause::stop;
  ASSERT_TRUE(files.finish(stopped));
  EXPECT_EQ(content(place / "1/stdout.part"), "half");
  EXPECT_FALSE(std::filesystem::exists(place / "1/stdout"));
  EXPECT_FALSE(std::filesystem::exists(place / "1/exit"));
}

TEST_F(results, of_a_job_that_ended_well_and_too_late_do_not_say_0) {
  results_directory files(place);
  ASSERT_TRUE(files.begin(1, "a"));
  process_result late;
  late.killed = kill_cause::timeout;
  ASSERT_TRUE(files.finish(late));
  EXPECT_EQ(content(place / "1/exit"), "-1\n");
}

TEST_F(results, that_met_a_full_disk_keep_half_a_file_from_its_final_name) {
  results_directory files(place);
  ASSERT_TRUE(files.begin(1, "a"));
  ASSERT_TRUE(files.write(stream::out, "half"));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{6, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto written = files.write(stream::out, " and more");
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, std::errc::file_too_large);
  EXPECT_FALSE(files.write(stream::out, "after a gap"));
  process_result killed;
  killed.killed = kill_cause::output;
  EXPECT_FALSE(files.finish(killed));
  EXPECT_EQ(content(place / "1/stdout.part"), "half a");
  EXPECT_FALSE(std::filesystem::exists(place / "1/stdout"));
  EXPECT_FALSE(std::filesystem::exists(place / "1/exit"));
  ASSERT_TRUE(files.begin(2, "b")) << "the next job has a fresh start";
  EXPECT_TRUE(files.finish({}));
}

TEST_F(results, say_which_path_cannot_be_written) {
  std::ofstream(place / "file") << "not a directory";
  results_directory files(place / "file");
  const auto begun = files.begin(1, "a");
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().detail, (place / "file/1").string() + ": Not a directory");
}

TEST_F(results, notice_a_full_disk) {
  results_directory files(place);
  std::filesystem::create_directories(place / "1");
  std::filesystem::create_symlink("/dev/full", place / "1/stdout.part");
  ASSERT_TRUE(files.begin(1, "a"));
  const auto written = files.write(stream::out, "text");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, std::errc::no_space_on_device);
  EXPECT_EQ(written.error().detail, (place / "1/stdout.part").string() + ": No space left on device");
}

}  // namespace
}  // namespace weir::jobs
