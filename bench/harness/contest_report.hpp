// The contests' outcome as a table for people, and as JSON, JSON lines and CSV in base units for programs.
//
// Invariant: every number is one that was measured; text rounds, the other formats do not. Where there is
// nothing to compare with the text says "-", JSON null and CSV nothing. Thread-safety: pure functions.
#pragma once

#include <bench/harness/contest.hpp>
#include <bench/harness/contests.hpp>

#include <span>
#include <string>
#include <string_view>

namespace weir::bench {

/// A row a contestant, the cell at its first; below it, with pools, the latencies. `item` is what is counted:
/// "items", "jobs"; `rival` the contestant whom the ratios are over.
std::string contests_table(std::span<const standing>, std::span<const latency_standing>,
                           std::string_view item, std::string_view rival = "condvars");

/// What the columns and the contestants are.
std::string channel_legend();
std::string pool_legend();
std::string spill_legend();

/// One object: benchmark, rounds, units, standings, and with pools latencies.
std::string contests_json(std::string_view benchmark, const contest_options&, std::span<const standing>,
                          std::span<const latency_standing>, std::string_view rival = "condvars");
/// A line a contestant.
std::string contests_jsonl(std::span<const standing>, std::span<const latency_standing>);
/// A header and a line a standing; latencies are left to the other formats.
std::string contests_csv(std::span<const standing>);

}  // namespace weir::bench
