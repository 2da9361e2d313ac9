#include "history.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace weir::linear {
namespace {

std::string_view outcome(deed d) {
  switch (d) {
    case deed::push: return "accepted";
    case deed::push_evicting: return "accepted, evicting ";
    case deed::refuse_full: return "no place";
    case deed::refuse_held: return "permits hold every place";
    case deed::refuse_rest: return "no more";
    case deed::refuse_closed: return "closed";
    case deed::reserve: return "a permit";
    case deed::redeem: return "redeemed";
    case deed::give_back: return "given back";
    case deed::pop: return "";
    case deed::find_empty: return "no value";
    case deed::find_no_more: return "no more";
    case deed::find_closed: return "closed and drained";
    case deed::close_first: return "closed it";
    case deed::close_again: return "was closed";
  }
  return "?";
}

}  // namespace

std::string name_of(value v) {
  return v == nothing ? "nothing" : std::to_string(lane_of(v)) + "." + std::to_string(turn_of(v));
}

std::size_t count_steps(const window& w) {
  std::size_t n = 0;
  for (const lane& l : w.lanes) n += l.size();
  return n;
}

std::string to_string(const step& s) {
  std::string text = std::string(s.call) + "(" + (s.given == nothing ? "" : name_of(s.given)) + ") -> ";
  text += outcome(s.what);
  if (s.taken != nothing) text += name_of(s.taken);
  return text;
}

std::string to_string(const contents& c) {
  std::string text = "[";
  for (const value v : c.values) text += (text.size() > 1 ? " " : "") + name_of(v);
  return text + (c.closed ? "], closed" : "], open");
}

std::string to_string(const window& w) {
  struct row {
    stamp invoked;
    std::string text;
  };
  std::vector<row> rows;
  for (std::size_t l = 0; l < w.lanes.size(); ++l) {
    for (const step& s : w.lanes[l])
      rows.push_back({s.invoked, "  lane " + std::to_string(l) + "  [" + std::to_string(s.invoked) + ", " +
                                     std::to_string(s.returned) + "]  " + to_string(s) + "\n"});
  }
  std::ranges::sort(rows, {}, [](const row& r) { return std::pair(r.invoked, r.text); });
  std::string text;
  for (const row& r : rows) text += r.text;
  return text;
}

}  // namespace weir::linear
