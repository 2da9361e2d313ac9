#include <jobs/whole_run.hpp>

#include <jobs/resumed_reader.hpp>
#include <jobs/run_input.hpp>
#include <jobs/signals.hpp>
#include <weir/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <functional>
#include <string>

namespace weir::jobs {

namespace {

// What a job that failed leaves the pool's process function with: the pool counts it.
struct job_failed {};

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

}  // namespace

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
          .queue_capacity = queue_of(options_),
          .max_cost = options_.queue_bytes,
          .lanes = options_.lanes.lanes(),
          .fair_by_key = options_.fair_by.has_value(),
          .on_full = options_.on_full,
          .spill = spilling_of(options_)};
}

// It goes on from the store as it was found, if there is one.
whole_run::pool whole_run::made_pool(std::optional<spill_store> store) {
  auto run_one = [this](item_batch& batch) { process(batch); };
  auto lose_one = [this](pool::lost&& gone) { lose(gone.job.seq, gone.lane); };
  if (store) return {std::move(*store), run_one, pooling(), lose_one};
  return {run_one, pooling(), lose_one};
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

// Runs on the pool's workers. The pool counts: a return is a success, an exception a failure. What the
// journal would not take for ended stays in the spill store, if it came from there.
void whole_run::process(item_batch& batch) {
  if (memory_.stored().is_done(batch.seq)) {
    printer_.skip(batch.seq);
    return tally_.job_done_before();
  }
  note_start(batch);
  switch (run_job(batch)) {
    case job_end::succeeded: return;
    case job_end::not_started:
      batch.from_store ? tally_.job_left_in_store() : tally_.job_not_started();
      throw unfinished_job();
    case job_end::expired: tally_.job_expired_late(); break;
    case job_end::cannot_start:  // the next ten million would fare no better
      ending_.stop_starting();
      pool_.cancel();
      throw unfinished_job();
    case job_end::not_written: cancel(); throw unfinished_job();
    case job_end::stopped: job_has_failed(); throw unfinished_job();
    case job_end::timed_out: tally_.job_timed_out(); [[fallthrough]];
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
    tally_.job_not_submitted(how.lane);
  } else {
    lose(seq, how.lane);
  }
  if (why == errc::expired || why == errc::overloaded) tally_.job_hopeless();
  const bool fits = how.cost <= options_.queue_bytes;
  if (fits && !options_.spill_dir.empty() && (why == errc::full || why == errc::storage))
    say_store_refuses(why);
  if (fits || said_too_large_) return;
  said_too_large_ = true;
  console_.say(fmt::format("item {} has {} bytes and never fits into --queue-bytes {}: rejected", seq,
                           how.cost, options_.queue_bytes));
}

void whole_run::lose(std::uint64_t seq, std::size_t lane) {
  printer_.skip(seq);
  tally_.job_lost(lane);
}

void whole_run::note_start(const item_batch& batch) {
  tally_.started(batch);
  if (scales(options_)) tally_.saw_workers(pool_.stats().workers);
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
  using again = resumed_reader::again;
  const bool resumes = memory_.before() != nullptr;
  // What waits in the store keeps its number: that of the same input, or one that no new item gets.
  const std::uint64_t taken = resumes ? 0 : memory_.stored().waiting().largest();
  batch_reader reader(*source_, options_.items_per_job, batch_budget(command_), taken);
  if (!resumes) {
    skip_what_is_not_stored(0);
    return submit_all(reader);
  }
  resumed_reader rest(reader, *memory_.before(), options_.resume_failed ? again::failed : again::nothing,
                      [this](std::uint64_t seq) { pass_over(seq); });
  submit_all(rest);
  skip_what_is_not_stored(last_seq_);
}

// Numbers that no job will have, which others' output must not wait for.
void whole_run::skip_what_is_not_stored(std::uint64_t from) {
  if (!options_.keep_order) return;
  memory_.stored().waiting().for_each_gap(from, [this](std::uint64_t seq) { printer_.skip(seq); });
}

// An earlier run has done it, or left it in the store, from where a worker gets it.
void whole_run::pass_over(std::uint64_t seq) {
  read_anything_ = true;
  last_seq_ = seq;
  if (!memory_.stored().waiting().holds(seq)) printer_.skip(seq);
  tally_.job_passed_over();
}

void whole_run::say_store_refuses(errc why) {
  if (std::exchange(said_store_refuses_, true)) return;
  if (why == errc::full)
    return console_.say(
        fmt::format("the spill store in '{}' has reached --spill-max: items are rejected until "
                    "there is room; give it more, or slow the input down with --on-full block",
                    options_.spill_dir));
  console_.say(
      fmt::format("cannot write to the spill store in '{}': items are rejected until that works; look at "
                  "the disk",
                  options_.spill_dir));
}

// What has run and is in the store all the same, since a full or failing disk took no acknowledgement.
void whole_run::say_what_runs_again(const report& at_the_end) {
  if (!at_the_end.spill) return;
  const std::uint64_t meant = at_the_end.jobs.spilled + at_the_end.spill->unfinished;
  if (at_the_end.spill->jobs <= meant) return;
  const std::uint64_t jobs = at_the_end.spill->jobs - meant;
  console_.say(
      fmt::format("{} job{} that ran could not be struck off in the spill store in '{}': the next run there "
                  "does them again, but for what its --joblog and --resume know; make room on the disk",
                  jobs, jobs == 1 ? "" : "s", options_.spill_dir));
}

// What is not the input it was is not to be run: nothing more starts.
void whole_run::cannot_read(const error& why) {
  console_.say(why.detail);
  const bool refused = why.code == std::errc::invalid_argument;
  ending_.because(refused ? 2 : 1);
  if (!refused) return;
  ending_.stop_starting();
  pool_.cancel();
}

template <class Reader>
void whole_run::submit_all(Reader& reader) {
  const std::stop_token stop = ending_.reading();
  while (!stop.stop_requested()) {
    item_batch batch;
    const auto got = reader.next(batch);
    if (!got) cannot_read(got.error());
    if (!got || *got != reading::got) return;
    read_anything_ = true;
    const submit_options how = describe(batch, stop);
    tally_.submitted(how.lane);
    const std::uint64_t seq = last_seq_ = batch.seq;
    const auto accepted = pool_.submit(std::move(batch), how);
    if (!accepted) refused(seq, how, accepted.error());
  }
}

void whole_run::signalled(int number) {
  if (number == SIGUSR1) return console_.write(as_text(current(), run_name, console_.color()));
  ending_.interrupted(number);
  if (draining_) return cancel();
  draining_ = true;  // first of all: who asks whether it is ready learns it before anything is refused
  end_pause();
  drain_deadline_ = from_now(options_.drain_timeout);
  ending_.stop_reading();  // first: speaking may take a moment
  const pool_stats s = pool_.stats();
  const std::uint64_t left = s.queued + s.spilled + s.running;
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
      const std::lock_guard lock(changing_);
      workers_ = {workers->least > 0 ? workers->least : workers->count, workers->count};
      limit_followed_ = 0;
      follow_limit();
    }
    next = std::min(next, after(now, workers_file::every));
  }
  if (options_.limit && options_.limit->adaptive && !options_.shadow) {
    const std::lock_guard lock(changing_);
    follow_limit();
    next = std::min(next, after(now, between_looks));
  }
  if (view_.wants_progress(now)) view_.show(current_progress());
  if (view_.wants_statistics(now)) console_.write(as_text(current(), run_name, console_.color()));
  if (alerts_.is_due(now)) look_for_alerts(now);
  return std::min({next, view_.next(), alerts_.next()});
}

