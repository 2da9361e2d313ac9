#include <jobs/run.hpp>

#include <jobs/console.hpp>
#include <jobs/ending.hpp>
#include <jobs/halt.hpp>
#include <jobs/job_runner.hpp>
#include <jobs/live_view.hpp>
#include <jobs/report.hpp>
#include <jobs/report_target.hpp>
#include <jobs/signals.hpp>
#include <jobs/source.hpp>
#include <jobs/watchdog.hpp>
#include <jobs/workers_file.hpp>
#include <weir/base/units.hpp>
#include <weir/pool/worker_pool.hpp>

#include <fmt/format.h>

#include <malloc.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <vector>

namespace weir::jobs {

namespace {

constexpr std::string_view who = "weir run";

// What a job that failed leaves the pool's process function with: the pool counts it.
struct job_failed {};

std::size_t queue_capacity(const run_options& o) { return o.queue.value_or(4 * workers_of(o).most); }

io_result<std::unique_ptr<source>> open_source(run_request& request, int interrupt) {
  if (request.items) return std::make_unique<word_source>(std::move(*request.items));
  auto opened = stream_source::open(request.options.arg_file, request.options.delimiter, interrupt);
  if (!opened) return std::unexpected(opened.error());
  return std::move(*opened);
}

// Bytes of items that fit into one command: what the system allows (execve(2)) less what else is there.
std::size_t batch_budget(const command_template& command) {
  constexpr std::size_t reserve = longest_item + std::size_t{8} * 1024;  // WEIR_ITEM, and our other variables
  constexpr std::size_t least = std::size_t{4} * 1024;
  std::size_t taken = reserve + command.fixed_size();
  for (char** variable = environ; *variable; ++variable)
    taken += std::string_view(*variable).size() + 1 + sizeof(char*);
  const long allowed = ::sysconf(_SC_ARG_MAX);
  const std::size_t most = allowed > 0 ? static_cast<std::size_t>(allowed) : longest_item;
  std::size_t room = most > taken + least ? most - taken : least;
  if (command.joins_items())
    room = std::min(room, longest_item - std::min(command.fixed_size(), longest_item - least));
  return std::max(least, room / std::max<std::size_t>(1, command.uses_of_items()));
}

// Whether the number of workers moves.
bool scales(const run_options& o) {
  return o.workers.least > 0 || (o.limit && o.limit->adaptive && !o.shadow);
}

// How often an adaptive limit is looked at.
constexpr duration between_looks = std::chrono::milliseconds(50);

print_mode mode_of(const run_options& o) {
  if (!o.results.empty()) return print_mode::results;
  return o.line_buffer ? print_mode::lines : print_mode::whole;
}

// The directory of the results, made and looked at before anything is read: no job would fare better.
io_result<> make_results(const std::string& directory) {
  if (directory.empty()) return {};
  std::error_code code;
  std::filesystem::create_directories(directory, code);
  if (!code && !std::filesystem::is_directory(directory, code) && !code)
    code = std::make_error_code(std::errc::not_a_directory);
  if (!code && ::access(directory.c_str(), W_OK | X_OK) != 0) code = {errno, std::generic_category()};
  if (!code) return {};
  return std::unexpected(error(
      code, fmt::format("cannot write results to '{}': {}; give --results a directory that can be written",
                        directory, code.message())));
}

class whole_run {
 public:
  whole_run(run_request& request, watchdog& dog, std::unique_ptr<source> from, ending& end, console& out)
      : options_(request.options),
        command_(request.command),
        source_(std::move(from)),
        ending_(end),
        console_(out),
        halt_(options_.halt),
        printer_(printing()),
        launcher_(made(launcher::make(&dog))),
        runner_(options_, command_, *launcher_, printer_, ending_, console_),
        workers_file_(options_.workers.file),
        view_(options_, console_),
        workers_(workers_of(options_)),
        lanes_(options_.lanes ? options_.lanes.lanes() : 0),
        pool_([this](item_batch& batch) { process(batch); }, pooling(),
              [this](pool::lost&& gone) { lose(gone.job.seq, gone.lane); }) {}

