#include "value_order.hpp"

#include <numeric>
#include <utility>

namespace weir::linear {

std::vector<journey> journeys_of(const window& w) {
  std::unordered_map<value, passing> out;
  for (std::size_t l = 0; l < w.lanes.size(); ++l) {
    for (std::size_t i = 0; i < w.lanes[l].size(); ++i) {
      const step& s = w.lanes[l][i];
      if (takes(s)) out[s.taken] = {s.invoked, s.returned, l, i};
    }
  }
  if (w.after) {
    for (std::size_t i = 0; i < w.after->values.size(); ++i) out[w.after->values[i]] = {.index = i};
  }
  std::vector<journey> all;
  for (std::size_t l = 0; l < w.lanes.size(); ++l) {
    for (std::size_t i = 0; i < w.lanes[l].size(); ++i) {
      const step& s = w.lanes[l][i];
      if (!gives(s)) continue;
      if (const auto found = out.find(s.given); found != out.end())
        all.push_back({s.given, {s.invoked, s.returned, l, i}, found->second});
    }
  }
  return all;
}

std::vector<std::size_t> places(const std::vector<journey>& all, const value_order& sure, guess by) {
  const auto key = [by](const journey& j) {
    return by == guess::by_end_of_send ? j.in.returned : j.out.returned;
  };
  std::vector<std::size_t> waits_for(all.size());  // how many must come before it and have no place yet
  for (std::size_t j = 0; j < all.size(); ++j) {
    for (std::size_t i = 0; i < all.size(); ++i) waits_for[j] += sure.before(i, j);
  }
  std::vector<std::size_t> open(all.size());
  std::iota(open.begin(), open.end(), std::size_t{0});
  std::vector<std::size_t> place(all.size());
  for (std::size_t next = 0; next < all.size(); ++next) {
    const auto chosen = std::ranges::min_element(
        open, {}, [&](std::size_t i) { return std::pair(waits_for[i], key(all[i])); });
    place[*chosen] = next;
    for (const std::size_t i : open) waits_for[i] -= i != *chosen && sure.before(*chosen, i);
    open.erase(chosen);
  }
  return place;
}

}  // namespace weir::linear
