// How a flood looks: one row of figures off a terminal, a panel of two lines on one.
//
// Thread-safety: pure functions.
#pragma once

#include <bench/harness/flood.hpp>
#include <tool/bar.hpp>
#include <tool/demo/terminal.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::tool::demo {

/// Green below the mark, red from it on; yellow when there is no mark.
colour bar_colour(std::uint64_t depth, bar_scale);

/// The scale for a strategy under that flood.
bar_scale scale_of(const weir::bench::strategy&, const weir::bench::flood_options&);

/// The head of the rows, and a row: time, bar, depth, wait, goodput, lost, memory. At most 79 columns.
std::string row_head();
std::string row(const terminal&, const weir::bench::flood_sample&, bar_scale);

/// The panel: the bar over the whole width, and below it the figures.
std::vector<std::string> panel(const terminal&, const weir::bench::flood_sample&, bar_scale);

}  // namespace weir::tool::demo
