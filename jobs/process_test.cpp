#include <jobs/process.hpp>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace weir::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class collecting_sink : public output_sink {
 public:
  io_result<> write(stream which, std::string_view bytes) override {
    if (on_write) on_write();
    total += bytes.size();
    if (keep) (which == stream::out ? out : err).append(bytes);
    if (total > fail_after)
      return std::unexpected(error(std::errc::no_space_on_device, "no space, says the test"));
    return {};
  }

  std::string out;
  std::string err;
  std::size_t total = 0;
  std::size_t fail_after = SIZE_MAX;
  bool keep = true;
  std::function<void()> on_write;
};

class process : public testing::Test {
 protected:
  process_result run(const std::vector<std::string>& words, process_request request = {},
                     std::stop_token stop = {}) {
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    argv.push_back(nullptr);
    request.argv = argv;
    sink.out.clear();
    sink.err.clear();
    return slot.run(request, sink, std::move(stop));
  }
  process_result shell(const std::string& text, process_request request = {}, std::stop_token stop = {}) {
    return run({"/bin/sh", "-c", text}, request, std::move(stop));
  }

  std::unique_ptr<launcher> shared = launcher::make(nullptr).value();
  process_slot slot{*shared, 7};
  collecting_sink sink;
};

bool alive(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto name_end = text.rfind(')');
  return name_end != std::string::npos && text.size() > name_end + 2 && text[name_end + 2] != 'Z';
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

TEST_F(process, keeps_the_two_outputs_apart_and_reports_the_exit_status) {
  const auto result = shell("echo to out; echo to err >&2; exit 3");
  EXPECT_TRUE(result.started());
  EXPECT_FALSE(result.succeeded());
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_EQ(result.signal, 0);
  EXPECT_EQ(sink.out, "to out\n");
  EXPECT_EQ(sink.err, "to err\n");
  EXPECT_TRUE(shell("true").succeeded());
}

TEST_F(process, reports_the_signal_that_ended_a_job) {
  const auto result = shell("kill -USR1 $$");
  EXPECT_EQ(result.signal, SIGUSR1);
  EXPECT_EQ(result.exit_status, 128 + SIGUSR1);
  EXPECT_EQ(result.killed, kill_cause::none);
}

TEST_F(process, passes_arguments_byte_for_byte) {
  run({"printf", "[%s]", "", "a b", "\xff\xfe", "new\nline", "$HOME", "'\""});
  EXPECT_EQ(sink.out, "[][a b][\xff\xfe][new\nline][$HOME]['\"]");
}

TEST_F(process, reads_from_dev_null) {
  EXPECT_TRUE(run({"cat"}).succeeded());
  run({"readlink", "/proc/self/fd/0"});
  EXPECT_EQ(sink.out, "/dev/null\n");
}

TEST_F(process, has_no_descriptor_open_beyond_the_standard_three) {
  const int inherited = ::dup(0);  // not close-on-exec
  shell("for f in /proc/$$/fd/*; do echo ${f##*/}; done");
  ::close(inherited);
  std::string lines = sink.out;
  std::erase(lines, '\n');
  std::erase_if(lines,
                [](char c) { return c > '2'; });  // what sh itself opens to list the directory is above
  EXPECT_EQ(lines, "012");
  run({"ls", "/proc/self/fd"});  // ls has the directory open, as number 3
  EXPECT_EQ(sink.out, "0\n1\n2\n3\n");
}

TEST_F(process, starts_with_default_dispositions_and_an_empty_mask) {
  const auto old_pipe = std::signal(SIGPIPE, SIG_IGN);
  const auto old_int = std::signal(SIGINT, SIG_IGN);
  const auto old_usr1 = std::signal(SIGUSR1, [](int) {});
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  run({"grep", "-E", "^Sig(Blk|Ign|Pnd):", "/proc/self/status"});
  sigset_t now;
  ::pthread_sigmask(SIG_SETMASK, &before, &now);
  std::signal(SIGPIPE, old_pipe);
  std::signal(SIGINT, old_int);
  std::signal(SIGUSR1, old_usr1);
  EXPECT_EQ(sink.out, "SigPnd:\t0000000000000000\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  EXPECT_TRUE(sigismember(&now, SIGTERM)) << "the caller's own mask was changed";
}

TEST_F(process, leads_a_process_group_of_its_own) {
  shell("read -r pid name state parent group rest < /proc/$$/stat; echo $pid $group");
  const auto blank = sink.out.find(' ');
  ASSERT_NE(blank, std::string::npos);
  EXPECT_EQ(sink.out.substr(0, blank) + "\n", sink.out.substr(blank + 1));
}

TEST_F(process, has_item_number_and_slot_in_its_environment) {
  process_request request;
  request.item = "an item";
  request.seq = 42;
  run({"env"}, request);
  EXPECT_NE(sink.out.find("WEIR_ITEM=an item\n"), std::string::npos);
  EXPECT_NE(sink.out.find("WEIR_SEQ=42\n"), std::string::npos);
  EXPECT_NE(sink.out.find("WEIR_SLOT=7\n"), std::string::npos);
  EXPECT_NE(sink.out.find("PATH="), std::string::npos);
  EXPECT_EQ(sink.out.find("WEIR_ITEM_OMITTED"), std::string::npos);
}

TEST_F(process, leaves_out_an_item_that_does_not_fit_a_variable) {
  const std::string item(130 << 10, 'x');
  process_request request;
  request.item = item;
  shell("echo \"${WEIR_ITEM-unset} $WEIR_ITEM_OMITTED\"", request);
  EXPECT_EQ(sink.out, "unset 1\n");
}

TEST_F(process, does_not_find_a_command_that_is_not_there) {
  for (const char* command : {"no-such-command-of-weir", "/no/such/command", ""}) {
    const auto result = run({command});
    EXPECT_EQ(result.failure, start_failure::not_found) << command;
    EXPECT_EQ(result.error, ENOENT);
  }
  EXPECT_EQ(describe(run({"nosuch"}), "nosuch"), "nosuch: command not found");
}

TEST_F(process, says_when_a_file_cannot_be_executed) {
  const auto result = run({"/etc/passwd"});
  EXPECT_EQ(result.failure, start_failure::not_executable);
  EXPECT_EQ(describe(result, "/etc/passwd"), "/etc/passwd: Permission denied");
  EXPECT_EQ(run({"/tmp"}).failure, start_failure::not_executable);
}

TEST_F(process, runs_a_script_without_a_first_line_through_sh) {
  std::string name = "/tmp/weir-script-XXXXXX";
  const int file = ::mkstemp(name.data());
  const std::string text = "echo \"$1 and $2\"\n";
  ASSERT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::fchmod(file, 0755);
  ::close(file);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(run({name, "one", "two"}).succeeded());
    EXPECT_EQ(sink.out, "one and two\n");
  }
  std::filesystem::remove(name);
}

TEST_F(process, fails_alone_when_its_arguments_are_too_long) {
  const auto result = run({"/bin/true", std::string(200 << 10, 'x')});
  EXPECT_EQ(result.failure, start_failure::too_long);
  EXPECT_EQ(result.error, E2BIG);
  EXPECT_TRUE(run({"/bin/true", "short"}).succeeded());
}

TEST_F(process, leaves_out_the_variable_where_the_item_as_argument_just_fits) {
  // Arguments and variables share a quarter of the stack limit: 2 MiB where that is 8 MiB.
  const long all = ::sysconf(_SC_ARG_MAX);
  std::vector<std::string> words{"/bin/sh", "-c", "echo $WEIR_ITEM_OMITTED", "sh"};
  constexpr long block = 120 << 10;
  constexpr long spare = 90 << 10;  // for the environment, but not for the item as well
  long used = 0;
  for (; used + block < all - spare; used += block) words.emplace_back(block - 9, 'x');
  words.emplace_back(all - spare - used, 'x');
  const std::string item(120 << 10, 'x');
  process_request request;
  request.item = item;
  EXPECT_TRUE(run(words, request).succeeded());
  EXPECT_EQ(sink.out, "1\n");
}

TEST_F(process, gets_sigterm_at_its_timeout) {
  process_request request;
  request.timeout = milliseconds(50);
  const auto result = shell("echo before; sleep 1000", request);
  EXPECT_EQ(result.killed, kill_cause::timeout);
  EXPECT_EQ(result.signal, SIGTERM);
  EXPECT_GE(result.run_time, milliseconds(50));
  EXPECT_EQ(sink.out, "before\n");
}

TEST_F(process, that_ignores_sigterm_gets_sigkill) {
  process_request request;
  request.timeout = milliseconds(50);
  request.kill_after = milliseconds(50);
  const auto result = shell("trap '' TERM; while :; do sleep 0.01; done", request);
  EXPECT_EQ(result.killed, kill_cause::timeout);
  EXPECT_EQ(result.signal, SIGKILL);
}

TEST_F(process, counts_as_killed_even_when_it_ends_itself_with_0_on_sigterm) {
  process_request request;
  request.timeout = milliseconds(50);
  const auto result = shell("trap 'echo bye; exit 0' TERM; while :; do sleep 0.01; done", request);
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_FALSE(result.succeeded());
  EXPECT_EQ(sink.out, "bye\n");
}

TEST_F(process, that_was_stopped_is_killed_all_the_same) {
  process_request request;
  request.timeout = milliseconds(50);
  const auto result = shell("kill -STOP $$", request);
  EXPECT_EQ(result.signal, SIGTERM);
}

TEST_F(process, is_killed_with_all_of_its_group) {
  process_request request;
  request.timeout = milliseconds(100);
  request.kill_after = milliseconds(200);
  // The leader dies of SIGTERM; what it started ignores it, and prints nowhere.
  const auto result = shell("(trap '' TERM; exec sleep 1000) >/dev/null 2>&1 & echo $!; wait", request);
  EXPECT_EQ(result.killed, kill_cause::timeout);
  const pid_t left = std::stoi(sink.out);
  while (alive(left)) std::this_thread::yield();  // SIGKILL was sent before run returned
  SUCCEED();
}

TEST_F(process, may_clean_up_in_the_rest_of_its_group_after_sigterm) {
  process_request request;
  request.timeout = milliseconds(100);
  const auto result =
      shell("(trap 'sleep 0.2; echo cleaned; exit' TERM; while :; do sleep 0.01; done) & wait", request);
  EXPECT_EQ(result.killed, kill_cause::timeout);
}

TEST_F(process, stops_when_asked) {
  std::stop_source stop;
  sink.on_write = [&] { stop.request_stop(); };
  const auto result = shell("echo started; sleep 1000", {}, stop.get_token());
  EXPECT_EQ(result.killed, kill_cause::stop);
  EXPECT_EQ(result.signal, SIGTERM);
  EXPECT_EQ(sink.out, "started\n");
}

TEST_F(process, does_not_start_after_a_stop_request) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(shell("echo no", {}, stop.get_token()).failure, start_failure::stopped);
  EXPECT_EQ(sink.out, "");
}

