#include <bench/harness/policies_report.hpp>

#include <bench/harness/readable.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace weir::bench {

namespace {

using json = nlohmann::ordered_json;

double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

constexpr std::size_t text_width = 79;
constexpr std::string_view row_format = "{:<11}{:>7}{:>8}{:>8}{:>8}{:>8}{:>7}{:>7}{:>6}{:>9}\n";

json of(const quantiles& q) {
  return {{"p50", seconds(q.p50)}, {"p90", seconds(q.p90)}, {"p99", seconds(q.p99)}, {"max", seconds(q.max)}};
}

json of(const flood_result& r) {
  return {{"policy", r.how.name},
          {"on_full", r.how.on_full.to_string()},
          {"queue_capacity", r.how.bounded() ? json(r.how.queue_capacity) : json()},
          {"elapsed", seconds(r.elapsed)},
          {"offered", r.offered},
          {"completed", r.completed},
          {"in_time", r.in_time},
          {"throughput", r.throughput()},
          {"goodput", r.goodput()},
          {"wait", of(r.wait)},
          {"door", of(r.door)},
          {"lost", r.lost()},
          {"rejected", r.rejected},
          {"dropped", r.dropped},
          {"timed_out", r.timed_out},
          {"evicted", r.evicted},
          {"left", r.left},
          {"peak_depth", r.peak_depth},
          {"peak_memory", r.peak_memory ? json(*r.peak_memory) : json()}};
}

const json units = {
    {"elapsed", "seconds"}, {"throughput", "jobs/second"}, {"goodput", "jobs/second"}, {"wait", "seconds"},
    {"door", "seconds"},    {"peak_depth", "jobs"},        {"peak_memory", "bytes"},   {"offered", "jobs"},
    {"completed", "jobs"},  {"in_time", "jobs"},           {"lost", "jobs"},           {"left", "jobs"}};

}  // namespace

std::string describe(const flood_options& o) {
  return wrapped(
      fmt::format(
          "{} workers, a queue of {}; each job hashes {} for {}; {} jobs arrive a second, {:.3g} times what "
          "the workers can do, for {} a strategy, brought by {} clients.\n",
          o.workers, usual_queue, readable_bytes(block_bytes), readable(o.work.service),
          readable_rate(o.arrivals_per_second()), o.overload, readable(o.length), o.clients),
      text_width);
}

std::string policies_table(std::span<const flood_result> results) {
  const auto row = fmt::runtime(row_format);
  std::string text =
      fmt::format(row, "", "done", "goodput", "wait", "wait", "door", "lost", "left", "peak", "peak") +
      fmt::format(row, "strategy", "jobs/s", "jobs/s", "p50", "p99", "p99", "jobs", "jobs", "depth",
                  "memory");
  for (const flood_result& r : results) {
    text += fmt::format(row, r.how.name, readable_rate(r.throughput()), readable_rate(r.goodput()),
                        readable(r.wait.p50), readable(r.wait.p99), readable(r.door.p99), r.lost(), r.left,
                        r.peak_depth, readable_bytes(r.peak_memory));
  }
  return text;
}

std::string policies_legend(const flood_options& o) {
  return wrapped(
      fmt::format(
          "goodput: done within {} of arriving; a guest who waits longer has left.\n"
          "wait: from arrival to start, of the jobs that ran.\n"
          "door: from arrival until the pool had taken or refused the job.\n"
          "lost: refused, dropped or evicted. left: still queued or at the door when the time was up.\n"
          "peak memory: growth of the process since the flood began, sampled each 10 ms.\n",
          readable(o.patience)),
      text_width);
}

std::string policies_json(const flood_options& o, std::span<const flood_result> results) {
  json policies = json::array();
  for (const flood_result& r : results) policies.push_back(of(r));
  const json whole = {{"benchmark", "policies"},
                      {"workers", o.workers},
                      {"clients", o.clients},
                      {"block_bytes", block_bytes},
                      {"hash_passes", o.work.passes},
                      {"service", seconds(o.work.service)},
                      {"arrivals_per_second", o.arrivals_per_second()},
                      {"overload", o.overload},
                      {"patience", seconds(o.patience)},
                      {"length", seconds(o.length)},
                      {"units", units},
                      {"policies", policies}};
  return whole.dump(2) + "\n";
}

std::string policies_jsonl(std::span<const flood_result> results) {
  std::string text;
  for (const flood_result& r : results) text += of(r).dump() + "\n";
  return text;
}

std::string policies_csv(std::span<const flood_result> results) {
  std::string text =
      "policy,throughput_per_second,goodput_per_second,wait_p50_seconds,wait_p99_seconds,door_p99_seconds,"
      "offered_jobs,completed_jobs,lost_jobs,left_jobs,peak_depth_jobs,peak_memory_bytes\n";
  for (const flood_result& r : results) {
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{}\n", r.how.name, r.throughput(), r.goodput(),
                        seconds(r.wait.p50), seconds(r.wait.p99), seconds(r.door.p99), r.offered, r.completed,
                        r.lost(), r.left, r.peak_depth, r.peak_memory ? fmt::to_string(*r.peak_memory) : "");
  }
  return text;
}

}  // namespace weir::bench
