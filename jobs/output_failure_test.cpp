// Output that cannot be written, and that of jobs which were killed.
#include <jobs/output_testing.hpp>

#include <csignal>
#include <utility>

namespace weir::jobs {
namespace {

using namespace std::chrono_literals;

TEST_F(output, in_files_says_which_file_cannot_be_written) {
  options.mode = print_mode::results;
  std::ofstream(place / "results") << "a file, not a directory";
  printer all(options);
  job_output job(all);
  const auto begun = job.begin(1, "a");
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().detail, (place / "results/1").string() + ": Not a directory");
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].message, "cannot write output: " + begun.error().detail);
  EXPECT_FALSE(failures[0].closed);
}

TEST_F(output, of_a_job_that_weir_killed_is_kept_and_marked) {
  process_result result;
  result.signal = SIGTERM;
  result.killed = kill_cause::timeout;
  result.run_time = 1500ms;
  for (const print_mode mode : {print_mode::whole, print_mode::lines}) {
    options.mode = mode;
    printer all(options);
    job_output job(all);
    ASSERT_TRUE(job.begin(12, "an\nitem"));
    ASSERT_TRUE(job.write(stream::out, "partial"));
    ASSERT_TRUE(job.write(stream::err, "half"));
    ASSERT_TRUE(job.finish(result));
  }
  EXPECT_EQ(out(), "partialpartial\n");
  const std::string marked =
      "half\nweir: job 12 (an?item) was killed at its timeout after 1.500 s; its output is partial\n";
  EXPECT_EQ(err(), marked + marked);
}

TEST_F(output, is_marked_also_when_it_came_while_the_job_ran) {
  printer all(options);
  job_output job(all);
  ASSERT_TRUE(job.begin(1, "a"));
  ASSERT_TRUE(job.write(stream::out, std::string(2 << 20, 'x')));
  process_result result;
  result.killed = kill_cause::stop;
  ASSERT_TRUE(job.finish(result));
  EXPECT_NE(err().find("job 1 (a) was killed because the run was stopped"), std::string::npos);
}

TEST_F(output, says_once_that_the_reader_is_gone) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  ::close(ends[0]);
  const int old = std::exchange(options.out, ends[1]);
  printer all(options);
  job_output job(all);
  print(job, 1, "a", "text\n");
  print(job, 2, "b", "text\n");
  ::close(std::exchange(options.out, old));
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_TRUE(failures[0].closed);
  EXPECT_TRUE(all.failure()->closed);
}

TEST_F(output, says_that_the_disk_is_full) {
  for (const std::size_t size : {10U, 3U << 20}) {
    failures.clear();
    const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
    const int old = std::exchange(options.out, full);
    printer all(options);
    job_output job(all);
    print(job, 1, "a", std::string(size, 'x'));
    ::close(std::exchange(options.out, old));
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_FALSE(failures[0].closed);
    EXPECT_EQ(failures[0].message, "cannot write output: No space left on device");
  }
}

TEST_F(output, that_cannot_be_spooled_fails_its_job_only) {
  printer all(options);
  job_output job(all);
  ASSERT_TRUE(job.begin(1, "a", job_output::attempt::may_be_repeated));
  ::setenv("TMPDIR", "/nonexistent/weir", 1);
  const auto kept = job.write(stream::out, std::string(2 << 20, 'x'));
  ::unsetenv("TMPDIR");
  ASSERT_FALSE(kept);
  process_result result;
  result.killed = kill_cause::output;
  result.output_error = kept.error().detail;
  ASSERT_TRUE(job.finish(result));
  EXPECT_NE(err().find("(cannot keep output in /nonexistent/weir: No such file or directory)"),
            std::string::npos);
  EXPECT_TRUE(failures.empty());
  print(job, 2, "b", "fine\n");
  EXPECT_EQ(out(), "fine\n");
}

}  // namespace
}  // namespace weir::jobs
