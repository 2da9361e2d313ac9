// A pool on virtual time: workers, places and waits are counted, and who goes next is asked of the schedule
// that the real pools ask.
//
// Invariant: no worker is idle while a job waits. Thread-safety: one thread, that of its timeline.
#pragma once

#include <tool/demo/timeline.hpp>

#include <weir/control/lane_schedule.hpp>
#include <weir/observe/stats.hpp>

#include <cstddef>
#include <deque>
#include <vector>

namespace weir::tool::demo {

struct modelled_pool_options {
  int workers = 1;
  std::vector<std::size_t> places{};  ///< that may wait in each lane; as many lanes as there are entries
  std::int64_t starvation_limit = 64;
};

/// What became of the jobs of one kind.
struct modelled_fate {
  std::size_t came = 0;
  std::size_t refused = 0;
  std::vector<weir::duration> waits{};  ///< of each job that ran, in the order in which they began

  /// The part of all that came which began within `patience`; 1 when none came.
  double within(weir::duration patience) const;

  /// The wait that a part q of those who ran did not exceed; zero when none ran.
  weir::duration wait(double q) const;
};

class modelled_pool {
 public:
  modelled_pool(timeline&, const modelled_pool_options&, std::size_t kinds);

  /// A job comes now: it begins, waits in its lane, or is refused when that is full.
  void submit(std::size_t kind, std::size_t lane, weir::duration service);

  const modelled_fate& fate(std::size_t kind) const { return fates_[kind]; }

  /// One worker more from now on; it takes what waits.
  void hire();

  /// As a real pool's at this moment, all kinds together.
  weir::pool_stats stats() const;

 private:
  struct job {
    std::size_t kind;
    weir::duration service;
    weir::time_point came;
  };

  void begin(const job&);
  void begin_next();

  timeline& time_;
  int workers_;
  int idle_;
  std::vector<std::size_t> places_;
  std::vector<std::deque<job>> lanes_;
  std::vector<std::size_t> lengths_;  // of lanes_, as the schedule takes them
  control::lane_schedule schedule_;
  std::vector<modelled_fate> fates_;
};

}  // namespace weir::tool::demo
