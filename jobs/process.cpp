#include <jobs/child.hpp>
#include <jobs/owned_descriptor.hpp>
#include <jobs/process.hpp>
#include <jobs/process_group.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace weir::jobs {
namespace {

constexpr std::size_t read_block = std::size_t{64} << 10;
// From a pipe that gives so much at once, moving beats copying.
constexpr std::size_t bulk_read = std::size_t{16} << 10;
// An output that has been as long as this gets a larger pipe and is read less often, more at once: most
// programs write 4 KiB at a time, and waking up for each of these costs more than all the copying.
constexpr std::uint64_t long_output = std::uint64_t{1} << 20;
constexpr int large_pipe = 256 << 10;
constexpr duration rest = std::chrono::microseconds(200);
// Linux refuses an argument or variable longer than 32 pages (MAX_ARG_STRLEN), its name and final NUL
// included.
constexpr std::size_t longest_string = std::size_t{128} << 10;
constexpr std::string_view item_variable = "WEIR_ITEM=";

/// The two ends of one output. weir keeps the writing end open until the leader has ended: with it closed, a
/// child that exits would wake us for each end of file and once more for its own end.
struct output_pipe {
  owned_descriptor reading;
  owned_descriptor writing;

  bool open() noexcept {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) return false;
    reading.reset(ends[0]);
    writing.reset(ends[1]);
    return ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
  }
};

timespec as_timespec(duration d) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(d);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((d - seconds).count())};
}

}  // namespace

struct process_slot::state {
  state(launcher& l, unsigned slot_number);

  process_result run(const process_request& request, output_sink& sink, std::stop_token stop);
  void wake() noexcept;

  launcher& shared;
  child_stack stack;
  owned_descriptor wake_up{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::unique_ptr<char[]> buffer =
      std::make_unique_for_overwrite<char[]>(read_block);  // untouched until used

 private:
  bool locate(const char* command, process_result& result);
  void set_environment(const process_request& request, bool with_item);
  bool start(const process_request& request, process_result& result, child_process& started, output_pipe& out,
             output_pipe& err);
  int try_start(const process_request& request, child_process& started, const output_pipe& out,
                const output_pipe& err);
  void reap(const child_process& process, process_result& result);

  std::string command_;  // what was located last
  std::string path_;
  bool shell_script_ = false;  // without a first line that names its interpreter
  std::vector<const char*> environment_;
  std::size_t common_variables_;
  std::string item_;
  std::string slot_;
  std::array<char, 32> seq_{"WEIR_SEQ="};
};

namespace {

/// A job from its start to its reaping: a small machine around poll.
class running_job {
 public:
  running_job(const process_request& request, child_process process, output_pipe& out, output_pipe& err,
              output_sink& sink, int wake_up, char* buffer, process_result& result, time_point started)
      : request_(request),
        process_(process),
        out_(out),
        err_(err),
        sink_(sink),
        wake_up_(wake_up),
        buffer_(buffer),
        result_(result),
        started_(started),
        terminate_at_(after(started, request.timeout)) {}

  /// Returns when the leader has ended (and is not reaped) and nothing more is to be read or killed.
  void follow(const std::stop_token& stop) {
    while (!leader_ended_) step(stop);
    out_.writing.close();
    err_.writing.close();
    drain();
    const time_point give_up = after(clock::now(), process_slot::linger);
    while (!finished(give_up)) step(stop);
    result_.printed = printed_[static_cast<std::size_t>(stream::out)];
  }

 private:
  void step(const std::stop_token& stop);
  void drain();
  bool finished(time_point give_up);
  void read_some(stream which, owned_descriptor& from);
  void keep(stream which, std::string_view bytes);
  void count(stream which, const owned_descriptor& from, std::size_t bytes);
  void give_up_output(const error& why);
  void begin_kill(kill_cause cause, time_point now);
  void check_deadlines(time_point now);
  time_point next_deadline() const;

