// One job from the queue to its end: the gates, the attempts, the output.
//
// Thread-safe: each worker of the pool calls run for one job at a time.
#pragma once

#include <jobs/command_template.hpp>
#include <jobs/console.hpp>
#include <jobs/control_report.hpp>
#include <jobs/ending.hpp>
#include <jobs/gates.hpp>
#include <jobs/item.hpp>
#include <jobs/journal.hpp>
#include <jobs/limit_watch.hpp>
#include <jobs/output.hpp>
#include <jobs/process.hpp>
#include <jobs/retry_allowance.hpp>
#include <jobs/run_options.hpp>
#include <jobs/slots.hpp>
#include <weir/base/error.hpp>
#include <weir/control/backoff.hpp>
#include <weir/control/splitmix64.hpp>
#include <weir/observe/histogram.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::jobs {

enum class job_end {
  succeeded,
  failed,
  stopped,       ///< failed: the run's end stopped it
  timed_out,     ///< failed: --timeout ended its last attempt
  not_started,   ///< the run ended before it could
  expired,       ///< its deadline passed before it could
  cannot_start,  ///< failed: no such command, or it cannot be run; it has become the end's cause
  not_written,   ///< failed: its output or its record could not be kept; it has become the end's cause
};

class job_runner {
 public:
  /// All of these must outlive it; `log` may be null.
  job_runner(const run_options&, const command_template&, launcher&, printer&, ending&, console&,
             journal* log);

  /// Runs the job to its end, its output printed or kept, then its record. What cannot start says why on the
  /// console.
  job_end run(const item_batch& batch);

  /// Of jobs that ran: from the start of the first attempt to the end of the last, without the waiting at
  /// gates.
  histogram_snapshot run_time() const { return run_time_.snapshot(); }

  /// What held jobs back so far, and how often they were tried again.
  control_report control() const;

  /// Attempts that may be under way; what an adaptive limit has come to.
  std::int64_t limit() const noexcept { return limit_.limit(); }

  /// Attempts under way.
  std::uint64_t in_flight() const noexcept { return static_cast<std::uint64_t>(limit_.seen().in_flight); }

  /// No attempt starts until resume(); those under way go on.
  void pause() { gate_.pause(); }
  void resume() { gate_.resume(); }

 private:
  using passage = start_gate::passage;

  job_end attempt_all(const item_batch& batch, slot& place, std::string_view item, passage through);
  process_result attempt(const process_request&, slot& place, const passage& through);
  bool goes_again(const process_result&, control::backoff& pauses, control::splitmix64& random,
                  passage& through);
  void say_breaker(control::breaker_state);
  process_result start(const process_request&, slot& place);
  job_end judge(const process_result&, const item_batch& batch, slot& place);
  job_end keep(job_end, const process_result&, const item_batch& batch, expanded_command&);
  job_end never_possible(const item_batch& batch);
  void name_failed(const process_result&, const item_batch& batch);
  job_end cannot_start(int exit_code, std::string_view why);
  job_end cannot_write(std::string_view why);
  slots::lease free_slot();
  bool wait_for_resources(std::string_view what, duration& wait);

  const run_options& options_;
  const command_template& command_;
  printer& printer_;
  ending& ending_;
  console& console_;
  journal* const log_;
  start_gate gate_;
  limit_watch limit_;
  retry_allowance retries_;
  const std::uint64_t seed_;                 // of the jitter between attempts
  std::atomic<std::uint64_t> late_ = 0;      // in shadow: started after the deadline. relaxed: a number
  std::atomic<unsigned> breaker_lines_ = 0;  // relaxed: a number, nothing hangs on it
  slots slots_;
  histogram run_time_;
  std::atomic<unsigned> named_ = 0;  // failed jobs; relaxed: a number, nothing hangs on it
  std::atomic<bool> said_out_of_resources_ =
      false;  // relaxed: only one thread may say it, nothing hangs on it
};

}  // namespace weir::jobs
