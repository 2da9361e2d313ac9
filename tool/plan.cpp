// `weir plan`: how large a queue, how many workers, and what to expect of them.

#include <jobs/capacity_plan.hpp>
#include <jobs/command_template.hpp>
#include <jobs/run_options.hpp>
#include <jobs/width_report.hpp>
#include <jobs/width_trial.hpp>
#include <tool/commands.hpp>
#include <tool/grammar.hpp>
#include <weir/base/hardware.hpp>
#include <weir/base/units.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

namespace jobs = weir::jobs;
namespace tool = weir::tool;
using tool::need;
using tool::need_time;
using tool::usage_error;

struct plan_options {
  jobs::plan_request load{};
  bool has_rate = false;
  bool measure = false;
  jobs::worker_choice widths{};
  jobs::report_format format = jobs::report_format::text;
};

constexpr std::array<std::string_view, 1> later = {"--trace"};

std::int64_t need_count(std::string_view name, const std::string& text, std::uint64_t least,
                        std::string_view example) {
  constexpr auto most = static_cast<std::uint64_t>(jobs::most_planned_workers);
  const std::uint64_t n = need(name, jobs::parse_count(text, least, example));
  if (n > most) throw usage_error{fmt::format("{}: {} is beyond {}; use {}", name, text, most, example)};
  return static_cast<std::int64_t>(n);
}

double need_ratio(std::string_view name, const std::string& text) {
  double n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n, std::chars_format::fixed);
  if (ec != std::errc() || end != text.data() + text.size() || !std::isfinite(n) || n < 0)
    throw usage_error{
        fmt::format("{}: '{}' is not a number of 0 or more; use 10 for jobs that wait ten times as long as "
                    "they compute",
                    name, text)};
  return n;
}

void set_rate(plan_options& o, const std::string& text) {
  o.load.per_second = need("--rate", weir::parse_rate(text)).per_second;
  o.load.rate = text.substr(0, text.find(':'));  // a burst plays no part here
  o.has_rate = true;
}

tool::option_group the_load(plan_options& o) {
  jobs::plan_request& load = o.load;
  return {"The load",
          {{"--rate", "R", "what arrives: 500/s, 30/m", "", [&o](const std::string& v) { set_rate(o, v); }},
           {"--delay", "TIME", "the longest wait in the queue that is acceptable", "",
            [&load](const std::string& v) { load.delay = need_time("--delay", v); }},
           {"--service", "TIME", "how long a worker is busy with one job",
            "Without it: no utilization, waits and loss.",
            [&load](const std::string& v) { load.service = need_time("--service", v); }}}};
}

tool::option_group the_machine(plan_options& o) {
  jobs::plan_request& load = o.load;
  return {"The workers (without any of these: the least that keep up)",
          {{"--cores", "N", "processors (those of this machine)", "",
            [&load](const std::string& v) { load.cores = need_count("--cores", v, 1, "8"); }},
           {"--wait-compute", "X", "how many times as long a job waits as it computes (0)", "",
            [&load](const std::string& v) { load.wait_over_compute = need_ratio("--wait-compute", v); }},
           {"--workers", "N", "this many; goes before the cores", "",
            [&load](const std::string& v) { load.workers = need_count("--workers", v, 1, "8"); }},
           {"--queue", "N", "room for this many; goes before the delay", "",
            [&load](const std::string& v) { load.queue = need_count("--queue", v, 0, "100"); }}}};
}

tool::option_group the_trial(plan_options& o) {
  return {"Measuring: weir plan --measure [-j1..8] -- COMMAND ::: ITEM...",
          {{"--measure", "", "run COMMAND a few times at each width, and say what to use",
            "Finds cores, wait/compute and the service time, and prints the options that fit. With --rate it "
            "plans with them.",
            [&o](const std::string&) { o.measure = true; }},
           {"-j,--widths", "MIN..MAX", "so many at once (1 to two a core); a single number is one width", "",
            [&o](const std::string& v) { o.widths = need("-j", jobs::parse_workers(v)); }}}};
}

tool::option_group the_answer(plan_options& o) {
  return {
      "The answer",
      {{"--format", "text|json|jsonl|csv", "how to print it",
        "JSON: queue, workers, utilization, mean_wait, p99_wait, loss; null: not known. Times in seconds.",
        [&o](const std::string& v) { o.format = need("--format", jobs::parse_format(v)); },
        [] { return "text"; }}}};
}

tool::grammar grammar_of(plan_options& o) {
  return {
      {.name = "plan",
       .usage = "usage: weir plan --rate R [OPTIONS], or weir plan --measure [OPTIONS] -- COMMAND [ARG...] "
                "::: ITEM...",
       .summary = "How large a queue and how many workers a load needs, and what to expect of them.\n",
       .closing =
           "Try:\n"
           "  weir plan --rate 500/s --delay 200ms --cores 8 --wait-compute 10\n"
           "  weir plan --rate 500/s --delay 200ms --service 20ms --workers 15\n"
           "  weir plan --measure -j1..8 -- curl -so /dev/null ::: http://localhost/a http://localhost/b\n",
       .more = "The numbers\n"
               "  Waits and loss are those of M/M/c: arrivals and service times at random (Poisson, "
               "exponential). Steadier\n"
               "  ones wait less, burstier ones more.\n"
               "\n"
               "Exit status\n"
               "    0  there is a plan\n"
               "    1  it cannot work: the reason says which number can\n"
               "    2  wrong usage\n",
       .further = "More: weir help plan\n",
       .later = later},
      tool::operands::end_options,
      {the_load(o), the_machine(o), the_trial(o), the_answer(o)},
      {{"-q", "--queue"}}};
}