TEST_F(process, ends_at_any_moment_of_a_stop_request) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 60; ++i) {
    std::stop_source stop;
    const auto spins = random() % 40'000;
    std::thread stopper([&] {
      for (unsigned j = 0; j < spins; ++j) std::atomic_signal_fence(std::memory_order_seq_cst);
      stop.request_stop();
    });
    const auto result = run({"/bin/sleep", i % 2 == 0 ? "0" : "1000"}, {}, stop.get_token());
    stopper.join();
    EXPECT_TRUE(result.failure == start_failure::stopped || result.killed == kill_cause::stop ||
                (i % 2 == 0 && result.succeeded()));
  }
}

TEST_F(process, does_not_wait_for_what_it_left_in_the_background) {
  const auto result = shell("sleep 1000 & echo $!");
  EXPECT_TRUE(result.succeeded());
  EXPECT_LT(result.run_time, seconds(100));
  const pid_t left = std::stoi(sink.out);
  EXPECT_TRUE(alive(left)) << "what was started in the background on purpose lives on";
  ::kill(left, SIGKILL);
}

TEST_F(process, keeps_what_a_background_process_prints_soon_after_its_end) {
  shell("(while [ -e /proc/$$/fd/0 ]; do :; done; echo late) & exit 0");
  EXPECT_EQ(sink.out, "late\n");
}