  // Reads, runs, waits; the report.
  report run();

  bool read_anything() const noexcept { return read_anything_; }

 private:
  using pool = worker_pool<item_batch>;

  static std::unique_ptr<launcher> made(io_result<std::unique_ptr<launcher>> l) {
    if (!l) throw std::system_error(l.error().code, l.error().detail);
    return std::move(*l);
  }

  output_options printing();
  pool_options pooling() const;
  void process(item_batch& batch);
  job_end run_job(const item_batch& batch);
  void job_has_failed();
  void read_items();
  submit_options describe(item_batch& batch, const std::stop_token& stop) const;
  void refused(std::uint64_t seq, const submit_options& how, errc why);
  void lose(std::uint64_t seq, std::size_t lane);
  void note_start(const item_batch& batch);
  void follow_limit();
  void signalled(int number);
  time_point due();
  void cancel();
  report current() const;
  control_report current_control(const pool_stats&) const;
  progress current_progress() const;

  const run_options& options_;
  const command_template& command_;
  const std::unique_ptr<source> source_;
  ending& ending_;
  console& console_;
  const time_point began_ = clock::now();
  halt_watch halt_;
  printer printer_;
  std::unique_ptr<launcher> launcher_;
  job_runner runner_;
  workers_file workers_file_;
  live_view view_;

  // What the report tells of a lane.
  struct lane_watch {
    std::atomic<std::uint64_t> submitted = 0;
    std::atomic<std::uint64_t> started = 0;
    std::atomic<std::uint64_t> lost = 0;
    histogram wait{};
  };

