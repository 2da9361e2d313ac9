// One run from its first item to its report: the reader, the pool, and who listens to signals.
//
// Three kinds of threads: the calling one reads items and submits them; the pool's workers each run one job
// at a time; the listener takes signals and does what is due (drain deadline, limit, workers file, progress).
// Invariant: a number that another thread reads stands in `tally_` or is atomic elsewhere; what is not, is
// marked with its thread. A fourth thread, administration's, looks and changes through surface().
#pragma once

#include <jobs/admin_paths.hpp>
#include <jobs/alert_log.hpp>
#include <jobs/console.hpp>
#include <jobs/ending.hpp>
#include <jobs/halt.hpp>
#include <jobs/item_codec.hpp>
#include <jobs/job_runner.hpp>
#include <jobs/live_figures.hpp>
#include <jobs/live_view.hpp>
#include <jobs/progress.hpp>
#include <jobs/report.hpp>
#include <jobs/run.hpp>
#include <jobs/run_memory.hpp>
#include <jobs/run_tally.hpp>
#include <jobs/source.hpp>
#include <jobs/watchdog.hpp>
#include <jobs/workers_file.hpp>
#include <weir/pool/worker_pool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace weir::jobs {

/// Who speaks on standard error.
inline constexpr std::string_view run_name = "weir run";

class whole_run {
 public:
  /// All of these must outlive it. Throws std::system_error when the system has no descriptor left.
  whole_run(run_request& request, run_memory& memory, watchdog& dog, std::unique_ptr<source> from,
            ending& end, console& out)
      : options_(request.options),
        command_(request.command),
        memory_(memory),
        source_(std::move(from)),
        ending_(end),
        console_(out),
        halt_(options_.halt),
        printer_(printing()),
        launcher_(made(launcher::make(&dog))),
        runner_(options_, command_, *launcher_, printer_, ending_, console_, memory.log()),
        workers_file_(options_.workers.file),
        view_(options_, console_),
        workers_(workers_of(options_)),
        tally_(options_.lanes ? options_.lanes.lanes() : 0),
        alerts_([this](const std::string& line) { console_.say(line); },
                options_.metrics ? alert_reader::operator_watching : alert_reader::nobody,
                options_.on_full == overflow::block()),
        pool_(made_pool(memory.take_store())) {}

  /// Reads, runs, waits; the report.
  report run();

  /// For administration's thread, while this lives.
  admin_surface surface();

  bool read_anything() const noexcept { return read_anything_; }

 private:
  using pool = worker_pool<item_batch>;

  static std::unique_ptr<launcher> made(io_result<std::unique_ptr<launcher>> l) {
    if (!l) throw std::system_error(l.error().code, l.error().detail);
    return std::move(*l);
  }

  pool made_pool(std::optional<spill_store> store);
  output_options printing();
  pool_options pooling() const;
  void process(item_batch& batch);
  job_end run_job(const item_batch& batch);
  void job_has_failed();
  void read_items();
  template <class Reader>
  void submit_all(Reader& reader);
  void cannot_read(const error& why);
  void pass_over(std::uint64_t seq);
  void skip_what_is_not_stored(std::uint64_t from);
  void say_store_refuses(errc why);
  void say_what_runs_again(const report& at_the_end);
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
  void look_for_alerts(time_point now);

  // What administration does: run_admin.cpp.
  live_figures live() const;
  std::string metrics() const;
  io_result<> pause();
  io_result<> resume();
  bool end_pause();
  io_result<worker_span> set_workers(const worker_change&);

  const run_options& options_;
  const command_template& command_;
  const run_memory& memory_;
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

  mutable std::mutex changing_;  // guards the next three; the listener and administration change them
  worker_span workers_;          // what was asked for last
  std::int64_t limit_followed_ = 0;
  bool paused_ = false;
  run_tally tally_;
  bool read_anything_ = false;          // the reader's
  bool said_too_large_ = false;         // the reader's
  bool said_store_refuses_ = false;     // the reader's
  std::uint64_t last_seq_ = 0;          // the reader's: of what it has read or passed over
  std::atomic<bool> draining_ = false;  // the listener sets it; relaxed: who reads it acts on nothing else
  time_point drain_deadline_ = never;   // the listener's
  alert_log alerts_;
  pool pool_;  // last: its workers use all the above
};

}  // namespace weir::jobs
