// Another number of workers, as it is asked for while a run goes on: "8", "2..8", "+1", "-1".
//
// Thread-safety: values and pure functions.
#pragma once

#include <jobs/run_options.hpp>
#include <weir/base/error.hpp>

#include <cstdint>
#include <string_view>

namespace weir::jobs {

struct worker_change {
  worker_span to{};     ///< when `by` is 0
  std::int64_t by = 0;  ///< more, or below 0 fewer
};

/// A number or a range, from 1 to most_workers, or a sign and a number. The error shows a right one.
io_result<worker_change> parse_worker_change(std::string_view text);

/// What becomes of `now`: within 1 and most_workers. A fixed number stays fixed; of a range the upper end
/// moves, and takes the lower one along when it comes below it.
worker_span changed(worker_span now, const worker_change&) noexcept;

}  // namespace weir::jobs