  worker_span workers_;              // the listener's: what was asked for last
  std::int64_t limit_followed_ = 0;  // the listener's
  std::vector<lane_watch> lanes_;    // without --lane none
  std::atomic<std::uint64_t> peak_workers_ = 0;
  // Relaxed: numbers for the report, which is made after the pool has drained.
  std::atomic<std::uint64_t> timed_out_ = 0;
  std::atomic<std::uint64_t> not_started_ = 0;
  std::atomic<std::uint64_t> not_submitted_ = 0;
  std::atomic<std::uint64_t> expired_late_ = 0;  // a worker had it, but the gates held it too long
  std::atomic<std::uint64_t> expired_door_ = 0;  // refused, for it could not have started in time
  bool read_anything_ = false;                   // the reader's
  bool said_too_large_ = false;                  // the reader's
  bool draining_ = false;                        // the listener's
  time_point drain_deadline_ = never;            // the listener's
  pool pool_;                                    // last: its workers use all the above
};

output_options whole_run::printing() {
  output_options o{.mode = mode_of(options_),
                   .keep_order = options_.keep_order && options_.results.empty(),
                   .tag = options_.tag,
                   .directory = options_.results,
                   .given_up = ending_.given_up(),
                   .before_print = {},
                   .after_print = {},
                   .on_failure = {}};
  if (console_.live()) {
    o.before_print = [this] { console_.give_way(); };
    o.after_print = [this](bool inside_line) { console_.take_back(inside_line); };
  }
  o.on_failure = [this](const output_failure& failure) {
    ending_.because(failure.closed ? 128 + SIGPIPE : 1);
    cancel();
    if (!failure.closed) console_.say(failure.message);
  };
  return o;
}

pool_options whole_run::pooling() const {
  const worker_span workers = workers_of(options_);
  return {.name = "run",
          .min_workers = workers.least,
          .max_workers = workers.most,
          .queue_capacity = queue_capacity(options_),
          .max_cost = options_.queue_bytes,
          .lanes = options_.lanes.lanes(),
          .fair_by_key = options_.fair_by.has_value(),
          .on_full = options_.on_full};
}

// What no job foresees, such as memory that is not there, is its failure, and said.
job_end whole_run::run_job(const item_batch& batch) {
  try {
    return runner_.run(batch);
  } catch (const std::exception& e) {
    printer_.skip(batch.seq);
    console_.say(fmt::format("item {}: {}", batch.seq, e.what()));
    return job_end::failed;
  }
}

// Runs on the pool's workers. The pool counts: a return is a success, an exception a failure.
void whole_run::process(item_batch& batch) {
  note_start(batch);
  switch (run_job(batch)) {
    case job_end::succeeded: return;
    case job_end::not_started: not_started_.fetch_add(1, std::memory_order_relaxed); break;
    case job_end::expired: expired_late_.fetch_add(1, std::memory_order_relaxed); break;
    case job_end::cannot_start:  // the next ten million would fare no better
      ending_.stop_starting();
      pool_.cancel();
      break;
    case job_end::not_written: cancel(); break;
    case job_end::timed_out: timed_out_.fetch_add(1, std::memory_order_relaxed); [[fallthrough]];
    case job_end::failed: job_has_failed(); break;
  }
  throw job_failed{};
}

void whole_run::job_has_failed() {
  if (!halt_.failed()) return;
  const bool now = halt_.rule().what == halt_rule::kind::now;
  ending_.because(1);
  if (now) ending_.stop_running();
  ending_.stop_starting();
  pool_.cancel();
  console_.say(fmt::format("halted after {} failed job{}{}", halt_.rule().failures,
                           halt_.rule().failures == 1 ? "" : "s", now ? "" : "; running jobs finish"));
}

void whole_run::cancel() {
  ending_.stop_running();
  pool_.cancel();
}

void whole_run::refused(std::uint64_t seq, const submit_options& how, errc why) {
  // Read, but not accepted when the run ended: as if it had not been read.
  if (why == errc::closed) {
    printer_.skip(seq);
    not_submitted_.fetch_add(1, std::memory_order_relaxed);
    if (!lanes_.empty()) lanes_[how.lane].submitted.fetch_sub(1, std::memory_order_relaxed);
  } else {
    lose(seq, how.lane);
  }
  if (why == errc::expired || why == errc::overloaded) expired_door_.fetch_add(1, std::memory_order_relaxed);
  if (how.cost <= options_.queue_bytes || said_too_large_) return;
  said_too_large_ = true;
  console_.say(fmt::format("item {} has {} bytes and never fits into --queue-bytes {}: rejected", seq,
                           how.cost, options_.queue_bytes));
}

void whole_run::lose(std::uint64_t seq, std::size_t lane) {
  printer_.skip(seq);
  if (!lanes_.empty()) lanes_[lane].lost.fetch_add(1, std::memory_order_relaxed);
}

void whole_run::note_start(const item_batch& batch) {
  if (!lanes_.empty()) {
    lanes_[batch.lane].started.fetch_add(1, std::memory_order_relaxed);
    lanes_[batch.lane].wait.record(clock::now() - batch.arrived);
  }
  if (!scales(options_)) return;
  const std::uint64_t now = pool_.stats().workers;
  std::uint64_t most = peak_workers_.load(std::memory_order_relaxed);
  while (now > most && !peak_workers_.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
  }
}

// What the pool is to know of the job; the batch learns it too.
submit_options whole_run::describe(item_batch& batch, const std::stop_token& stop) const {
  batch.arrived = clock::now();
  batch.deadline = options_.deadline && !options_.shadow ? after(batch.arrived, *options_.deadline) : never;
  batch.lane = options_.lanes ? options_.lanes.lane_of(batch) : 0;
  submit_options o{.lane = batch.lane, .deadline = batch.deadline, .cost = batch.cost(), .stop = stop};
  if (options_.fair_by && !batch.empty())
    o.key = std::hash<std::string>()(options_.fair_by->of(batch[0]).value_or(std::string()));
  return o;
}

void whole_run::read_items() {
  batch_reader reader(*source_, options_.items_per_job, batch_budget(command_));
  const std::stop_token stop = ending_.reading();
  item_batch batch;
  while (!stop.stop_requested()) {
    const auto got = reader.next(batch);
    if (!got) {
      console_.say(got.error().detail);
      ending_.because(1);
    }
    if (!got || *got != reading::got) return;
    read_anything_ = true;
    const submit_options how = describe(batch, stop);
    if (!lanes_.empty()) lanes_[how.lane].submitted.fetch_add(1, std::memory_order_relaxed);
    const std::uint64_t seq = batch.seq;
    const auto accepted = pool_.submit(std::move(batch), how);
    if (!accepted) refused(seq, how, accepted.error());
  }
}

void whole_run::signalled(int number) {
  if (number == SIGUSR1) return console_.write(as_text(current(), who, console_.color()));
  ending_.interrupted(number);
  if (draining_) return cancel();
  draining_ = true;
  drain_deadline_ = from_now(options_.drain_timeout);
  ending_.stop_reading();  // first: speaking may take a moment
  const pool_stats s = pool_.stats();
  const std::uint64_t left = s.queued + s.running;
  console_.say(fmt::format("draining {} job{}, again to stop now", left, left == 1 ? "" : "s"));
}

// What is due on the listener's thread; returns when to look again.
time_point whole_run::due() {
  const time_point now = clock::now();
  if (now >= drain_deadline_) {
    drain_deadline_ = never;
    cancel();
    console_.say(fmt::format("not drained within {}: stopping", to_string(options_.drain_timeout)));
  }
  time_point next = drain_deadline_;
  if (workers_file_.watched()) {
    if (const auto workers = workers_file_.changed(console_)) {
      workers_ = {workers->least > 0 ? workers->least : workers->count, workers->count};
      limit_followed_ = 0;
      follow_limit();
    }
    next = std::min(next, after(now, workers_file::every));
  }
  if (options_.limit && options_.limit->adaptive && !options_.shadow) {
    follow_limit();
    next = std::min(next, after(now, between_looks));
  }
  if (view_.wants_progress(now)) view_.show(current_progress());
  if (view_.wants_statistics(now)) console_.write(as_text(current(), who, console_.color()));
  return std::min(next, view_.next());
}

// The pool has as many workers as were asked for, and no more than the limit.
void whole_run::follow_limit() {
  const bool limited = options_.limit && !options_.shadow;
  const std::int64_t limit = limited ? runner_.limit() : static_cast<std::int64_t>(most_workers);
  if (limit == limit_followed_) return;
  limit_followed_ = limit;
  const auto most = std::min(workers_.most, static_cast<std::size_t>(limit));
  pool_.resize(std::min(workers_.least, most), most);
}

progress whole_run::current_progress() const {
  return {.jobs = pool_.stats(),
          .queue_capacity = queue_capacity(options_),
          .elapsed = clock::now() - began_,
          .share_read = source_->share_read()};
}

control_report whole_run::current_control(const pool_stats& jobs) const {
  control_report control = runner_.control();
  if (scales(options_))
    control.workers = {.now = jobs.workers,
                       .least = workers_of(options_).least,
                       .most = peak_workers_.load(std::memory_order_relaxed)};
  for (const lane_watch& lane : lanes_)
    control.lanes.push_back({.submitted = lane.submitted.load(std::memory_order_relaxed),
                             .started = lane.started.load(std::memory_order_relaxed),
                             .lost = lane.lost.load(std::memory_order_relaxed),
                             .wait = lane.wait.snapshot()});
  return control;
}

report whole_run::current() const {
  report r{.jobs = pool_.stats(),
           .failed_by_timeout = timed_out_.load(std::memory_order_relaxed),
           .elapsed = clock::now() - began_,
           .queue_capacity = queue_capacity(options_),
           .queue_wait = pool_.queue_wait(),
           .run_time = runner_.run_time()};
  // A worker had these, but the run ended before they could start.
  const std::uint64_t idle = std::min(not_started_.load(std::memory_order_relaxed), r.jobs.failed);
  r.jobs.failed -= idle;
  r.jobs.cancelled += idle;
  const std::uint64_t late = std::min(expired_late_.load(std::memory_order_relaxed), r.jobs.failed);
  r.jobs.failed -= late;
  r.jobs.expired += late;
  const std::uint64_t hopeless = std::min(expired_door_.load(std::memory_order_relaxed), r.jobs.rejected);
  r.jobs.rejected -= hopeless;
  r.jobs.expired += hopeless;
  // At the door when the run ended: an item that was not accepted was not submitted.
  const std::uint64_t closed = std::min(not_submitted_.load(std::memory_order_relaxed), r.jobs.rejected);
  r.jobs.rejected -= closed;
  r.jobs.submitted -= closed + r.jobs.withdrawn;
  r.jobs.withdrawn = 0;
  r.control = current_control(r.jobs);
  return r;
}

report whole_run::run() {
  {
    const signal_listener listener({[this](int number) { signalled(number); },
                                    [this] {
                                      console_.hurry();
                                      return due();
                                    }});
    read_items();
    [[maybe_unused]] const auto drained =
        pool_.drain();  // without a deadline: the listener keeps it, and may cancel
    printer_.finish();
  }
  return current();
}

// Prints the commands that would run.
int dry_run(run_request& request, source& from, console& out) {
  batch_reader reader(from, request.options.items_per_job, batch_budget(request.command));
  item_batch batch;
  expanded_command command;
  std::uint64_t jobs = 0;
  bool all_usable = true;
  for (;; ++jobs) {
    const auto got = reader.next(batch);
    if (!got) return out.say(got.error().detail), 1;
    if (*got != reading::got) break;
    if (batch.fault != item_fault::none) {
      out.say(describe_fault(batch));
      all_usable = false;
      continue;
    }
    request.command.expand(batch, jobs % workers_of(request.options).most + 1, command);
    const std::string line = command.to_string() + "\n";
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) break;
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) {
    if (errno == EPIPE) return 128 + SIGPIPE;
    return out.say(fmt::format("cannot write output: {}", std::strerror(errno))), 1;
  }
  if (jobs == 0) out.say("no items");
  return all_usable ? 0 : 1;
}

std::string formatted(const report& r, const run_options& o, const console& out) {
  switch (o.format) {
    case report_format::json: return as_json(r);
    case report_format::csv: return as_csv(r);
    case report_format::text: break;
  }
  return as_text(r, who, out.color() && o.report_file.empty());
}

int exit_code_of(const ending& end, const report& r) {
  if (end.exit_code() != 0) return end.exit_code();
  return r.jobs.failed + lost(r.jobs) > 0 ? 1 : 0;
}

}  // namespace

