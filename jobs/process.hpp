// Starting one job, feeding on its output, ending it.
//
// A job is started by clone with CLONE_VM and CLONE_VFORK: no page table is copied, so a start costs the same
// however large weir is; the calling thread sleeps until the child has called exec or ended. The child runs
// on a stack of its own in weir's memory, with every signal blocked, and makes only system calls until exec.
// Invariants: a leader is reaped only after the watchdog forgot it, and a group is signalled only while its
// leader is not reaped, so a signal never reaches a process that got a number again. A job has ended when its
// leader has ended (as for xargs): what it left in the background lives on. What such a process still writes
// within `linger` is kept, then weir goes on.
#pragma once

#include <jobs/launcher.hpp>
#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

namespace weir::jobs {

/// One of a job's two outputs.
enum class stream : std::uint8_t { out, err };

/// Takes what a job prints, in the order it is read. Called by the thread that runs the job.
class output_sink {
 public:
  virtual ~output_sink() = default;

  /// Fails when the bytes cannot be kept (disk full): the job is then ended and fails with this error.
  virtual io_result<> write(stream, std::string_view bytes) = 0;

  /// Offers what is in the pipe, of a job that prints much: a sink that passes it on as it is may move it
  /// without copying. How many bytes it took; 0: none, they come by write. Fails as write does.
  virtual io_result<std::size_t> take(stream, [[maybe_unused]] int pipe) { return std::size_t{0}; }
};

/// Why a job did not start.
enum class start_failure : std::uint8_t {
  none,
  not_found,       ///< no such command: exit 127
  not_executable,  ///< there, but cannot be run: exit 126
  too_long,        ///< arguments longer than the system allows: this item fails, others may run
  no_resources,    ///< out of processes, memory or descriptors: wait and try again
  stopped,         ///< a stop was requested before it started
};

/// Why weir ended a job that was running.
enum class kill_cause : std::uint8_t { none, timeout, stop, output };

struct process_request {
  std::span<const char* const>
      argv;               ///< the command, its arguments, and a last nullptr; argv[0] is looked up in PATH
  std::string_view item;  ///< WEIR_ITEM; must not hold a NUL
  std::uint64_t seq = 1;  ///< WEIR_SEQ
  duration timeout = duration::max();             ///< from its start to SIGTERM; max: none
  duration kill_after = std::chrono::seconds(5);  ///< from SIGTERM to SIGKILL
};

struct process_result {
  start_failure failure = start_failure::none;
  int error = 0;                         ///< errno of a job that did not start
  int exit_status = 0;                   ///< 0 to 255; 127: not found; 126: not started for another reason
  int signal = 0;                        ///< when a signal ended it: its number, and exit_status is 128 + it
  kill_cause killed = kill_cause::none;  ///< weir sent it SIGTERM, and why
  std::string output_error;              ///< killed == output: what the sink said
  std::uint64_t printed = 0;             ///< bytes of its standard output
  std::chrono::system_clock::time_point start_time{};  ///< wall clock, for the log
  duration run_time{};                                 ///< from before its start until its leader ended

  bool started() const noexcept { return failure == start_failure::none; }
  /// Started, exited with 0, and was not killed by weir.
  bool succeeded() const noexcept { return started() && exit_status == 0 && killed == kill_cause::none; }
};

/// A sentence for people about a job that did not start: "nosuch: command not found", "foo: Permission
/// denied".
std::string describe(const process_result&, std::string_view command);

/// What one worker runs its jobs with, one after the other; its stack and buffers are used again. Not
/// thread-safe.
class process_slot {
 public:
  /// `number` is the job's WEIR_SLOT, from 1. `shared` must outlive this.
  process_slot(launcher& shared, unsigned number);
  process_slot(const process_slot&) = delete;
  process_slot& operator=(const process_slot&) = delete;
  ~process_slot();

  /// Runs one job to its end: standard input /dev/null, output into `sink`, a process group of its own. At
  /// `timeout`, at a stop request and when the sink fails the group gets SIGTERM (and SIGCONT, for a stopped
  /// one), `kill_after` later SIGKILL; then it returns when nothing of the group is left. Never throws on
  /// what the system refuses: see `failure`.
  process_result run(const process_request&, output_sink& sink, std::stop_token stop = {});

  /// How long a job whose leader has ended may still write through a process in the background.
  static constexpr duration linger = std::chrono::milliseconds(100);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir::jobs
