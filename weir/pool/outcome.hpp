// What became of a job that ran.
#pragma once

#include <weir/base/time.hpp>
#include <weir/pool/options.hpp>

#include <cstddef>
#include <exception>
#include <expected>

namespace weir {

/// What a process function throws of a job that it did not begin, or did not bring to its end, because the
/// program ends: the job has failed, as with any other exception; but one that came from the spill store is
/// not acknowledged, and stays there for the next pool on it.
class unfinished_job final : public std::exception {
 public:
  const char* what() const noexcept override { return "the job was not finished"; }
};

/// Read from worker_pool::results().
template <class R>
struct outcome {
  /// The `worker` of a job that ran on its submitter's thread (overflow::caller_runs).
  static constexpr std::size_t no_worker = static_cast<std::size_t>(-1);

  job_id id{};
  std::expected<R, std::exception_ptr> value;  ///< what it returned, or threw
  std::size_t worker = no_worker;              ///< which worker ran it, from 0
  duration queued_for{};                       ///< from acceptance to start; exact
  duration ran_for{};                          ///< from start to end; exact
};

}  // namespace weir
