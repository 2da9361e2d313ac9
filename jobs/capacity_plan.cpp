#include <jobs/capacity_plan.hpp>
#include <jobs/report.hpp>
#include <weir/base/hardware.hpp>
#include <weir/base/units.hpp>
#include <weir/control/sizing.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace weir::jobs {

namespace {

namespace sizing = control::sizing;

// Beyond so many places the loss no longer changes in any digit that is shown, and costs time.
constexpr std::int64_t most_places = 10'000'000;

// "20 ms": a time as part of a formula.
std::string spaced(duration d) {
  std::string text = to_string(d);
  return text.insert(text.find_first_not_of("0123456789"), " ");
}

double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

std::string seconds_text(double s) {
  return brief(std::chrono::duration_cast<duration>(std::chrono::duration<double>(std::min(s, 1e9))));
}

std::string percent(double share) {
  if (share <= 0) return "0%";
  return share < 1e-5 ? "<0.001%" : fmt::format("{:.3g}%", share * 100);
}

std::optional<planned<std::int64_t>> queue_of(const plan_request& r) {
  if (r.queue) return planned<std::int64_t>{*r.queue, "as given"};
  if (!r.delay) return std::nullopt;
  return planned<std::int64_t>{sizing::queue(r.per_second, *r.delay),
                               fmt::format("rate x delay = {} x {}", r.rate, spaced(*r.delay))};
}

std::optional<planned<std::int64_t>> workers_of(const plan_request& r) {
  if (r.workers) return planned<std::int64_t>{*r.workers, r.workers_are};
  if (r.cores || r.wait_over_compute) {
    const auto cores = r.cores.value_or(static_cast<std::int64_t>(hardware()));
    const double ratio = r.wait_over_compute.value_or(0);
    return planned<std::int64_t>{sizing::workers(cores, ratio),
                                 fmt::format("cores x (1 + wait/compute) = {} x (1 + {:g})", cores, ratio)};
  }
  if (!r.service) return std::nullopt;
  return planned<std::int64_t>{
      sizing::stable_workers(r.per_second, *r.service),
      fmt::format("the least that keep up: floor(rate x service) + 1 = floor({} x {}) + 1", r.rate,
                  spaced(*r.service))};
}

// The load that keeps so many workers busy.
double erlangs(const plan_request& r) { return r.per_second * seconds(*r.service); }

std::string cannot_keep_up(const plan_request& r, std::int64_t workers) {
  return fmt::format("{} x {} keeps {:g} workers busy; {} cannot keep up at any queue size, {} can", r.rate,
                     spaced(*r.service), erlangs(r), workers,
                     sizing::stable_workers(r.per_second, *r.service));
}

// What to expect in the queue of M/M/c, and beyond the end of a finite one.
void expect(const plan_request& r, capacity_plan& plan) {
  const std::int64_t workers = plan.workers->value;
  const duration service = *r.service;
  const double load = erlangs(r);
  const double waits = sizing::erlang_c(workers, load);
  plan.utilization = {
      load / static_cast<double>(workers),
      fmt::format("rate x service / workers = {} x {} / {}", r.rate, spaced(service), workers)};
  plan.mean_wait = {sizing::mean_wait(workers, r.per_second, service),
                    fmt::format("C x service / (workers - load) = {:.3g} x {} / ({} - {:g}), C: Erlang C",
                                waits, spaced(service), workers, load)};
  plan.p99_wait = {
      sizing::wait_quantile(workers, r.per_second, service, 0.99),
      waits > 0.01
          ? fmt::format("ln(C / 0.01) x service / (workers - load) = ln({:.3g} / 0.01) x {} / ({} - {:g})",
                        waits, spaced(service), workers, load)
          : fmt::format("99 of 100 do not wait: C = {:.3g} is at most 0.01", waits)};
  if (!plan.queue) return;
  const std::int64_t places = workers + std::min(plan.queue->value, most_places);
  plan.loss = {sizing::loss_mmck(workers, load, places),
               fmt::format("M/M/c/K with c = {}, load {:g}, K = c + queue = {} places", workers, load,
                           workers + plan.queue->value)};
}

std::string note_on(const plan_request& r, const capacity_plan& plan) {
  std::string note;
  if (plan.utilization->value > 0.8)
    note = fmt::format("{} busy leaves little room for a burst: {} workers would be 70% busy\n",
                       percent(plan.utilization->value), sizing::min_workers(r.per_second / 0.7, *r.service));
  if (r.delay && plan.p99_wait->value > seconds(*r.delay))
    note += fmt::format("1 call in 100 waits {} or longer, beyond the delay of {}\n",
                        seconds_text(plan.p99_wait->value), to_string(*r.delay));
  return note;
}

template <class T>
nlohmann::ordered_json json_of(const std::optional<planned<T>>& number) {
  return number ? nlohmann::ordered_json(number->value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json numbers_of(const capacity_plan& p) {
  return {{"queue", json_of(p.queue)},
          {"workers", json_of(p.workers)},
          {"utilization", json_of(p.utilization)},
          {"mean_wait", json_of(p.mean_wait)},
          {"p99_wait", json_of(p.p99_wait)},
          {"loss", json_of(p.loss)}};
}

}  // namespace

std::expected<capacity_plan, std::string> make_plan(const plan_request& r) {
  capacity_plan plan{.queue = queue_of(r), .workers = workers_of(r)};
  if (plan.workers && plan.workers->value > most_planned_workers)
    return std::unexpected(fmt::format("{} workers ({}) are more than the {} that can be planned for",
                                       plan.workers->value, plan.workers->formula, most_planned_workers));
  if (!r.service || !plan.workers) return plan;
  if (sizing::stable_workers(r.per_second, *r.service) > plan.workers->value)
    return std::unexpected(cannot_keep_up(r, plan.workers->value));
  expect(r, plan);
  plan.note = note_on(r, plan);
  return plan;
}

std::string as_text(const capacity_plan& p) {
  std::string text;
  const auto line = [&](std::string_view name, const std::string& value, const std::string& formula) {
    text += fmt::format("{:<12} {:<8} {}\n", name, value, formula);
  };
  if (p.queue) line("queue", std::to_string(p.queue->value), p.queue->formula);
  if (p.workers) line("workers", std::to_string(p.workers->value), p.workers->formula);
  if (p.utilization) line("utilization", percent(p.utilization->value), p.utilization->formula);
  if (p.mean_wait) line("mean wait", seconds_text(p.mean_wait->value), p.mean_wait->formula);
  if (p.p99_wait) line("p99 wait", seconds_text(p.p99_wait->value), p.p99_wait->formula);
  if (p.loss) line("loss", percent(p.loss->value), p.loss->formula);
  if (!p.utilization) text += "with --service 20ms, say: utilization, mean wait, p99 wait and loss too\n";
  return text + p.note;
}

std::string as_json(const capacity_plan& p) {
  nlohmann::ordered_json object = numbers_of(p);
  nlohmann::ordered_json formulas = nlohmann::ordered_json::object();
  const auto add = [&](const char* name, const auto& number) {
    if (number) formulas[name] = number->formula;
  };
  add("queue", p.queue);
  add("workers", p.workers);
  add("utilization", p.utilization);
  add("mean_wait", p.mean_wait);
  add("p99_wait", p.p99_wait);
  add("loss", p.loss);
  object["formulas"] = std::move(formulas);
  return object.dump() + "\n";
}

std::string as_csv(const capacity_plan& p) {
  std::string names, values;
  const nlohmann::ordered_json numbers = numbers_of(p);
  for (const auto& [name, value] : numbers.items()) {
    names += (names.empty() ? "" : ",") + name;
    values += (&value == &numbers.front() ? "" : ",") + (value.is_null() ? "" : value.dump());
  }
  return names + "\n" + values + "\n";
}

}  // namespace weir::jobs
