#include <jobs/time_figures.hpp>
#include <jobs/width_report.hpp>
#include <weir/base/units.hpp>
#include <weir/control/sizing.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace weir::jobs {

namespace {

// In three digits: what is measured is no more exact.
duration rounded(duration d) {
  duration::rep unit = 1;
  while (d.count() / unit >= 1000) unit *= 10;
  return duration(std::max<duration::rep>(1, (d.count() + unit / 2) / unit * unit));
}

double two_digits(double ratio) { return std::round(ratio * 100) / 100; }

}  // namespace

std::string run_options_of(const width_findings& f, const std::optional<capacity_plan>& plan) {
  const bool planned = plan && plan->queue;
  const auto workers = plan && plan->workers ? plan->workers->value : static_cast<std::int64_t>(f.workers);
  const auto queue = planned ? std::max<std::int64_t>(1, plan->queue->value) : 4 * workers;
  return fmt::format("-j{} -q{}", workers, queue);
}

plan_request with_findings(plan_request r, const width_findings& f) {
  if (!r.service) r.service = rounded(f.service);
  if (r.workers || r.cores || r.wait_over_compute) return r;
  r.workers = static_cast<std::int64_t>(f.workers);
  r.workers_are = "as measured";
  return r;
}

std::string as_text(std::span<const width_result> widths, const width_findings& f,
                    const std::optional<capacity_plan>& plan, const plan_request* load) {
  std::string text =
      fmt::format("{:>7} {:>7} {:>10} {:>10} {:>10}\n", "workers", "jobs", "jobs/s", "run time", "compute");
  for (const width_result& w : widths)
    text += fmt::format("{:>7} {:>7} {:>10.3g} {:>10} {:>10}\n", w.workers, w.jobs, w.jobs_per_second(),
                        brief(w.run_time), brief(w.compute));
  text += fmt::format("\ncores {}, wait/compute {:g}, service {}: cores x (1 + wait/compute) = {}\n", f.cores,
                      two_digits(f.wait_over_compute), brief(f.service),
                      control::sizing::workers(f.cores, f.wait_over_compute));
  text += fmt::format("{} at once is the least within 5% of the most jobs a second ({:.3g}){}\n\n", f.workers,
                      f.jobs_per_second, f.workers == widths.back().workers ? "; more were not tried" : "");
  text += fmt::format("use: weir run {}\n", run_options_of(f, plan));
  const std::string rate = load ? fmt::format("--rate {} ", load->rate) : "--rate R ";
  const std::string delay = load && load->delay ? fmt::format("--delay {} ", to_string(*load->delay)) : "";
  text += fmt::format("     weir plan {}{}--service {} --cores {} --wait-compute {:g}\n", rate, delay,
                      to_string(rounded(f.service)), f.cores, two_digits(f.wait_over_compute));
  if (plan) text += "\n" + as_text(*plan);
  return text;
}

std::string as_json(std::span<const width_result> widths, const width_findings& f,
                    const std::optional<capacity_plan>& plan) {
  auto object = plan ? nlohmann::ordered_json::parse(as_json(*plan)) : nlohmann::ordered_json::object();
  if (!plan) object["workers"] = f.workers;
  object["cores"] = f.cores;
  object["wait_compute"] = f.wait_over_compute;
  object["service"] = seconds(f.service);
  object["options"] = run_options_of(f, plan);
  for (const width_result& w : widths)
    object["widths"].push_back({{"workers", w.workers},
                                {"jobs", w.jobs},
                                {"failed", w.failed},
                                {"jobs_per_second", w.jobs_per_second()},
                                {"run_time", seconds(w.run_time)},
                                {"compute", seconds(w.compute)}});
  return object.dump() + "\n";
}

std::string as_csv(std::span<const width_result> widths) {
  std::string text = "workers,jobs,jobs_per_second,run_time,compute\n";
  for (const width_result& w : widths)
    text += fmt::format("{},{},{},{},{}\n", w.workers, w.jobs, w.jobs_per_second(), seconds(w.run_time),
                        seconds(w.compute));
  return text;
}

}  // namespace weir::jobs
