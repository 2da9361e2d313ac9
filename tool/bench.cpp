// `weir bench`: what the demo shows, as figures.

#include <bench/harness/flood.hpp>
#include <bench/harness/policies_report.hpp>
#include <tool/commands.hpp>
#include <tool/grammar.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace {

namespace tool = weir::tool;
using namespace weir::bench;

constexpr const char* usage = "usage: weir bench [policies] [--quick] [--format text|json|jsonl|csv]";

constexpr std::array<std::string_view, 1> suites = {"policies"};
constexpr std::array<std::string_view, 3> later = {"channel", "pool", "spill"};
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

tool::usage_error unknown_suite(const std::string& name) {
  if (std::ranges::find(later, name) == later.end()) return unknown("suite", name, suites);
  return {fmt::format("suite {} is not available yet; there is {}", name, fmt::join(suites, ", ")), usage};
}

void set_format(bench_options& o, const std::string& name) {
  if (std::ranges::find(formats, name) == formats.end()) throw unknown("format", name, formats);
  o.format = name;
}

tool::grammar grammar_of(bench_options& o) {
  std::vector<tool::option> options = {
      {"--quick", "", "a second a strategy instead of five", "",
       [&o](const std::string&) { o.quick = true; }},
      {"--format", "text|json|jsonl|csv", "how to report; default text",
       "seconds, bytes and jobs but in text", [&o](const std::string& v) { set_format(o, v); }},
  };
  return tool::grammar(
      {.usage = usage,
       .summary = "policies: the same flood through each overflow policy and through an unbounded queue.\n",
       .closing =
           "examples:\n  weir bench policies --quick\n  weir bench policies --format csv > policies.csv\n",
       .more = policies_legend({.work = {1, usual_service}})},
      tool::operands::anywhere, {{"options:", std::move(options)}});
}

std::string report(const bench_options& o, const flood_options& flood,
                   const std::vector<flood_result>& results) {
  if (o.format == "json") return policies_json(flood, results);
  if (o.format == "jsonl") return policies_jsonl(results);
  if (o.format == "csv") return policies_csv(results);
  return describe(flood) + "\n" + policies_table(results) + "\n" + policies_legend(flood);
}

}  // namespace

int bench_command(std::vector<std::string> args) {
  bench_options o;
  const tool::grammar grammar = grammar_of(o);
  const tool::parsed words = grammar.parse(args);
  if (words.help == tool::help::brief) return tool::print(grammar.brief_help());
  if (words.help == tool::help::full) return tool::print(grammar.full_help());
  if (words.items) throw tool::usage_error{"bench takes a suite, not items (got ':::')", usage};
  if (words.operands.size() > 1)
    throw tool::usage_error{fmt::format("one suite at a time (got '{}' too)", words.operands[1]), usage};
  for (const std::string& name : words.operands)
    if (std::ranges::find(suites, name) == suites.end()) throw unknown_suite(name);

  flood_options flood{.work = calibrate(usual_service)};
  if (o.quick) flood.length = std::chrono::seconds(1);
  std::vector<flood_result> results;
  for (const strategy& s : strategies()) results.push_back(weir::bench::flood(s, flood));
  return tool::print(report(o, flood, results));
}
