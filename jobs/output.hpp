// Where the output of jobs goes: printed whole, by lines, in order, tagged, or into files.
//
// A `printer` is the run's; a `job_output` is a worker's, used for one job after the other. Bytes go out
// under the *turn*: whoever holds it is the only one that writes. A job that ends while another holds the
// turn leaves its output in the printer and goes on; the holder prints all that waits before it gives the
// turn back, so nothing is left. Invariants: the mutex is never held while writing; output that waits is
// bounded (in memory, then in files, and beyond that wait_for_room holds workers back); the bytes of two jobs
// are never mixed (whole), no line is (lines).
#pragma once

#include <jobs/process.hpp>
#include <weir/base/error.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace weir::jobs {

enum class print_mode : std::uint8_t {
  whole,    ///< one job at a time, when it has ended
  lines,    ///< whole lines as they come
  results,  ///< into DIR/SEQ/{item,stdout,stderr,exit}; nothing is printed
};

/// What stopped the printing. The first failure is final: later output is thrown away.
struct output_failure {
  bool closed = false;  ///< the reader is gone (EPIPE): end quietly, 141
  std::error_code code;
  std::string message;  ///< "cannot write output: No space left on device"
};

struct output_options {
  print_mode mode = print_mode::whole;
  bool keep_order = false;          ///< by sequence number, from 1; not with results
  bool tag = false;                 ///< before each line its item and a tab
  std::filesystem::path directory;  ///< of results; made when missing
  int out = 1;                      ///< the descriptors printed to; not closed
  int err = 2;
  int given_up = -1;  ///< readable once a reader that does not read is waited for no more (-1: never)
  std::function<void()>
      before_print;  ///< called with the turn held, before bytes go out (a progress line is cleared)
  std::function<void(bool)>
      after_print;  ///< called with the turn held, after them; true: a terminal now stands inside a line
  std::function<void(const output_failure&)> on_failure;  ///< called once, by the thread that met it
};

class printer;

/// One worker's output: an output_sink for one job at a time. Not thread-safe.
class job_output final : public output_sink {
 public:
  explicit job_output(printer&);
  job_output(const job_output&) = delete;
  job_output& operator=(const job_output&) = delete;
  ~job_output() override;

  /// What may still follow this attempt. Only of a last one may bytes be printed while it runs.
  enum class attempt : std::uint8_t { last, may_be_repeated };

  /// A job (or its next attempt, which throws away what the one before printed) begins. `item` is its tag,
  /// its name in messages and the content of DIR/SEQ/item; copied. Fails when the results directory cannot be
  /// written.
  io_result<> begin(std::uint64_t seq, std::string_view item, attempt = attempt::last);

  io_result<> write(stream, std::string_view bytes) override;
  io_result<std::size_t> take(stream, int pipe) override;

  /// The job has ended for good: prints its output, or leaves it to whoever holds the turn. Of a job that
  /// weir killed a line on standard error says that its output is partial. Fails when its files cannot be
  /// written (the job fails).
  io_result<> finish(const process_result&);

 private:
  friend class printer;
  struct state;
  std::unique_ptr<state> state_;
};

/// All output of one run. Thread-safe. Ignores SIGPIPE and SIGXFSZ for the process when made (make it before
/// the launcher).
class printer {
 public:
  explicit printer(output_options);
  printer(const printer&) = delete;
  printer& operator=(const printer&) = delete;
  ~printer();

  /// Call it before job `seq` starts: waits while too much finished output waits to be printed, unless it is
  /// this job that the others wait for. False: a stop was requested, do not start it. So that the waiting
  /// ends, jobs must start in the order of `seq`, and a repeated attempt must keep its worker.
  bool wait_for_room(std::uint64_t seq, std::stop_token stop = {});

  /// Keep-order: job `seq` will never print (lost, or could not start). Every number from 1 on must be
  /// finished or skipped once. Without keep-order it does nothing.
  void skip(std::uint64_t seq);

  /// After the last job: prints what still waits for numbers that never came.
  void finish();

  /// What went wrong, if anything did.
  std::optional<output_failure> failure() const;

 private:
  friend class job_output;
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace weir::jobs