  const process_request& request_;
  child_process process_;
  output_pipe& out_;
  output_pipe& err_;
  output_sink& sink_;
  int wake_up_;
  char* buffer_;
  process_result& result_;
  time_point started_;
  time_point terminate_at_;
  time_point kill_at_ = never;
  time_point look_again_ = never;  // when to ask anew whether the group is gone
  duration look_interval_ = std::chrono::milliseconds(1);
  bool leader_ended_ = false;
  bool group_killed_ = false;
  bool stop_seen_ = false;
  bool rests_ = false;                          // the next step leaves the outputs alone
  std::array<std::uint64_t, 2> printed_{0, 0};  // bytes of each output
  std::array<bool, 2> bulk_{false, false};      // the last read of an output was a large one
};

time_point running_job::next_deadline() const {
  time_point next = std::min(kill_at_, look_again_);
  if (!leader_ended_ && result_.killed == kill_cause::none) next = std::min(next, terminate_at_);
  return next;
}

void running_job::step(const std::stop_token& stop) {
  // A negative descriptor is one that poll leaves out.
  std::array<pollfd, 4> watched{{{out_.reading.number(), POLLIN, 0},
                                 {err_.reading.number(), POLLIN, 0},
                                 {leader_ended_ ? -1 : process_.pidfd, POLLIN, 0},
                                 {stop_seen_ ? -1 : wake_up_, POLLIN, 0}}};
  time_point deadline = next_deadline();
  if (std::exchange(rests_, false)) {
    watched[0].fd = watched[1].fd = -1;
    deadline = std::min(deadline, from_now(rest));
  }
  timespec wait{};
  if (deadline != never) wait = as_timespec(std::max(duration::zero(), deadline - clock::now()));
  if (::ppoll(watched.data(), watched.size(), deadline == never ? nullptr : &wait, nullptr) > 0) {
    if (watched[0].revents != 0) read_some(stream::out, out_.reading);
    if (watched[1].revents != 0) read_some(stream::err, err_.reading);
    if (watched[2].revents != 0) {
      leader_ended_ = true;
      result_.run_time = clock::now() - started_;
    }
    if (watched[3].revents != 0 && stop.stop_requested()) {
      stop_seen_ = true;
      if (!leader_ended_) begin_kill(kill_cause::stop, clock::now());
    }
  }
  if (next_deadline() != never) check_deadlines(clock::now());
}

void running_job::check_deadlines(time_point now) {
  if (!leader_ended_ && now >= terminate_at_) begin_kill(kill_cause::timeout, now);
  if (now >= kill_at_) {
    ::kill(-process_.pid, SIGKILL);
    kill_at_ = never;
    group_killed_ = true;
  }
}

void running_job::begin_kill(kill_cause cause, time_point now) {
  if (result_.killed != kill_cause::none) return;
  result_.killed = cause;
  ::kill(-process_.pid, SIGTERM);
  ::kill(-process_.pid, SIGCONT);  // a stopped process sees SIGTERM only when it goes on
  kill_at_ = after(now, request_.kill_after);
}

/// Reads what is in the pipes. The pipe of a job that is alone with it is at its end after that.
void running_job::drain() {
  for (const auto& [which, from] :
       {std::pair{stream::out, &out_.reading}, std::pair{stream::err, &err_.reading}}) {
    // A pipe holds 64 KiB unless the job made it larger, at most 1 MiB: a background process that goes on
    // writing cannot keep us here.
    for (int block = 0; block < 16 && from->open(); ++block) {
      const int before = from->number();
      read_some(which, *from);
      pollfd more{before, POLLIN, 0};
      if (!from->open() || ::poll(&more, 1, 0) <= 0) break;
    }
  }
}

/// After the leader's end: both outputs are at their end or were given up, and of a killed job nothing is
/// left.
bool running_job::finished(time_point give_up) {
  const time_point now = clock::now();
  if (out_.reading.open() || err_.reading.open()) {
    if (now < give_up) {
      look_again_ = give_up;
      return false;
    }
    out_.reading.close();
    err_.reading.close();
  }
  if (result_.killed == kill_cause::none || group_killed_ || !group_has_others(process_.pid)) return true;
  look_interval_ = std::min<duration>(look_interval_ * 2, std::chrono::milliseconds(50));
  look_again_ = after(now, look_interval_);
  return false;
}

void running_job::read_some(stream which, owned_descriptor& from) {
  bool& bulk = bulk_[static_cast<std::size_t>(which)];
  if (bulk && result_.output_error.empty()) {
    const auto taken = sink_.take(which, from.number());
    if (!taken) return give_up_output(taken.error());
    if (*taken > 0) return count(which, from, *taken);
  }
  const ssize_t n = ::read(from.number(), buffer_, read_block);
  if (n > 0) {
    bulk = static_cast<std::size_t>(n) >= bulk_read;
    keep(which, {buffer_, static_cast<std::size_t>(n)});
    count(which, from, static_cast<std::size_t>(n));
  } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
    from.close();
  }
}

/// After a read of `bytes`: whether the next one comes after a rest. Not after a full one: then there is
/// more.
void running_job::count(stream which, const owned_descriptor& from, std::size_t bytes) {
  std::uint64_t& printed = printed_[static_cast<std::size_t>(which)];
  const bool was_long = printed >= long_output;
  printed += bytes;
  if (printed < long_output) return;
  if (!was_long) ::fcntl(from.number(), F_SETPIPE_SZ, large_pipe);  // where it is refused it works without
  rests_ = bytes < read_block;
}

void running_job::keep(stream which, std::string_view bytes) {
  if (!result_.output_error.empty()) return;
  if (auto kept = sink_.write(which, bytes); !kept) give_up_output(kept.error());
}

void running_job::give_up_output(const error& why) {
  result_.output_error = why.detail.empty() ? why.code.message() : why.detail;
  if (leader_ended_ && result_.killed == kill_cause::none) result_.killed = kill_cause::output;
  begin_kill(kill_cause::output, clock::now());
}

}  // namespace

