// The file of --joblog: a line for each job that has ended, so that the next run knows.
//
// Invariants: a line that append has returned from survives kill -9; the file holds whole lines only, whoever
// died while writing: what was torn is cut off when it is opened again, and behind a failed write; a file
// that is no journal is never written to, unless it is begun afresh. One run at a time has it
// (file_lock.hpp).
#pragma once

#include <jobs/group_writer.hpp>
#include <jobs/journal_index.hpp>
#include <jobs/journal_record.hpp>
#include <weir/base/error.hpp>

#include <functional>
#include <memory>
#include <string>

namespace weir::jobs {

class journal {
 public:
  enum class start {
    afresh,  ///< what the file held is gone, as with GNU parallel
    go_on,   ///< what it holds is read, and added to; it need not be there yet
  };

  /// Opens the file and locks it for this process and its watchdog. `say` is told of what was repaired, what
  /// is damaged, and who is waited for. What is no regular file (a pipe, /dev/stdout) is written to, not
  /// locked, and cannot go on. Fails with a detail for people; the code of a failed write where there is no
  /// room for the header.
  static io_result<std::unique_ptr<journal>> open(const std::string& path, start,
                                                  const std::function<void(std::string)>& say);

  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;
  ~journal();

  /// Returns when the system has the line. After a failure ("cannot write '...': ...") every call fails.
  /// Thread-safe: lines that come while one is written go out together.
  io_result<> append(const journal_record&);

  /// What it held when it was opened. Moved out: it is asked for once.
  journal_index take_found() noexcept { return std::move(found_); }

  /// Of the open file: the watchdog keeps it, and it can be read.
  int descriptor() const noexcept { return descriptor_; }
  /// The path in quotes, for messages.
  const std::string& name() const noexcept { return name_; }

 private:
  journal(int descriptor, std::string name);
  io_result<> begin_afresh();
  io_result<> go_on(const std::function<void(std::string)>& say);
  io_result<> write_header();
  error cannot_write(std::error_code) const;

  const int descriptor_;
  const std::string name_;
  group_writer writer_;
  journal_index found_{};
};

}  // namespace weir::jobs
