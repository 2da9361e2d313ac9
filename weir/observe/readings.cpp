#include <weir/observe/readings.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

namespace weir {

void readings::put(figure what, std::initializer_list<std::string_view> labels,
                   std::variant<double, histogram_snapshot> value) {
  const figure_info& about = info(what);
  if (labels.size() != about.labels.size()) {
    throw std::invalid_argument(fmt::format("{} got {} labels; give {}: one value for each of {}", about.name,
                                            labels.size(), about.labels.size(),
                                            fmt::join(about.labels, ", ")));
  }
  if (std::holds_alternative<histogram_snapshot>(value) != (about.kind == figure_kind::histogram)) {
    throw std::invalid_argument(
        fmt::format("{} is a {}; give it {}", about.name, name(about.kind),
                    about.kind == figure_kind::histogram ? "a histogram_snapshot" : "a number"));
  }
  all_.push_back({what, {labels.begin(), labels.end()}, std::move(value)});
}

void readings::add(figure what, std::initializer_list<std::string_view> labels, double value) {
  put(what, labels, value);
}

void readings::add(figure what, std::initializer_list<std::string_view> labels, histogram_snapshot value) {
  put(what, labels, std::move(value));
}

void readings::add(std::string_view pool, const pool_snapshot& shot) {
  const pool_stats& s = shot.stats;
  for (std::size_t i = 0; i < shot.lanes.size(); ++i)
    add(figure::queue_depth, {pool, std::to_string(i)}, shot.lanes[i].queued);
  add(figure::queue_capacity, {pool}, shot.capacity);
  add(figure::queue_cost, {pool}, s.cost);
  add(figure::queue_utilization_ratio, {pool}, shot.utilization);
  add(figure::queue_high_water, {pool}, s.high_water);
  add(figure::jobs_submitted, {pool}, s.submitted);
  add(figure::jobs_completed, {pool}, s.completed);
  add(figure::jobs_failed, {pool}, s.failed);
  for (const loss kind : all_losses) add(figure::jobs_lost, {pool, name(kind)}, count_of(s, kind));
  add(figure::queue_wait, {pool}, shot.queue_wait);
  add(figure::job_duration, {pool}, shot.run_time);
  add(figure::workers, {pool, "busy"}, s.busy);
  add(figure::workers, {pool, "idle"}, s.workers - std::min(s.busy, s.workers));
  add(figure::workers_limit, {pool}, shot.max_workers);
  add(figure::in_flight, {pool}, s.running);
  if (!shot.spill) return;
  add(figure::jobs_spilled, {pool}, shot.spill->spilled_total);
  add(figure::spill_bytes, {pool}, shot.spill->bytes);
  add(figure::spill_jobs, {pool}, shot.spill->jobs);
}

void readings::add(std::string_view pool, control::breaker_state now) {
  using control::breaker_state;
  constexpr std::array<std::pair<breaker_state, std::string_view>, 3> states{
      {{breaker_state::closed, "closed"},
       {breaker_state::open, "open"},
       {breaker_state::half_open, "half_open"}}};
  for (const auto& [state, called] : states)
    add(figure::circuit_state, {pool, called}, state == now ? 1.0 : 0.0);
}

void readings::add_build_info() { add(figure::build_info, {WEIR_VERSION}, 1.0); }

}  // namespace weir
