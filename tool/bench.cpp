// `weir bench`: what the demo shows, as figures; channels and pools beside what people write for themselves.

#include <bench/harness/contest_report.hpp>
#include <bench/harness/contests.hpp>
#include <bench/harness/flood.hpp>
#include <bench/harness/policies_report.hpp>
#include <bench/harness/spill_contests.hpp>
#include <tool/commands.hpp>
#include <tool/grammar.hpp>
#include <tool/prose.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace {

namespace tool = weir::tool;
using namespace weir::bench;

constexpr const char* usage =
    "usage: weir bench [policies|channel|pool|spill] [--quick] [--format text|json|jsonl|csv]";

constexpr std::array<std::string_view, 4> suites = {"policies", "channel", "pool", "spill"};
constexpr std::array<std::string_view, 4> formats = {"text", "json", "jsonl", "csv"};

struct bench_options {
  bool quick = false;
  std::string format = "text";
};

// The error for a word that is none of `known`.
tool::usage_error unknown(std::string_view what, std::string_view word,
                          std::span<const std::string_view> known) {
  const std::string guess = tool::did_you_mean(word, known);
  const std::string all = fmt::format("; there is {}", fmt::join(known, ", "));
  return {fmt::format("unknown {} '{}'{}", what, word, guess.empty() ? all : guess), usage};
}

void set_format(bench_options& o, const std::string& name) {
  if (std::ranges::find(formats, name) == formats.end()) throw unknown("format", name, formats);
  o.format = name;
}

tool::grammar grammar_of(bench_options& o) {
  std::vector<tool::option> options = {
      {"--quick", "", "a part of it, in seconds instead of a minute",
       "Of policies: a second a strategy instead of five.", [&o](const std::string&) { o.quick = true; }},
      {"--format", "text|json|jsonl|csv", "how to report; default text",
       "Numbers are seconds, bytes and jobs, but in text.", [&o](const std::string& v) { set_format(o, v); },
       [&o] { return o.format; }},
  };
  return tool::grammar(
      {.name = "bench",
       .usage = usage,
       .summary = "Measures on this machine what the demo shows, and weir beside what people write for "
                  "themselves.\n",
       .words = {"Suites",
                 {{"policies", "the same flood through each overflow policy and through an unbounded queue"},
                  {"channel",
                   "channels between threads and coroutines beside a mutex and condition variables"},
                  {"pool", "worker_pool and task_pool beside a textbook pool"},
                  {"spill", "the spill store beside a table in SQLite"}}},
       .closing = "Try:\n  weir bench policies --quick\n  weir bench channel --format csv > channel.csv\n",
       .more =
           "The columns of policies\n" + tool::indented(policies_legend({.work = {1, usual_service}}), 4) +
           "The columns of channel\n" + tool::indented(channel_legend(), 4) + "The columns of pool\n" +
           tool::indented(pool_legend(), 4) + "The columns of spill\n" + tool::indented(spill_legend(), 4)},
      tool::operands::anywhere, {{"Options", std::move(options)}});
}

std::string policies(const bench_options& o) {
  flood_options flood{.work = calibrate(usual_service)};
  if (o.quick) flood.length = std::chrono::seconds(1);
  std::vector<flood_result> results;
  for (const strategy& s : strategies()) results.push_back(weir::bench::flood(s, flood));
  if (o.format == "json") return policies_json(flood, results);
  if (o.format == "jsonl") return policies_jsonl(results);
  if (o.format == "csv") return policies_csv(results);
  return describe(flood) + "\n" + policies_table(results) + "\n" + policies_legend(flood);
}

contest_options options_of(const bench_options& o) {
  return o.quick ? contest_options{2, std::chrono::milliseconds(20)} : contest_options{};
}

std::string contests(const bench_options& o, const std::string& suite) {
  const extent how_much = o.quick ? extent::quick : extent::whole;
  const bool pools = suite == "pool";
  const contest_options options = options_of(o);
  const std::vector<standing> standings =
      hold(pools ? pool_contests(how_much) : channel_contests(how_much), options);
  const std::vector<latency_standing> latencies =
      pools ? pool_latencies(how_much) : std::vector<latency_standing>{};
  if (o.format == "json") return contests_json(suite, options, standings, latencies);
  if (o.format == "jsonl") return contests_jsonl(standings, latencies);
  if (o.format == "csv") return contests_csv(standings);
  return contests_table(standings, latencies, pools ? "jobs" : "items") + "\n" +
         (pools ? pool_legend() : channel_legend());
}

std::string spill(const bench_options& o) {
  const std::vector<contest> cells = spill_contests(o.quick ? extent::quick : extent::whole);
  if (cells.empty())
    throw tool::usage_error{"this weir was built without SQLite and has no spill store", usage};
  // A turn of 20 ms, as channels have when it is quick, would be the store's start more than its pace.
  const contest_options options = o.quick ? contest_options{.rounds = 2} : contest_options{};
  const std::vector<standing> standings = hold(cells, options);
  constexpr std::string_view rival = "sqlite";
  if (o.format == "json") return contests_json("spill", options, standings, {}, rival);
  if (o.format == "jsonl") return contests_jsonl(standings, {});
  if (o.format == "csv") return contests_csv(standings);
  return contests_table(standings, {}, "records", rival) + "\n" + spill_legend();
}

}  // namespace

weir::tool::grammar bench_grammar() {
  static bench_options unused;
  return grammar_of(unused);
}

int bench_command(std::vector<std::string> args) {
  bench_options o;
  const tool::grammar grammar = grammar_of(o);
  const tool::parsed words = tool::parse_words(grammar, args);
  if (words.answer) return tool::print(*words.answer);
  if (words.items) throw tool::usage_error{"bench takes a suite, not items (got ':::')", usage};
  if (words.operands.size() > 1)
    throw tool::usage_error{fmt::format("one suite at a time (got '{}' too)", words.operands[1]), usage};
  for (const std::string& name : words.operands)
    if (std::ranges::find(suites, name) == suites.end()) throw unknown("suite", name, suites);

  const std::string suite = words.operands.empty() ? "policies" : words.operands.front();
  if (suite == "policies") return tool::print(policies(o));
  return tool::print(suite == "spill" ? spill(o) : contests(o, suite));
}
