#include <jobs/live_figures.hpp>
#include <jobs/time_figures.hpp>

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace weir::jobs {

namespace {

using object = nlohmann::ordered_json;

object workers_of(const live_figures& f) {
  const pool_stats& s = f.so_far.jobs;
  return {{"now", s.workers},
          {"busy", s.busy},
          {"idle", s.workers - std::min(s.busy, s.workers)},
          {"least", f.pool.min_workers},
          {"most", f.pool.max_workers}};
}

// The report has lanes only where jobs were given some, the pool always has one.
object lanes_of(const live_figures& f, const object& reported) {
  object lanes = object::array();
  for (std::size_t i = 0; i < f.pool.lanes.size(); ++i) {
    object lane = i < reported.size() ? reported[i] : object{{"lane", i}};
    lane["queued"] = f.pool.lanes[i].queued;
    lane["capacity"] = f.pool.lanes[i].capacity;
    lanes.push_back(std::move(lane));
  }
  return lanes;
}

object alerts_of(const live_figures& f) {
  object alerts = object::array();
  for (const active_alert& a : f.alerts)
    alerts.push_back(
        {{"name", a.name}, {"value", a.value}, {"seconds", seconds(a.active)}, {"text", a.text}});
  return alerts;
}

}  // namespace

const char* name_of(run_state s) noexcept {
  switch (s) {
    case run_state::paused: return "paused";
    case run_state::draining: return "draining";
    case run_state::running: break;
  }
  return "running";
}

std::string as_json(const live_figures& f) {
  const pool_stats& s = f.so_far.jobs;
  object o{{"state", name_of(f.state)}, {"pid", ::getpid()}};
  add_to(o, f.so_far);
  o["capacity"] = f.pool.capacity;
  o["utilization"] = f.pool.utilization;
  o["cost"] = s.cost;
  o["max_cost"] = f.pool.max_cost == unlimited ? object(nullptr) : object(f.pool.max_cost);
  o["waiting"] = s.waiting;
  o["in_flight"] = f.in_flight;
  o["workers"] = workers_of(f);
  o["lanes"] = lanes_of(f, o.value("lanes", object::array()));
  if (f.pool.spill)
    o["spill"] = {
        {"jobs", f.pool.spill->jobs}, {"bytes", f.pool.spill->bytes}, {"max_bytes", f.pool.spill->max_bytes}};
  o["alerts"] = alerts_of(f);
  return o.dump(-1, ' ', false, object::error_handler_t::replace) + "\n";
}

}  // namespace weir::jobs