TEST_F(process, is_not_held_up_by_a_background_process_that_never_stops_printing) {
  sink.keep = false;
  const auto result = shell("yes & echo $! >&2");
  EXPECT_TRUE(result.succeeded());
  while (alive(std::stoi(sink.err.empty() ? "0" : sink.err))) {  // SIGPIPE, now that nobody reads
    std::this_thread::yield();
  }
}

TEST_F(process, passes_on_a_hundred_megabytes) {
  sink.keep = false;
  EXPECT_TRUE(shell("head -c 100000000 /dev/zero; head -c 1000000 /dev/zero >&2").succeeded());
  EXPECT_EQ(sink.total, 101'000'000U);
}

TEST_F(process, is_ended_when_its_output_cannot_be_kept) {
  sink.keep = false;
  sink.fail_after = 1'000'000;
  const auto result = shell("exec yes");
  EXPECT_EQ(result.killed, kill_cause::output);
  EXPECT_EQ(result.output_error, "no space, says the test");
  EXPECT_EQ(result.signal, SIGTERM);
}

TEST_F(process, that_closes_its_outputs_is_still_waited_for) {
  const auto result = shell("exec >&- 2>&-; sleep 0.1; exit 5");
  EXPECT_EQ(result.exit_status, 5);
  EXPECT_GE(result.run_time, milliseconds(100));
}