int run(run_request request) {
  ::mallopt(M_ARENA_MAX, 2);  // an arena a thread keeps memory that other threads could use
  const run_options& o = request.options;
  ending end;
  console out(STDERR_FILENO, std::string(who), o.color, o.progress, end.given_up());
  if (const std::string warning = request.command.warning(); !warning.empty()) out.say("warning: " + warning);
  if (o.dry_run) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto from = open_source(request, -1);
    if (!from) return out.say(from.error().detail), 2;
    return dry_run(request, **from, out);
  }
  // Opening a FIFO waits for its other end: before signals are blocked, so that one ends the wait.
  auto from = open_source(request, end.interrupt());
  if (!from) return out.say(from.error().detail), 2;
  report_target target;
  if (const auto opened = target.open(o.report_file); !opened) return out.say(opened.error().detail), 2;
  if (const auto made = make_results(o.results); !made) return out.say(made.error().detail), 2;
  block_signals();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write, as a full disk is
  auto dog = watchdog::start();
  if (!dog) return out.say(dog.error().detail), 1;
  try {
    whole_run all(request, *dog, std::move(*from), end, out);
    const report r = all.run();
    const bool asked = !o.report_file.empty() || o.format != report_format::text;
    const bool nothing = !all.read_anything() && end.exit_code() == 0;
    if (nothing) out.say("no items");
    const bool quiet = nothing || end.exit_code() == 128 + SIGPIPE;
    const bool written = (quiet && !asked) || target.write(formatted(r, o, out), out);
    const int code = exit_code_of(end, r);
    return code == 0 && !written ? 1 : code;
  } catch (const std::exception& e) {
    out.say(e.what());
    return 1;
  }
}

}  // namespace weir::jobs
