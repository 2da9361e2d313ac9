// The floods' outcome as a table for people, and as JSON, JSON lines and CSV in base units for programs.
//
// Invariant: every number is one that was measured; text rounds, the other formats do not. Where a figure
// could not be had the text says "unknown", JSON null and CSV nothing. Thread-safety: pure functions.
#pragma once

#include <bench/harness/flood.hpp>

#include <span>
#include <string>

namespace weir::bench {

/// How the floods were made: lines of at most 79 columns.
std::string describe(const flood_options&);

/// A head of two lines and a line a strategy, 79 columns wide at most as long as counts have six digits.
std::string policies_table(std::span<const flood_result>);

/// What the columns mean: lines of at most 79 columns.
std::string policies_legend(const flood_options&);

/// One object: how the floods were made, and "policies", an array. Ends with a newline.
std::string policies_json(const flood_options&, std::span<const flood_result>);

/// One object a line, a strategy each.
std::string policies_jsonl(std::span<const flood_result>);

/// A head with units in the names, and a line a strategy.
std::string policies_csv(std::span<const flood_result>);

}  // namespace weir::bench
