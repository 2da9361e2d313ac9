// When to show how the run is going: a drawing that is renewed on a terminal, a line now and then in a log,
// the figures of --stats-every.
#pragma once

#include <jobs/console.hpp>
#include <jobs/progress.hpp>
#include <jobs/run_options.hpp>
#include <weir/base/time.hpp>

namespace weir::jobs {

/// For one thread. Time comes in as an argument.
class live_view {
 public:
  /// `out` must outlive it.
  live_view(const run_options&, console& out, time_point now = clock::now());

  /// Whether the time has come; true once for each time.
  bool wants_progress(time_point now);
  bool wants_statistics(time_point now);

  void show(const progress&);

  /// When one of the two will be wanted.
  time_point next() const noexcept;

  static constexpr duration first_drawing =
      std::chrono::milliseconds(300);  ///< a run that is over by then shows none
  static constexpr duration between_drawings = std::chrono::milliseconds(100);
  static constexpr duration between_lines = std::chrono::seconds(10);

 private:
  console& console_;
  duration progress_every_;
  duration statistics_every_;
  time_point next_progress_ = never;
  time_point next_statistics_ = never;
};

}  // namespace weir::jobs
