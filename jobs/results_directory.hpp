// DIR/SEQ/{item,stdout,stderr,exit}: the results of one job as files.
//
// Invariant: a file has its final name only when it is whole; until then it ends in ".part", and stays so
// when the disk is full, when weir is killed, and when the run's end stopped the job. `exit` comes last, so a
// directory with an `exit` is complete: its job has ended. For one thread at a time.
#pragma once

#include <jobs/process.hpp>
#include <weir/base/error.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace weir::jobs {

class results_directory {
 public:
  /// `root` is made when the first job begins.
  explicit results_directory(std::filesystem::path root);
  results_directory(const results_directory&) = delete;
  results_directory& operator=(const results_directory&) = delete;
  ~results_directory();

  /// Makes DIR/SEQ, removes what an earlier run or attempt left there, writes `item`. Fails with
  /// "PATH: reason", as the two others do.
  io_result<> begin(std::uint64_t seq, std::string_view item);
  io_result<> write(stream, std::string_view bytes);
  /// Gives the files their names and writes `exit`: a number, or "signal N"; -1 of a job that its timeout
  /// stopped and that then ended with 0. Of a job that the run's end stopped nothing gets its name. Fails
  /// again with what a write has failed with.
  io_result<> finish(const process_result&);

  /// DIR/SEQ of the job that began last.
  const std::filesystem::path& path() const noexcept { return directory_; }

 private:
  void close() noexcept;
  io_result<> write_whole(std::string_view name, std::string_view bytes) const;
  io_result<> give_name(std::string_view name) const;

  std::filesystem::path root_;
  std::filesystem::path directory_;
  std::array<int, 2> files_{-1, -1};
  std::optional<error> failed_{};  // a write of this job
};

}  // namespace weir::jobs
