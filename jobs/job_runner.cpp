#include <jobs/job_runner.hpp>

#include <jobs/source.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
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
                       console& k)
    : options_(o),
      command_(c),
      printer_(p),
      ending_(e),
      console_(k),
      gate_({.delay = o.delay, .load = o.load, .memfree = o.memfree}),
      slots_(l, p) {}

job_end job_runner::run(const item_batch& batch) {
  if (batch.fault != item_fault::none) {
    console_.say(describe_fault(batch));
    printer_.skip(batch.seq);
    return job_end::failed;
  }
  const bool may_start =
      printer_.wait_for_room(batch.seq, ending_.starting()) && gate_.pass(ending_.starting());
  if (!may_start) {
    printer_.skip(batch.seq);
    return job_end::not_started;
  }
  const slots::lease place = free_slot();
  if (!place) {
    printer_.skip(batch.seq);
    return job_end::not_started;
  }
  return attempt_all(batch, *place, batch.joined());
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

job_end job_runner::attempt_all(const item_batch& batch, slot& place, std::string_view item) {
  using attempt = job_output::attempt;
  command_.expand(batch, place.number, place.command);
  const process_request request{.argv = place.command.argv(),
                                .item = item,
                                .seq = batch.seq,
                                .timeout = options_.timeout.value_or(duration::max()),
                                .kill_after = options_.kill_after};
  process_result result;
  duration ran{};
  for (std::uint64_t i = 1;; ++i) {
    if (i > 1 && !gate_.pass(ending_.starting())) break;  // the first one's was passed before it got its slot
    const bool last = i == options_.attempts;
    const auto begun = place.output.begin(batch.seq, item, last ? attempt::last : attempt::may_be_repeated);
    if (!begun) {
      printer_.skip(batch.seq);
      return cannot_write(begun.error().detail);
    }
    result = start(request, place);
    ran += result.run_time;
    const bool again = result.started() && !result.succeeded() && result.killed != kill_cause::output;
    if (last || !again) break;
  }
  if (result.started()) run_time_.record(ran);
  return judge(result, batch, place);
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
