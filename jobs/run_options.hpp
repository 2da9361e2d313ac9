// What `weir run` can be told, and how its values are read.
//
// A value that is refused names itself and a right one. Thread-safety: value types and pure functions.
#pragma once

#include <adapters/http/address.hpp>
#include <jobs/control_options.hpp>
#include <jobs/item_field.hpp>
#include <jobs/lane_rule.hpp>
#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/base/units.hpp>
#include <weir/control/backoff.hpp>
#include <weir/control/circuit_breaker.hpp>
#include <weir/control/retry_budget.hpp>
#include <weir/pool/overflow.hpp>
#include <weir/spill/options.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::jobs {

/// When to colour or to draw.
enum class when {
  automatic,  ///< on a terminal, unless NO_COLOR is set or TERM is dumb
  always,
  never,
};

enum class report_format { text, json, csv };

inline constexpr std::size_t most_workers = 100'000;

/// How many workers: a number, a range, or the file that holds it and is read again when it changes.
struct worker_choice {
  std::size_t count = 0;  ///< the most; 0: not said
  std::string file{};     ///< empty: the number stays
  std::size_t least = 0;  ///< of a range, which scales with the load; 0: always `count`
  friend bool operator==(const worker_choice&, const worker_choice&) = default;
};

/// What failures end the run before its input does.
struct halt_rule {
  enum class kind {
    never,
    soon,  ///< running jobs finish, queued ones are cancelled
    now,   ///< running jobs are stopped too
  };
  kind what = kind::never;
  std::uint64_t failures = 1;  ///< at least 1
  friend bool operator==(const halt_rule&, const halt_rule&) = default;
};

/// Everything a run is told beside its command and items. The defaults are the program's.
struct run_options {
  // how much at once, and what may wait
  worker_choice workers{};
  std::optional<std::size_t> queue{};                   ///< jobs; none: 4 x workers
  std::uint64_t queue_bytes = std::uint64_t{64} << 20;  ///< bytes of items that wait
  overflow on_full = overflow::block();

  std::optional<limit_choice> limit{};  ///< attempts under way

  // who goes first
  lane_rule lanes{};
  std::optional<item_field> fair_by{};  ///< lanes are shared evenly between its values

  // items
  std::string arg_file{};  ///< empty: standard input
  char delimiter = '\n';
  std::size_t items_per_job = 1;  ///< at least 1
  std::string colsep{};           ///< empty: an item is one column

  // when a job starts, and how long it may take
  std::optional<weir::rate> rate{};                             ///< of starts, attempts included
  duration delay{};                                             ///< least time between two starts
  std::optional<double> load{};                                 ///< no start while the load average is above
  std::uint64_t memfree = 0;                                    ///< bytes; no start while less is available
  std::optional<duration> timeout{};                            ///< an attempt; above 0
  duration kill_after = std::chrono::seconds(5);                ///< from SIGTERM to SIGKILL
  std::optional<duration> deadline{};                           ///< from arrival to the first start; above 0
  std::uint64_t attempts = 1;                                   ///< at least 1
  std::optional<control::backoff_options> backoff{};            ///< between the attempts of a job
  std::optional<control::retry_budget_options> retry_budget{};  ///< of the attempts beyond the first ones
  halt_rule halt{};
  duration drain_timeout = std::chrono::seconds(30);  ///< of a drain that a signal began

  std::optional<control::circuit_breaker_options> breaker{};  ///< while it is open, jobs wait
  bool shadow =
      false;  ///< of rate, limit, breaker, retry budget, deadline: count what they would do, do nothing

  // output
  bool keep_order = false;
  bool tag = false;
  bool line_buffer = false;
  std::string results{};  ///< folder; empty: print
  bool dry_run = false;

  // what goes to disk when the queue is full; on_full is then spill
  std::string spill_dir{};
  std::optional<std::uint64_t> spill_max{};      ///< bytes of the store; none: spill_options' own
  std::optional<weir::durability> durability{};  ///< none: batch

  // what has been done before
  std::string joblog{};        ///< file; empty: none
  bool resume = false;         ///< pass over what has ended
  bool resume_failed = false;  ///< pass over what has succeeded; with both this one counts

  // what people see
  when progress = when::automatic;
  when color = when::automatic;
  report_format format = report_format::text;
  std::string report_file{};              ///< empty: standard error
  std::optional<duration> stats_every{};  ///< above 0

  // who watches it from elsewhere
  std::optional<http::address> metrics{};  ///< where it answers; none: nowhere
  std::string admin_token_file{};          ///< what lets one change it; empty: nobody can
};

/// Threads of a pool.
struct worker_span {
  std::size_t least = 1;
  std::size_t most = 1;
};

/// What the workers and the limit come to: the smaller wins; without a number of workers the limit decides,
/// and an adaptive one may go up to eight a core.
worker_span workers_of(const run_options&);

/// How many jobs may wait: as told, or four for each worker.
std::size_t queue_of(const run_options&);

/// The spill store, when on_full is spill.
std::optional<spill_options> spilling_of(const run_options&);

/// Whether jobs may start in another order than the items came: what the store holds comes first.
bool reorders(const run_options&);

/// Names options that make no sense together, or nothing.
io_result<> check_control(const run_options&);

/// "block", "timeout:50ms", "reject", "drop_newest", "drop_oldest", "spill". What a run has no use for is
/// refused with a message of its own.
io_result<overflow> parse_on_full(std::string_view text);

/// "2.5" as it stands, or "80%" of the processors.
io_result<double> parse_load(std::string_view text);

/// A whole number from `least` on; the error shows `example`.
io_result<std::uint64_t> parse_count(std::string_view text, std::uint64_t least, std::string_view example);

/// "8", "2..8", "auto", or the path of a file that holds one of these.
io_result<worker_choice> parse_workers(std::string_view text);

/// What a workers file holds.
io_result<worker_choice> read_workers_file(const std::string& path);

/// One byte, as itself or written \n \t \r \0 \\ \xHH.
io_result<char> parse_delimiter(std::string_view text);

/// The byte as parse_delimiter reads it back, in printing characters.
std::string delimiter_text(char);

/// One byte or more, with the same spellings: what separates columns, literally (no pattern).
io_result<std::string> parse_colsep(std::string_view text);

/// "never", "soon,fail=3", "now,fail=1".
io_result<halt_rule> parse_halt(std::string_view text);

/// "auto", "always", "never".
io_result<when> parse_when(std::string_view text);

/// "text", "json" (also "jsonl": the object is one line), "csv".
io_result<report_format> parse_format(std::string_view text);

}  // namespace weir::jobs
