// How a run is doing while it goes on, for programs that watch it: /stats.json.
//
// Thread-safety: values and pure functions.
#pragma once

#include <jobs/report.hpp>
#include <weir/base/time.hpp>
#include <weir/observe/stats.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::jobs {

enum class run_state {
  running,
  paused,    ///< no further job starts
  draining,  ///< nothing more is read, what was accepted runs
};

/// "running", "paused", "draining".
const char* name_of(run_state) noexcept;

/// An alert that has started and not ended.
struct active_alert {
  std::string name;    ///< the label of weir_alert
  double value = 0;    ///< what it is about
  duration active{};   ///< since it started
  std::string text{};  ///< what happened, and what to do
};

struct live_figures {
  report so_far{};       ///< what a closing report made now would hold
  pool_snapshot pool{};  ///< capacity, workers, lanes; its stats are not looked at
  run_state state = run_state::running;
  std::uint64_t in_flight = 0;  ///< attempts under way
  std::vector<active_alert> alerts{};
};

/// One object on one line, ended by a newline: all keys of the closing report, and state, pid, capacity,
/// utilization, cost, max_cost (null: no bound), waiting, in_flight, workers (now busy idle least most),
/// lanes (each with queued and capacity), spill (jobs bytes max_bytes) where there is a store, alerts (name
/// value seconds text). Times are in seconds.
std::string as_json(const live_figures&);

}  // namespace weir::jobs
