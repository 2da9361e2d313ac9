#include <jobs/report.hpp>
#include <jobs/time_figures.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <utility>

namespace weir::jobs {

namespace {

// In three digits or more, and never with an exponent.
std::string plain_rate(double rate) {
  if (rate >= 100) return fmt::format("{:.0f}", rate);
  return rate >= 0.001 || rate <= 0 ? fmt::format("{:.3g}", rate) : fmt::format("{:.6f}", rate);
}

}  // namespace

std::uint64_t lost(const pool_stats& s) noexcept {
  return s.rejected + s.dropped + s.timed_out + s.withdrawn + s.evicted + s.expired + s.cancelled;
}

std::uint64_t finished(const pool_stats& s) noexcept { return s.completed + s.failed + lost(s); }

double jobs_per_second(const report& r) noexcept {
  const double ran = static_cast<double>(r.jobs.completed + r.jobs.failed);
  const double time = seconds(r.elapsed);
  return time > 0 ? ran / time : 0;
}

std::string brief(duration d) {
  constexpr std::array<std::pair<const char*, double>, 4> units{
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
  const double ns = static_cast<double>(d.count());
  if (ns <= 0) return "0s";
  if (ns >= 600e9)
    return fmt::format("{}m{:02}s", static_cast<long>(ns / 60e9), static_cast<long>(ns / 1e9) % 60);
  std::size_t unit = 0;
  while (unit + 1 < units.size() && ns >= 999.5 * units[unit].second) ++unit;
  const double value = ns / units[unit].second;
  const int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}{}", value, decimals, units[unit].first);
}

std::string as_text(const report& r, std::string_view who, bool color) {
  const pool_stats& s = r.jobs;
  const auto alarm = [&](std::uint64_t n, const std::string& text) {
    return color && n > 0 ? "\x1b[31m" + text + "\x1b[0m" : text;
  };
  std::string text = fmt::format(
      "{}: {} submitted, {} completed, {}; {}; {} jobs/s in {}\n", who, s.submitted, s.completed,
      alarm(s.failed, fmt::format("{} failed ({} by timeout)", s.failed, r.failed_by_timeout)),
      alarm(lost(s), fmt::format("{} lost", lost(s))), plain_rate(jobs_per_second(r)), brief(r.elapsed));
  text += fmt::format(
      "  lost: {} rejected, {} dropped, {} timed out, {} withdrawn, {} evicted, {} expired, {} cancelled\n",
      s.rejected, s.dropped, s.timed_out, s.withdrawn, s.evicted, s.expired, s.cancelled);
  text += fmt::format("  now: {} queued, {} spilled, {} running; peak depth {} of {}\n", s.queued, s.spilled,
                      s.running, s.high_water, r.queue_capacity);
  if (r.passed_over)
    text += fmt::format("  resumed: {} passed over, which earlier runs have done{}\n", *r.passed_over,
                        r.spill ? " or the store has" : "");
  if (r.spill)
    text +=
        fmt::format("  spill: {} went to disk, {} had been left there\n", r.spill->spilled_total, s.resumed);
  text += fmt::format("  queue wait{}\n  run time  {}\n", times_text(r.queue_wait), times_text(r.run_time));
  return text + as_text(r.control);
}

void add_to(nlohmann::ordered_json& object, const report& r) {
  const pool_stats& s = r.jobs;
  object["submitted"] = s.submitted;
  object["completed"] = s.completed;
  object["failed"] = s.failed;
  for (const loss kind : all_losses) object[std::string(name(kind))] = count_of(s, kind);
  object["queued"] = s.queued;
  object["spilled"] = s.spilled;
  object["running"] = s.running;
  object["failed_by_timeout"] = r.failed_by_timeout;
  if (r.passed_over) object["passed_over"] = *r.passed_over;
  if (r.spill) {
    object["resumed"] = s.resumed;
    object["spilled_total"] = r.spill->spilled_total;
  }
  object["peak_depth"] = s.high_water;
  object["seconds"] = seconds(r.elapsed);
  object["jobs_per_second"] = jobs_per_second(r);
  object["queue_wait"] = times_json(r.queue_wait);
  object["run_time"] = times_json(r.run_time);
  add_to(object, r.control);
}

namespace {

nlohmann::ordered_json as_object(const report& r) {
  nlohmann::ordered_json object;
  add_to(object, r);
  return object;
}

}  // namespace

std::string as_json(const report& r) { return as_object(r).dump() + "\n"; }

namespace {

// Names of nested values are joined: queue_wait_p50, lanes_0_started.
void add_columns(const nlohmann::ordered_json& value, const std::string& name, std::string& names,
                 std::string& values) {
  if (value.is_structured()) {
    for (const auto& [inner, part] : value.items())
      add_columns(part, name.empty() ? inner : fmt::format("{}_{}", name, inner), names, values);
    return;
  }
  names += (names.empty() ? "" : ",") + name;
  values += (values.empty() ? "" : ",") + (value.is_string() ? value.get<std::string>() : value.dump());
}

}  // namespace

std::string as_csv(const report& r) {
  std::string names;
  std::string values;
  add_columns(as_object(r), "", names, values);
  return names + "\n" + values + "\n";
}

}  // namespace weir::jobs