process_slot::state::state(launcher& l, unsigned slot_number)
    : shared(l), slot_("WEIR_SLOT=" + std::to_string(slot_number)) {
  for (const std::string& variable : l.environment()) environment_.push_back(variable.c_str());
  common_variables_ = environment_.size();
  if (!wake_up.open())
    throw std::system_error(errno, std::generic_category(), "cannot make an eventfd for a worker");
}

void process_slot::state::wake() noexcept {
  const std::uint64_t one = 1;
  while (::write(wake_up.number(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void process_slot::state::set_environment(const process_request& request, bool with_item) {
  environment_.resize(common_variables_);
  if (with_item && item_variable.size() + request.item.size() < longest_string) {
    item_.assign(item_variable).append(request.item);
    environment_.push_back(item_.c_str());
  } else {
    environment_.push_back("WEIR_ITEM_OMITTED=1");
  }
  char* digits = seq_.data() + std::string_view("WEIR_SEQ=").size();
  *std::to_chars(digits, seq_.data() + seq_.size() - 1, request.seq).ptr = '\0';
  environment_.push_back(seq_.data());
  environment_.push_back(slot_.c_str());
  environment_.push_back(nullptr);
}

bool process_slot::state::locate(const char* command, process_result& result) {
  if (!command_.empty() && command_ == command) return true;
  auto path = shared.find(command);
  if (!path) {
    result.error = path.error().code.value();
    result.failure = result.error == ENOENT ? start_failure::not_found : start_failure::not_executable;
    return false;
  }
  command_ = command;
  path_ = *path;
  shell_script_ = false;
  return true;
}

/// 0, or why the program does not run. A child that could not exec is reaped here.
int process_slot::state::try_start(const process_request& request, child_process& started,
                                   const output_pipe& out, const output_pipe& err) {
  std::vector<const char*> with_shell;
  child_program program{.path = path_.c_str(),
                        .argv = request.argv.data(),
                        .environment = environment_.data(),
                        .in = shared.null_device(),
                        .out = out.writing.number(),
                        .err = err.writing.number(),
                        .watchdog = shared.dog() != nullptr ? shared.dog()->descriptor() : -1,
                        .open_files = shared.open_files()};
  if (shell_script_) {
    with_shell = {"/bin/sh", path_.c_str()};
    with_shell.insert(with_shell.end(), request.argv.begin() + 1, request.argv.end());
    program.path = "/bin/sh";
    program.argv = with_shell.data();
  }
  const int code = start_child(program, stack, started);
  if (code != 0 || program.error == 0) return code;
  process_result nobody;
  reap(started, nobody);
  return program.error;
}

bool process_slot::state::start(const process_request& request, process_result& result,
                                child_process& started, output_pipe& out, output_pipe& err) {
  if (!out.open() || !err.open()) {
    result.error = errno;
    result.failure = start_failure::no_resources;
    return false;
  }
  set_environment(request, true);
  int code = try_start(request, started, out, err);
  if (code == E2BIG) {  // the item is there twice: as argument and as variable
    set_environment(request, false);
    code = try_start(request, started, out, err);
  }
  if (code == ENOEXEC &&
      !shell_script_) {  // as execvp: a script without a first line that names its interpreter
    shell_script_ = true;
    code = try_start(request, started, out, err);
  }
  if (code == 0) return true;
  result.error = code;
  switch (code) {
    case E2BIG: result.failure = start_failure::too_long; break;
    case ENOENT: result.failure = start_failure::not_found; break;
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE: result.failure = start_failure::no_resources; break;
    default: result.failure = start_failure::not_executable;
  }
  return false;
}

void process_slot::state::reap(const child_process& process, process_result& result) {
  if (result.started() && shared.dog() != nullptr) shared.dog()->forget(process.pid);
  int status = 0;
  while (::waitpid(process.pid, &status, 0) < 0 && errno == EINTR) {
  }
  ::close(process.pidfd);
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.exit_status = result.signal != 0 ? 128 + result.signal : WEXITSTATUS(status);
}

process_result process_slot::state::run(const process_request& request, output_sink& sink,
                                        std::stop_token stop) {
  process_result result;
  if (stop.stop_requested()) {
    result.failure = start_failure::stopped;
    return result;
  }
  if (request.argv.empty() || request.argv.front() == nullptr || !locate(request.argv.front(), result)) {
    if (result.started()) result.failure = start_failure::not_found;
    if (result.error == 0) result.error = ENOENT;
    return result;
  }
  output_pipe out;
  output_pipe err;
  child_process process;
  result.start_time = std::chrono::system_clock::now();
  const time_point started = clock::now();
  if (!start(request, result, process, out, err)) return result;
  std::uint64_t old_wakes = 0;
  // Of a stop that came when the job before had just ended.
  if (::read(wake_up.number(), &old_wakes, sizeof old_wakes) < 0 && errno != EAGAIN) old_wakes = 0;
  running_job job(request, process, out, err, sink, wake_up.number(), buffer.get(), result, started);
  {
    const std::stop_callback on_stop(stop, [this] { wake(); });
    job.follow(stop);
  }
  reap(process, result);
  return result;
}

process_slot::process_slot(launcher& shared, unsigned number)
    : state_(std::make_unique<state>(shared, number)) {}

process_slot::~process_slot() = default;

process_result process_slot::run(const process_request& request, output_sink& sink, std::stop_token stop) {
  process_result result = state_->run(request, sink, std::move(stop));
  // As shells do.
  if (!result.started()) result.exit_status = result.failure == start_failure::not_found ? 127 : 126;
  return result;
}

std::string describe(const process_result& result, std::string_view command) {
  const std::string name(command);
  switch (result.failure) {
    case start_failure::none: return {};
    case start_failure::not_found: return name + ": command not found";
    case start_failure::too_long: return name + ": argument list too long; give fewer or shorter items a job";
    case start_failure::stopped: return name + ": not started, a stop was requested";
    case start_failure::no_resources:
      return "cannot start " + name + ": " + std::generic_category().message(result.error);
    case start_failure::not_executable: return name + ": " + std::generic_category().message(result.error);
  }
  return {};
}

}  // namespace weir::jobs
