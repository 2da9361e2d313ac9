#include <jobs/control_report.hpp>
#include <jobs/report.hpp>
#include <jobs/time_figures.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace weir::jobs {

namespace {

nlohmann::ordered_json json_of(const moving_figures& f) {
  return {{"now", f.now}, {"least", f.least}, {"most", f.most}};
}

// "1 start", "2 starts".
std::string counted(std::uint64_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

}  // namespace

const char* name_of(control::breaker_state s) noexcept {
  switch (s) {
    case control::breaker_state::open: return "open";
    case control::breaker_state::half_open: return "half_open";
    case control::breaker_state::closed: break;
  }
  return "closed";
}

std::string as_text(const control_report& r) {
  std::string text;
  if (r.retries + r.retries_refused > 0)
    text += fmt::format("  retries: {}, {} refused by the budget\n", r.retries, r.retries_refused);
  if (r.has_rate)
    text += fmt::format("  rate: {} had to wait, {} in all\n", counted(r.rate_limited, "start"),
                        brief(r.rate_limited_time));
  if (r.breaker)
    text += fmt::format("  breaker: {}, opened {}, {}; held {}, {} in all\n", name_of(r.breaker->state),
                        counted(r.breaker->opened, "time"), counted(r.breaker->changes, "change"),
                        counted(r.breaker->held, "start"), brief(r.breaker->held_time));
  if (r.limit)
    text += fmt::format("  limit: {} now, {} to {} so far\n", r.limit->now, r.limit->least, r.limit->most);
  if (r.workers)
    text += fmt::format("  workers: {} now, {} to {} so far\n", r.workers->now, r.workers->least,
                        r.workers->most);
  for (std::size_t i = 0; i < r.lanes.size(); ++i) {
    const lane_figures& lane = r.lanes[i];
    if (lane.submitted == 0) continue;
    text += fmt::format("  lane {}: {} submitted, {} started, {} lost; wait{}\n", i, lane.submitted,
                        lane.started, lane.lost, times_text(lane.wait));
  }
  if (r.shadow)
    text += fmt::format(
        "  shadow: nothing was held back or refused; would have been, by rate {}, breaker {}, limit {}, "
        "retry "
        "budget {}, deadline {}\n",
        r.shadow->rate, r.shadow->breaker, r.shadow->limit, r.shadow->retry_budget, r.shadow->deadline);
  return text;
}

void add_to(nlohmann::ordered_json& object, const control_report& r) {
  object["retries"] = r.retries;
  object["retries_refused"] = r.retries_refused;
  object["rate_limited"] = r.rate_limited;
  object["rate_limited_seconds"] = seconds(r.rate_limited_time);
  if (r.breaker)
    object["breaker"] = {{"state", name_of(r.breaker->state)},
                         {"opened", r.breaker->opened},
                         {"changes", r.breaker->changes},
                         {"held", r.breaker->held},
                         {"held_seconds", seconds(r.breaker->held_time)}};
  if (r.limit) object["limit"] = json_of(*r.limit);
  if (r.workers) object["workers"] = json_of(*r.workers);
  for (std::size_t i = 0; i < r.lanes.size(); ++i)
    object["lanes"].push_back({{"lane", i},
                               {"submitted", r.lanes[i].submitted},
                               {"started", r.lanes[i].started},
                               {"lost", r.lanes[i].lost},
                               {"queue_wait", times_json(r.lanes[i].wait)}});
  if (r.shadow)
    object["shadow"] = {{"rate", r.shadow->rate},
                        {"breaker", r.shadow->breaker},
                        {"limit", r.shadow->limit},
                        {"retry_budget", r.shadow->retry_budget},
                        {"deadline", r.shadow->deadline}};
}

}  // namespace weir::jobs