TEST_F(process, leaves_no_descriptor_and_no_zombie) {
  run({"/bin/true"});
  const auto before = open_descriptors();
  for (int i = 0; i < 200; ++i) run({i % 10 == 0 ? "/etc/passwd" : "/bin/true"});
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(process, reports_when_descriptors_run_out) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit small = before;
  small.rlim_cur = open_descriptors() + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &small), 0);
  const auto result = run({"/bin/true"});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(result.failure, start_failure::no_resources);
  EXPECT_EQ(result.error, EMFILE);
  EXPECT_TRUE(run({"/bin/true"}).succeeded());
}

TEST_F(process, reports_when_processes_run_out) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to become a user who has reached the limit";
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_NPROC, &none);
    if (::setuid(54321) != 0) ::_exit(2);
    const auto result = run({"/bin/true"});
    ::_exit(result.failure == start_failure::no_resources && result.error == EAGAIN ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

/// Runs 200 jobs while a signal is sent to the whole group again and again, as a terminal does: a child that
/// has not yet left the group is hit as well. How many failed.
template <class Run>
int failures_in_a_storm(int signal, Run run) {
  const pid_t own_pid = ::getpid();
  const pid_t old_group = ::getpgrp();
  const bool own_group = ::setpgid(0, 0) == 0;
  std::jthread storm([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      ::kill(own_group ? 0 : own_pid, signal);
      std::this_thread::yield();
    }
  });
  int failed = 0;
  for (int i = 0; i < 200; ++i) failed += run() ? 0 : 1;
  storm.request_stop();
  storm.join();
  if (own_group) ::setpgid(0, old_group);
  return failed;
}

std::atomic<int> handler_calls{0};
std::atomic<pid_t> handler_elsewhere{0};

TEST_F(process, never_runs_a_handler_of_ours_in_a_child) {
  struct sigaction action{};
  struct sigaction before{};
  static const pid_t own_pid = ::getpid();
  action.sa_handler = [](int) {
    handler_calls.fetch_add(1, std::memory_order_relaxed);
    if (::getpid() != own_pid) handler_elsewhere.store(::getpid(), std::memory_order_relaxed);
  };
  ::sigaction(SIGUSR2, &action, &before);
  const int failed = failures_in_a_storm(SIGUSR2, [this] { return run({"/bin/true"}).succeeded(); });
  ::sigaction(SIGUSR2, &before, nullptr);
  EXPECT_GT(handler_calls.load(), 0);
  EXPECT_EQ(handler_elsewhere.load(), 0);
  EXPECT_EQ(failed, 0) << "a signal meant for our group killed a job";
}

TEST_F(process, drops_a_signal_that_its_parent_waits_for) {
  sigset_t waited_for;
  sigset_t before;
  ::sigemptyset(&waited_for);
  ::sigaddset(&waited_for, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &waited_for, &before);  // and its default disposition, which would kill
  const int failed = failures_in_a_storm(SIGUSR2, [this] { return run({"/bin/true"}).succeeded(); });
  const timespec at_once{};
  EXPECT_EQ(::sigtimedwait(&waited_for, nullptr, &at_once), SIGUSR2);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(failed, 0) << "a signal meant for our group killed a job";
}

TEST_F(process, runs_beside_others_without_mixing_their_output) {
  std::vector<std::thread> workers;
  std::atomic<int> wrong{0};
  for (unsigned number = 1; number <= 4; ++number) {
    workers.emplace_back([&, number] {
      process_slot own(*shared, number);
      for (int i = 0; i < 50; ++i) {
        collecting_sink mine;
        const std::string word = std::to_string(number) + "-" + std::to_string(i);
        const char* argv[] = {"echo", word.c_str(), nullptr};
        process_request request;
        request.argv = argv;
        request.item = word;
        if (!own.run(request, mine).succeeded() || mine.out != word + "\n") wrong.fetch_add(1);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
}  // namespace weir::jobs
