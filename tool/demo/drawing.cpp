#include <tool/demo/drawing.hpp>

#include <bench/harness/readable.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace weir::tool::demo {

using weir::bench::flood_sample;
using weir::bench::readable;
using weir::bench::readable_bytes;
using weir::bench::readable_count;
using weir::bench::readable_rate;

colour bar_colour(std::uint64_t depth, bar_scale scale) {
  if (!scale.marked) return colour::yellow;
  const bool low = static_cast<double>(depth) < warning_share * static_cast<double>(scale.full);
  return low ? colour::green : colour::red;
}

bar_scale scale_of(const weir::bench::strategy& how, const weir::bench::flood_options& options) {
  if (how.bounded()) return {how.queue_capacity, true};
  return {std::max<std::uint64_t>(1, options.arrivals()), false};
}

std::string row_head() {
  return fmt::format("{:>8}  {:<24}{:>6}{:>9}{:>10}{:>8}{:>10}\n", "time", "queue", "depth", "wait",
                     "goodput", "lost", "memory");
}

std::string row(const terminal& t, const flood_sample& s, bar_scale scale) {
  const std::string drawn = t.paint(bar_colour(s.depth, scale), bar(s.depth, scale, 21));
  return fmt::format("{:>8}  {} {:>6}{:>9}{:>8}/s{:>8}{:>10}\n", readable(s.elapsed), drawn, s.depth,
                     readable(s.wait), readable_rate(s.goodput), readable_count(s.lost),
                     readable_bytes(s.memory));
}

std::vector<std::string> panel(const terminal& t, const flood_sample& s, bar_scale scale) {
  const std::string depth =
      scale.marked ? fmt::format("{} of {}", s.depth, scale.full) : fmt::format("{}", s.depth);
  const int cells = std::max(10, t.columns() - 14 - 9);
  return {
      fmt::format("  queue {} {}", t.paint(bar_colour(s.depth, scale), bar(s.depth, scale, cells)), depth),
      fmt::format("  {:>7}   wait {:>7}   goodput {:>4}/s   lost {:>5}   memory {:>8}", readable(s.elapsed),
                  readable(s.wait), readable_rate(s.goodput), readable_count(s.lost),
                  readable_bytes(s.memory))};
}

}  // namespace weir::tool::demo
