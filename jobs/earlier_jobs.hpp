// What earlier runs left of this run's jobs: asked for each job, in the order of the input.
#pragma once

#include <jobs/item.hpp>
#include <weir/base/error.hpp>

#include <cstdint>

namespace weir::jobs {

enum class earlier_end : std::uint8_t {
  none,  ///< it has not ended: it was not reached, or was under way when its run was killed
  failed,
  succeeded,
  stored,  ///< it waits in the spill store, and runs from there
};

/// For one thread.
class earlier_jobs {
 public:
  virtual ~earlier_jobs() = default;

  /// Of the job with this Seq, which is above that of the call before. Error: it was another job, for the
  /// command or the input has changed (the code is invalid_argument), or what was left cannot be read.
  virtual io_result<earlier_end> look(const item_batch&) = 0;

  /// How many jobs that have ended have not been looked at yet, as far as that is known.
  virtual std::uint64_t left() const noexcept = 0;

  /// The input ends after job `last`. Error: earlier runs had more.
  virtual io_result<> check_end(std::uint64_t last) const = 0;
};

}  // namespace weir::jobs
