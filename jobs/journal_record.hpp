// A line of the journal: the columns of GNU parallel's --joblog, so that what reads those reads ours.
//
//   Seq Host Starttime JobRuntime Send Receive Exitval Signal Command
//
// separated by tabs. Times are seconds with three decimals, the start since 1970. Host is ":" (here), Send 0
// (jobs get no input), Receive the bytes of standard output. Exitval is -1 of a job that its timeout ended.
// Command comes last and may hold tabs; a newline in it is written as NUL. Thread-safety: values and pure
// functions.
#pragma once

#include <weir/base/time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::jobs {

/// The first line of a journal, without its newline.
inline constexpr std::string_view journal_header =
    "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand";

/// What is kept of a job that has ended.
struct journal_record {
  std::uint64_t seq = 0;  ///< from 1
  std::chrono::system_clock::time_point start{};
  duration run_time{};
  std::uint64_t received = 0;  ///< bytes
  int exit_value = 0;          ///< 0 when a signal ended it, as parallel has it
  int signal = 0;
  std::string_view command{};
};

/// What is read of a line again.
struct journal_line {
  std::uint64_t seq = 0;  ///< from 1
  bool succeeded = false;
  std::string_view command{};  ///< as it stands there, a newline as NUL
};

/// Appends the line, with its newline.
void append_line(std::string& to, const journal_record&);

/// Reads a line without its newline; nothing when it is not nine columns, or a number in it is none.
std::optional<journal_line> parse_journal_line(std::string_view line);

/// `command` as it stands in a journal.
std::string in_journal(std::string_view command);

/// Whether a journal's command is this one, also when another program quoted its words in another way
/// ('it'"'"'s', it\'s).
bool same_command(std::string_view in_journal, std::string_view command);

}  // namespace weir::jobs