void whole_run::look_for_alerts(time_point now) {
  const live_figures f = live();
  pool_snapshot shot = f.pool;
  shot.stats = f.so_far.jobs;
  const auto& breaker = f.so_far.control.breaker;
  alerts_.look(shot, breaker ? std::optional(breaker->state) : std::nullopt, now);
}

// The pool has as many workers as were asked for, and no more than the limit. changing_ is held.
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
          .queue_capacity = queue_of(options_),
          .elapsed = clock::now() - began_,
          .share_read = source_->share_read()};
}

control_report whole_run::current_control(const pool_stats& jobs) const {
  control_report control = runner_.control();
  if (scales(options_))
    control.workers = {
        .now = jobs.workers, .least = workers_of(options_).least, .most = tally_.peak_workers()};
  control.lanes = tally_.lanes();
  return control;
}

report whole_run::current() const {
  report r{.jobs = tally_.applied(pool_.stats()),
           .failed_by_timeout = tally_.timed_out(),
           .elapsed = clock::now() - began_,
           .queue_capacity = queue_of(options_),
           .queue_wait = pool_.queue_wait(),
           .run_time = runner_.run_time()};
  r.spill = pool_.snapshot().spill;
  const std::uint64_t lost = memory_.stored().lost();
  for (std::uint64_t* count : {&r.jobs.submitted, &r.jobs.resumed, &r.jobs.failed}) *count += lost;
  if (memory_.before() != nullptr) r.passed_over = tally_.passed_over();
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
  alerts_.finish(clock::now());
  report r = current();
  say_what_runs_again(r);
  return r;
}

}  // namespace weir::jobs
