#include <jobs/run.hpp>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace weir::jobs {
namespace {

using strings = std::vector<std::string>;

struct ended {
  int code = -1;
  std::string out;
  std::string err;
  nlohmann::json report() const { return nlohmann::json::parse(err.substr(err.rfind("\n{") + 1)); }
};

std::string text_of(int descriptor) {
  std::string text(static_cast<std::size_t>(::lseek(descriptor, 0, SEEK_END)), '\0');
  EXPECT_EQ(::pread(descriptor, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  ::close(descriptor);
  return text;
}

// A run owns the signals of its process, so each has one of its own.
ended run_apart(const run_options& options, const strings& command, std::optional<strings> items,
                const std::string& input = {}) {
  const int in = ::memfd_create("in", MFD_CLOEXEC);
  const int out = ::memfd_create("out", MFD_CLOEXEC);
  const int err = ::memfd_create("err", MFD_CLOEXEC);
  EXPECT_EQ(::write(in, input.data(), input.size()), static_cast<ssize_t>(input.size()));
  EXPECT_EQ(::lseek(in, 0, SEEK_SET), 0);
  std::fflush(nullptr);  // what waits to be written is ours, not the child's
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    auto made = command_template::parse(command, options.colsep);
    ::_exit(run({options, std::move(*made), std::move(items)}));
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  ::close(in);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), text_of(out), text_of(err)};
}

run_options in_order() {
  run_options o;
  o.workers.count = 2;
  o.keep_order = true;
  o.format = report_format::json;
  return o;
}

TEST(run, each_item_is_a_job_and_its_output_is_printed) {
  const ended e = run_apart(in_order(), {"echo", "item"}, std::nullopt, "a\nb\nc\n");
  EXPECT_EQ(e.code, 0);
  EXPECT_EQ(e.out, "item a\nitem b\nitem c\n");
  EXPECT_EQ(e.report().at("completed"), 3);
}

TEST(run, a_failed_job_makes_the_exit_code_one) {
  const ended e = run_apart(in_order(), {"sh", "-c", "exit $1", "sh"}, strings{"0", "3", "127"});
  EXPECT_EQ(e.code, 1);
  EXPECT_EQ(e.report().at("failed"), 2);
  EXPECT_EQ(e.report().at("completed"), 1);
}

TEST(run, a_command_that_is_not_there_is_tried_once_and_ends_the_run) {
  const ended e = run_apart(in_order(), {"/nonexistent/command"}, std::nullopt, std::string(1000, '\n'));
  EXPECT_EQ(e.code, 127);
  EXPECT_EQ(e.err.find("not found"), e.err.rfind("not found")) << "said once: " << e.err;
  EXPECT_LT(e.report().at("submitted"), 100);
  EXPECT_EQ(run_apart(in_order(), {"/etc/passwd"}, strings{"a"}).code, 126);
}

TEST(run, what_does_not_fit_into_the_queue_is_counted_as_the_policy_says) {
  run_options o = in_order();
  o.workers.count = 1;
  o.queue = 1;
  o.on_full = overflow::drop_oldest();
  const ended e = run_apart(o, {"sleep", "0.05", "#"}, std::nullopt, std::string(40, '\n'));
  EXPECT_EQ(e.code, 1);
  const auto report = e.report();
  EXPECT_EQ(report.at("submitted"), 40);
  EXPECT_GT(report.at("evicted"), 0);
  EXPECT_EQ(
      report.at("completed").get<int>() + report.at("failed").get<int>() + report.at("evicted").get<int>(),
      40);
}

TEST(run, an_item_that_cannot_be_an_argument_fails_alone) {
  const ended e = run_apart(in_order(), {"echo"}, std::nullopt, std::string("a\nb\0c\nd\n", 8));
  EXPECT_EQ(e.code, 1);
  EXPECT_EQ(e.out, "a\nd\n");
  EXPECT_NE(e.err.find("item 2 holds a NUL byte"), std::string::npos) << e.err;
  EXPECT_EQ(e.report().at("failed"), 1);
}

TEST(run, an_item_too_large_for_the_queue_is_rejected_and_said) {
  run_options o = in_order();
  o.queue_bytes = 3;
  const ended e = run_apart(o, {"echo"}, strings{"ab", "abcdef"});
  EXPECT_EQ(e.code, 1);
  EXPECT_EQ(e.out, "ab\n");
  EXPECT_NE(e.err.find("item 2 has 6 bytes"), std::string::npos) << e.err;
  EXPECT_EQ(e.report().at("rejected"), 1);
}

TEST(run, a_halt_cancels_what_is_queued) {
  run_options o = in_order();
  o.workers.count = 1;
  o.halt = {halt_rule::kind::soon, 2};
  const ended e = run_apart(o, {"false"}, std::nullopt, std::string(1000, '\n'));
  EXPECT_EQ(e.code, 1);
  EXPECT_EQ(e.report().at("failed"), 2);
  EXPECT_GT(e.report().at("cancelled"), 0);
  EXPECT_LT(e.report().at("submitted"), 100);
}

TEST(run, attempts_end_with_the_first_success) {
  run_options o = in_order();
  o.attempts = 3;
  std::string folder = testing::TempDir() + "/weir-run-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string job = "echo x >> $1/tries; test $(wc -l < $1/tries) = 2";
  const ended e = run_apart(o, {"sh", "-c", job, "sh"}, strings{folder});
  EXPECT_EQ(e.code, 0) << e.err;
  std::stringstream tries;
  tries << std::ifstream(folder + "/tries").rdbuf();
  EXPECT_EQ(tries.str(), "x\nx\n");
  std::filesystem::remove_all(folder);
}

TEST(run, a_timeout_is_a_failure_of_its_own_kind) {
  run_options o = in_order();
  o.timeout = std::chrono::milliseconds(50);
  const ended e = run_apart(o, {"sleep"}, strings{"1000"});
  EXPECT_EQ(e.code, 1);
  EXPECT_EQ(e.report().at("failed"), 1);
  EXPECT_EQ(e.report().at("failed_by_timeout"), 1);
}

TEST(run, without_items_it_says_so_and_all_is_well) {
  run_options o = in_order();
  o.format = report_format::text;
  const ended e = run_apart(o, {"echo"}, std::nullopt, "");
  EXPECT_EQ(e.code, 0);
  EXPECT_EQ(e.err, "weir run: no items\n");
}

TEST(run, the_report_may_go_to_a_file_which_must_be_writable) {
  run_options o = in_order();
  o.report_file = "/nonexistent/report";
  EXPECT_EQ(run_apart(o, {"echo"}, strings{"a"}).code, 2);
  std::string folder = testing::TempDir() + "/weir-run-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  o.report_file = folder + "/report";
  EXPECT_EQ(run_apart(o, {"echo"}, strings{"a"}).err, "");
  std::ifstream file(o.report_file);
  EXPECT_EQ(nlohmann::json::parse(file).at("completed"), 1);
  std::filesystem::remove_all(folder);
}

TEST(run, an_input_that_cannot_be_read_is_told_before_anything_runs) {
  run_options o = in_order();
  o.arg_file = "/nonexistent/list";
  const ended e = run_apart(o, {"echo"}, std::nullopt);
  EXPECT_EQ(e.code, 2);
  EXPECT_EQ(e.err, "weir run: cannot read '/nonexistent/list': No such file or directory\n");
}

TEST(run, a_dry_run_prints_commands_and_runs_none) {
  run_options o = in_order();
  o.dry_run = true;
  const ended e = run_apart(o, {"/nonexistent/command", "{#}", "{}"}, strings{"a b", "c"});
  EXPECT_EQ(e.code, 0);
  EXPECT_EQ(e.out, "/nonexistent/command 1 'a b'\n/nonexistent/command 2 c\n");
}

TEST(run, many_items_a_job_are_fewer_where_a_command_would_be_too_long) {
  run_options o = in_order();
  o.items_per_job = 1'000'000;
  std::string input;
  for (int i = 0; i < 300; ++i) input += std::string(50'000, 'x') + "\n";
  const ended e = run_apart(o, {"sh", "-c", "echo $#", "sh"}, std::nullopt, input);
  EXPECT_EQ(e.code, 0) << e.err;
  std::istringstream counts(e.out);
  int all = 0;
  for (int n = 0; counts >> n; all += n) EXPECT_GT(n, 1);
  EXPECT_EQ(all, 300);
}

}  // namespace
}  // namespace weir::jobs