void check_trial(const plan_options& o, const tool::parsed& words) {
  if (words.operands.empty())
    throw usage_error{"--measure needs a COMMAND to run, such as: weir plan --measure -- sleep ::: 0.1"};
  if (!words.items || words.items->empty())
    throw usage_error{"--measure needs items for the command; add some, such as ::: 0.1"};
  if (!o.widths.file.empty())
    throw usage_error{"-j: '" + o.widths.file + "' is a file; use a range such as 1..8"};
}

void check_load(const plan_options& o, const tool::parsed& words) {
  if (words.items || !words.operands.empty())
    throw usage_error{fmt::format("plan runs a command only with --measure; add it, or leave out '{}'",
                                  words.operands.empty() ? std::string(":::") : words.operands.front())};
  if (o.widths.count > 0) throw usage_error{"-j belongs to --measure; use --workers 8 to plan for so many"};
  if (!o.has_rate) throw usage_error{"--rate is missing; say what arrives, such as --rate 500/s"};
  const jobs::plan_request& r = o.load;
  const bool anything = r.delay || r.service || r.cores || r.wait_over_compute || r.workers || r.queue;
  if (!anything) throw usage_error{"a rate alone says nothing; add --delay 200ms or --service 20ms, say"};
}

std::string formatted(const jobs::capacity_plan& plan, jobs::report_format format) {
  switch (format) {
    case jobs::report_format::json: return jobs::as_json(plan);
    case jobs::report_format::csv: return jobs::as_csv(plan);
    case jobs::report_format::text: break;
  }
  return jobs::as_text(plan);
}

int refuse(std::string_view why, int code = tool::exit_failed) {
  fmt::print(stderr, "weir plan: {}\n", why);
  return code;
}

int plan_load(const plan_options& o) {
  const auto plan = jobs::make_plan(o.load);
  return plan ? tool::print(formatted(*plan, o.format)) : refuse(plan.error());
}

int exit_code_of(const weir::error& e) {
  if (e.code == std::errc::no_such_file_or_directory) return 127;
  return e.code == std::errc::permission_denied ? 126 : tool::exit_failed;
}

// What was measured took its time: it is shown although no plan follows.
int refuse_measured(const plan_options& o, const std::string& found, std::string_view why) {
  if (o.format == jobs::report_format::text)
    if (const int code = tool::print(found); code != 0) return code;
  return refuse(why);
}

int measure(const plan_options& o, const jobs::command_template& command,
            const std::vector<std::string>& items) {
  const std::size_t most = o.widths.count > 0 ? o.widths.count : 2 * weir::hardware();
  const std::size_t least = o.widths.least > 0 ? o.widths.least : o.widths.count > 0 ? most : 1;
  const auto widths = jobs::try_widths(command, items, jobs::widths_between(least, most));
  if (!widths) return refuse(widths.error().detail, exit_code_of(widths.error()));
  if (widths->back().failed > 0)
    return refuse(
        fmt::format("a job failed with {} at once: what fails says nothing of what works; try the "
                    "command with weir run first",
                    widths->back().workers));
  const jobs::width_findings found = jobs::findings_of(*widths);
  std::optional<jobs::capacity_plan> plan;
  if (o.has_rate) {
    auto made = jobs::make_plan(jobs::with_findings(o.load, found));
    if (!made) return refuse_measured(o, jobs::as_text(*widths, found, {}, &o.load), made.error());
    plan = std::move(*made);
  }
  switch (o.format) {
    case jobs::report_format::json: return tool::print(jobs::as_json(*widths, found, plan));
    case jobs::report_format::csv: return tool::print(jobs::as_csv(*widths));
    case jobs::report_format::text: break;
  }
  return tool::print(jobs::as_text(*widths, found, plan, o.has_rate ? &o.load : nullptr));
}

}  // namespace

tool::grammar plan_grammar() {
  static plan_options unused;
  return grammar_of(unused);
}

int plan_command(std::vector<std::string> args) {
  plan_options o;
  const tool::grammar grammar = grammar_of(o);
  const tool::parsed words = tool::parse_words(grammar, args);
  if (words.answer) return tool::print(*words.answer);
  try {
    o.measure ? check_trial(o, words) : check_load(o, words);
    if (!o.measure) return plan_load(o);
    const auto command = need("COMMAND", jobs::command_template::parse(words.operands));
    return measure(o, command, *words.items);
  } catch (usage_error& e) {
    e.usage = grammar.usage();
    throw;
  }
}
