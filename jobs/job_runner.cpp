#include <jobs/job_runner.hpp>

#include <jobs/source.hpp>
#include <weir/base/hardware.hpp>
#include <weir/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <random>
#include <system_error>

namespace weir::jobs {

namespace {

// So many failed jobs are named; who has more of them needs a list, not more lines.
constexpr unsigned most_named = 20;

constexpr duration first_wait = std::chrono::milliseconds(10);

// Sleeps, or until a stop is requested.
void pause_for(duration time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

job_runner::job_runner(const run_options& o, const command_template& c, launcher& l, printer& p, ending& e,
                       console& k, journal* log)
    : options_(o),
      command_(c),
      printer_(p),
      ending_(e),
      console_(k),
      log_(log),
      gate_({.delay = o.delay,
             .load = o.load,
             .memfree = o.memfree,
             .rate = o.rate,
             .breaker = o.breaker,
             .shadow = o.shadow,
             .on_breaker = [this](control::breaker_state s) { say_breaker(s); }}),
      limit_(o.limit.value_or(limit_choice{}), static_cast<std::int64_t>(workers_of(o).most),
             static_cast<std::int64_t>(hardware())),
      retries_(o.retry_budget, o.shadow),
      seed_(std::random_device{}()),
      slots_(l, p) {}

job_end job_runner::run(const item_batch& batch) {
  if (batch.fault != item_fault::none) return never_possible(batch);
  // Where jobs overtake each other, the one that the others' output waits for may still be in the queue:
  // waiting here for it could be for ever, and its lane's turn comes after a bounded number of them.
  const bool room = reorders(options_) || printer_.wait_for_room(batch.seq, ending_.starting());
  const passage through = room ? gate_.pass(ending_.starting(), batch.deadline) : passage{};
  if (!through) {
    printer_.skip(batch.seq);
    return through.answer == gate_answer::expired ? job_end::expired : job_end::not_started;
  }
  const slots::lease place = free_slot();
  if (!place) {
    gate_.ended(through, attempt_end::not_made, {});
    printer_.skip(batch.seq);
    return job_end::not_started;
  }
  if (options_.shadow && options_.deadline && clock::now() > after(batch.arrived, *options_.deadline))
    late_.fetch_add(1, std::memory_order_relaxed);
  return attempt_all(batch, *place, batch.joined(), through);
}

// The system is out of processes, descriptors or memory. Says so once; waits, at most `wait`; false: the run
// ends.
bool job_runner::wait_for_resources(std::string_view what, duration& wait) {
  if (!said_out_of_resources_.exchange(true, std::memory_order_relaxed))
    console_.say(fmt::format("{}; waiting for room, then going on", what));
  pause_for(wait, ending_.starting());
  wait = std::min<duration>(2 * wait, std::chrono::seconds(1));
  return !ending_.starting().stop_requested();
}

// None: the run ended while there was no descriptor for another slot.
slots::lease job_runner::free_slot() {
  duration wait = first_wait;
  for (;;) {
    try {
      return slots_.acquire();
    } catch (const std::system_error& e) {
      if (!wait_for_resources(e.what(), wait)) return slots::lease(nullptr, {&slots_});
    }
  }
}

job_end job_runner::attempt_all(const item_batch& batch, slot& place, std::string_view item,
                                passage through) {
  using kind = job_output::attempt;
  command_.expand(batch, place.number, place.command);
  const process_request request{.argv = place.command.argv(),
                                .item = item,
                                .seq = batch.seq,
                                .timeout = options_.timeout.value_or(duration::max()),
                                .kill_after = options_.kill_after};
  control::backoff pauses(options_.backoff.value_or(control::backoff_options{}));
  control::splitmix64 random(seed_ + batch.seq);
  retries_.job();
  process_result result;
  duration ran{};
  for (std::uint64_t i = 1;; ++i) {
    const bool last = i == options_.attempts;
    const auto begun = place.output.begin(batch.seq, item, last ? kind::last : kind::may_be_repeated);
    if (!begun) {
      gate_.ended(through, attempt_end::not_made, {});
      printer_.skip(batch.seq);
      return cannot_write(begun.error().detail);
    }
    result = attempt(request, place, through);
    ran += result.run_time;
    if (last || !goes_again(result, pauses, random, through)) break;
  }
  if (result.started()) run_time_.record(ran);
  return keep(judge(result, batch, place), result, batch, place.command);
}

// An item that no command can be given: it fails, as one does that cannot be executed.
job_end job_runner::never_possible(const item_batch& batch) {
  console_.say(describe_fault(batch));
  printer_.skip(batch.seq);
  process_result result;
  result.failure = start_failure::too_long;
  result.exit_status = 126;
  result.start_time = std::chrono::system_clock::now();
  expanded_command command;
  if (log_ != nullptr) command_.expand(batch, 1, command);
  return keep(job_end::failed, result, batch, command);
}

// Writes the job's record. A job that the run's end stopped, or whose output is lost, has not ended: it has
// none, and runs again when the run is resumed.
job_end job_runner::keep(job_end end, const process_result& result, const item_batch& batch,
                         expanded_command& command) {
  const bool stopped = result.killed == kill_cause::stop;
  if (stopped && end == job_end::failed) return job_end::stopped;
  const bool ended = end == job_end::succeeded || end == job_end::failed || end == job_end::timed_out;
  if (log_ == nullptr || !ended || stopped) return end;
  const int exit_value = result.killed == kill_cause::timeout ? -1
                         : result.signal != 0                 ? 0
                                                              : result.exit_status;
  const std::string text = command.to_string();
  const auto kept = log_->append({.seq = batch.seq,
                                  .start = result.start_time,
                                  .run_time = result.run_time,
                                  .received = result.printed,
                                  .exit_value = exit_value,
                                  .signal = result.signal,
                                  .command = text});
  if (kept) return end;
  if (ending_.because(1)) console_.say(kept.error().detail);
  return job_end::not_written;
}

// One attempt, and what the breaker and the limit learn from it.
process_result job_runner::attempt(const process_request& request, slot& place, const passage& through) {
  const std::int64_t in_flight = limit_.begin();
  process_result result = start(request, place);
  const bool ours = result.killed == kill_cause::stop || result.killed == kill_cause::output;
  const attempt_end how = !result.started() || ours ? attempt_end::not_made
                          : result.succeeded()      ? attempt_end::succeeded
                                                    : attempt_end::failed;
  const bool is_sample = how == attempt_end::succeeded || result.killed == kill_cause::timeout;
  limit_.end(clock::now(), in_flight, is_sample, result.run_time);
  gate_.ended(through, how, result.run_time);
  return result;
}

// Whether the job is tried again: waits for it, and passes the gates.
bool job_runner::goes_again(const process_result& result, control::backoff& pauses,
                            control::splitmix64& random, passage& through) {
  const std::stop_token stop = ending_.starting();
  const bool may = result.started() && !result.succeeded() && result.killed != kill_cause::output;
  if (!may || stop.stop_requested() || !retries_.grants_another()) return false;
  if (options_.backoff) pause_for(pauses.next(random), stop);
  through = gate_.pass(stop);
  return bool(through);
}

void job_runner::say_breaker(control::breaker_state s) {
  constexpr unsigned most_lines = 20;
  if (breaker_lines_.fetch_add(1, std::memory_order_relaxed) >= most_lines) return;
  const std::string reset = to_string(options_.breaker->reset_timeout);
  switch (s) {
    case control::breaker_state::open:
      return console_.say(fmt::format("breaker open: too many attempts fail; jobs {} {}",
                                      options_.shadow ? "would wait" : "wait", reset));
    case control::breaker_state::half_open: return console_.say("breaker half open: one attempt tries");
    case control::breaker_state::closed: return console_.say("breaker closed: jobs go on");
  }
}

control_report job_runner::control() const {
  const start_gate::figures gate = gate_.seen();
  const retry_allowance::figures retries = retries_.seen();
  const limit_watch::figures limit = limit_.seen();
  control_report r{
      .retries = retries.granted, .retries_refused = retries.refused, .has_rate = bool(options_.rate)};
  if (options_.limit)
    r.limit = {.now = static_cast<std::uint64_t>(limit.now),
               .least = static_cast<std::uint64_t>(limit.least),
               .most = static_cast<std::uint64_t>(limit.most)};
  if (gate.breaker)
    r.breaker = {.state = *gate.breaker, .changes = gate.breaker_changes, .opened = gate.breaker_opened};
  if (options_.shadow) {
    r.shadow = {.rate = gate.rate_limited,
                .breaker = gate.held_by_breaker,
                .limit = options_.limit ? limit.over : 0,
                .retry_budget = retries.refused,
                .deadline = late_.load(std::memory_order_relaxed)};
    r.retries_refused = 0;
    return r;
  }
  r.rate_limited = gate.rate_limited;
  r.rate_limited_time = gate.rate_limited_time;
  if (r.breaker) {
    r.breaker->held = gate.held_by_breaker;
    r.breaker->held_time = gate.breaker_time;
  }
  return r;
}

// Starts it; while the system has no room for another process, waits and tries again.
process_result job_runner::start(const process_request& request, slot& place) {
  duration wait = first_wait;
  for (;;) {
    const process_result result = place.process.run(request, place.output, ending_.running());
    if (result.failure != start_failure::no_resources) return result;
    if (!wait_for_resources(describe(result, request.argv[0]), wait)) return result;
  }
}

// Several workers may find out at once; one says it.
job_end job_runner::cannot_start(int exit_code, std::string_view why) {
  if (ending_.because(exit_code)) console_.say(why);
  return job_end::cannot_start;
}

job_end job_runner::cannot_write(std::string_view why) {
  if (ending_.because(1)) console_.say(fmt::format("cannot write output: {}", why));
  return job_end::not_written;
}

void job_runner::name_failed(const process_result& result, const item_batch& batch) {
  if (named_.load(std::memory_order_relaxed) > most_named) return;
  const unsigned before = named_.fetch_add(1, std::memory_order_relaxed);
  if (before > most_named) return;
  if (before == most_named) {
    const std::string where = options_.results.empty() ? "--results DIR" : "'" + options_.results + "'";
    return console_.say(fmt::format("more failed; {} keeps what each did", where));
  }
  const std::string how =
      result.signal == 0 ? fmt::format("exit {}", result.exit_status)
                         : fmt::format("ended by signal {} ({})", result.signal, ::strsignal(result.signal));
  console_.say(fmt::format("job {} ({}) failed: {}", batch.seq, printable(batch.joined()), how));
}

job_end job_runner::judge(const process_result& result, const item_batch& batch, slot& place) {
  if (!result.started()) {
    printer_.skip(batch.seq);
    const std::string why = describe(result, place.command.argv()[0]);
    switch (result.failure) {
      case start_failure::not_found: return cannot_start(127, why);
      case start_failure::not_executable: return cannot_start(126, why);
      case start_failure::too_long:
        return console_.say(fmt::format("item {}: {}", batch.first, why)), job_end::failed;
      default: return job_end::not_started;
    }
  }
  const auto finished = place.output.finish(result);
  if (result.killed == kill_cause::output) return cannot_write(result.output_error);
  if (!finished) return cannot_write(finished.error().detail);
  if (result.killed == kill_cause::timeout) return job_end::timed_out;
  if (result.succeeded()) return job_end::succeeded;
  if (result.killed == kill_cause::none) name_failed(result, batch);  // of a killed one the printer tells
  return job_end::failed;
}

}  // namespace weir::jobs
