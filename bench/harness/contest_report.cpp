#include <bench/harness/contest_report.hpp>

#include <bench/harness/readable.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace weir::bench {

namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t text_width = 79;
constexpr std::string_view row_format = "{:<22}{:<11}{:>12}{:>9}{:>7}{:>18}\n";

std::string columns(std::string_view rival) {
  return fmt::format(
      "/s: the median of the rounds. CPU: processor time of all threads. sleeps: voluntary context switches "
      "per 1000. /{0}: its rate over that of {0}, median (range) of the ratios within a round.\n",
      rival);
}

json of(const spread& s) { return {{"median", s.median}, {"low", s.low}, {"high", s.high}}; }

json of(const standing& s) {
  return {{"cell", s.cell},         {"contestant", s.contestant},
          {"rate", of(s.rate)},     {"processor", of(s.processor)},
          {"sleeps", of(s.sleeps)}, {"ratio", s.ratio ? of(*s.ratio) : json()}};
}

json of(const latency_standing& l) {
  return {{"contestant", l.contestant}, {"p50", in_seconds(l.p50)}, {"p99", in_seconds(l.p99)}};
}

json array_of(const auto& all) {
  json array = json::array();
  for (const auto& one : all) array.push_back(of(one));
  return array;
}

// "0.05", "1.23", "12.3", "1230": no exponent, which people read badly.
std::string three_digits(double value) {
  return fmt::format("{:.{}f}", value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

std::string with_range(const spread& s) {
  return fmt::format("{} ({}..{})", three_digits(s.median), three_digits(s.low), three_digits(s.high));
}

std::string nanoseconds(double seconds) {
  return readable(duration(static_cast<std::int64_t>(seconds * 1e9)));
}

}  // namespace

std::string contests_table(std::span<const standing> standings, std::span<const latency_standing> latencies,
                           std::string_view item, std::string_view rival) {
  const auto row = fmt::runtime(row_format);
  std::string text =
      fmt::format(row, "", "", fmt::format("{}/s", item), "CPU", "sleeps", fmt::format("/{}", rival));
  std::string_view cell;
  for (const standing& s : standings) {
    text += fmt::format(row, s.cell == cell ? "" : s.cell, s.contestant, readable_rate(s.rate.median),
                        nanoseconds(s.processor.median), three_digits(s.sleeps.median * 1000),
                        s.ratio ? with_range(*s.ratio) : "-");
    cell = s.cell;
  }
  if (latencies.empty()) return text;
  text += fmt::format("\n{:<34}{:>12}{:>9}\n", "from submit to start, 2 workers", "p50", "p99");
  for (const latency_standing& l : latencies)
    text += fmt::format("{:<22}{:<12}{:>12}{:>9}\n", "after 10 ms idle", l.contestant, readable(l.p50),
                        readable(l.p99));
  return text;
}

std::string channel_legend() {
  return wrapped(fmt::format("1x8: one sender, eight receivers. ping-pong: there and back through two "
                             "channels.\ncoroutines, threads: weir's channel between such; condvars: a mutex "
                             "and two condition variables between threads, which has no capacity 0.\n{}",
                             columns("condvars")),
                 text_width);
}

std::string pool_legend() {
  return wrapped(
      fmt::format("empty, 4 to 8: four threads submit jobs that do nothing to eight workers; 1 us: "
                  "jobs of so much work.\nsubmit_some: a worker_pool that gets 16 jobs at once; "
                  "condvars: threads over a queue with a mutex and condition variables.\n{}",
                  columns("condvars")),
      text_width);
}

std::string spill_legend() {
  return wrapped(
      fmt::format(
          "batch, 100 at once: at durability batch, appended a hundred a transaction; x8: by eight "
          "threads (plain SQLite, one connection, by one). All is drained again, a hundred at a "
          "time; records of 100 bytes.\nstore: the spill store; sqlite: a table in SQLite as people "
          "write it, synchronous = OFF for none, NORMAL for batch, FULL for each. The disk is that of the "
          "temporary folder: set TMPDIR to the one that you mean.\n{}",
          columns("sqlite")),
      text_width);
}

std::string contests_json(std::string_view benchmark, const contest_options& options,
                          std::span<const standing> standings, std::span<const latency_standing> latencies,
                          std::string_view rival) {
  json whole = {{"benchmark", benchmark},
                {"rounds", options.rounds},
                {"turn", in_seconds(options.turn)},
                {"units",
                 {{"rate", "1/second"},
                  {"processor", "seconds per item"},
                  {"sleeps", "voluntary context switches per item"},
                  {"ratio", fmt::format("rate over that of {}", rival)},
                  {"turn", "seconds"}}},
                {"standings", array_of(standings)}};
  if (!latencies.empty()) {
    whole["units"]["latencies"] = "seconds";
    whole["latencies"] = array_of(latencies);
  }
  return whole.dump(2) + "\n";
}

std::string contests_jsonl(std::span<const standing> standings, std::span<const latency_standing> latencies) {
  std::string text;
  for (const standing& s : standings) text += of(s).dump() + "\n";
  for (const latency_standing& l : latencies) text += of(l).dump() + "\n";
  return text;
}

std::string contests_csv(std::span<const standing> standings) {
  std::string text =
      "cell,contestant,rate_per_second,rate_low,rate_high,processor_seconds_per_item,sleeps_per_item,ratio,"
      "ratio_low,ratio_high\n";
  for (const standing& s : standings) {
    const std::string ratio =
        s.ratio ? fmt::format("{},{},{}", s.ratio->median, s.ratio->low, s.ratio->high) : ",,";
    text += fmt::format("\"{}\",{},{},{},{},{},{},{}\n", s.cell, s.contestant, s.rate.median, s.rate.low,
                        s.rate.high, s.processor.median, s.sleeps.median, ratio);
  }
  return text;
}

}  // namespace weir::bench
