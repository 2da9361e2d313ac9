// What the times of the calls say about the order of the values.
//
// The order of values is one: in at the back, out at the front. So what is known of either end is known of
// both, and what follows from the two together, too.
#pragma once

#include "history.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>

namespace weir::linear {

using progress = std::array<std::uint32_t, most_lanes>;  // steps done, a lane

inline constexpr stamp end_of_time = UINT64_MAX;

inline bool gives(const step& s) noexcept {
  return s.what == deed::push || s.what == deed::push_evicting || s.what == deed::redeem;
}
/// Says something about the channel, and leaves it as it is.
inline bool only_looks(const step& s) noexcept {
  switch (s.what) {
    case deed::refuse_full:
    case deed::refuse_held:
    case deed::refuse_rest:
    case deed::refuse_closed:
    case deed::find_empty:
    case deed::find_no_more:
    case deed::find_closed:
    case deed::close_again: return true;
    default: return false;
  }
}
inline bool takes(const step& s) noexcept { return s.what == deed::pop || s.what == deed::push_evicting; }

/// When, in which lane and as which of its steps a value came in or went out.
struct passing {
  stamp invoked = end_of_time;
  stamp returned = end_of_time;
  std::size_t lane = most_lanes;  // what is left behind goes out after all else, in the order it stands
  std::size_t index = 0;

  bool surely_before(const passing& other) const noexcept {
    return returned < other.invoked || (lane == other.lane && index < other.index);
  }
};

struct journey {
  value of = nothing;
  passing in;
  passing out;
};

/// The journeys of all values that are sent in a window, and received or left in it.
std::vector<journey> journeys_of(const window&);

/// Which value surely comes before which.
class value_order {
 public:
  explicit value_order(const std::vector<journey>& all)
      : words_((all.size() + 63) / 64), after_(all.size() * words_) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = 0; j < all.size(); ++j)
        if (all[i].in.surely_before(all[j].in) || all[i].out.surely_before(all[j].out)) set(i, j);
    }
    for (std::size_t via = 0; via < all.size(); ++via) {
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (!before(i, via)) continue;
        for (std::size_t w = 0; w < words_; ++w) after_[i * words_ + w] |= after_[via * words_ + w];
      }
    }
  }

  bool before(std::size_t i, std::size_t j) const noexcept {
    return (after_[i * words_ + j / 64] >> (j % 64) & 1) != 0;
  }

 private:
  void set(std::size_t i, std::size_t j) { after_[i * words_ + j / 64] |= std::uint64_t{1} << (j % 64); }

  const std::size_t words_;
  std::vector<std::uint64_t> after_;  // a row of bits for each value
};

/// How the values whose order is open are put in one.
enum class guess : std::uint8_t { by_end_of_send, by_end_of_receive };

/// The place of each value in an order that agrees with what is sure.
std::vector<std::size_t> places(const std::vector<journey>&, const value_order& sure, guess);

/// For each step that gives a value: how far the other lanes must be, so that none that comes before it is
/// still to be sent.
class sending_order {
 public:
  /// `before(i, j)`: the i-th value comes before the j-th.
  template <class Before>
  sending_order(const std::vector<journey>& all, Before before) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      progress& need = needs_[all[j].of];
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (i == j || !before(i, j)) continue;
        auto& of_lane = need[all[i].in.lane];
        of_lane = std::max(of_lane, static_cast<std::uint32_t>(all[i].in.index + 1));
      }
    }
  }

  bool allows(const step& s, const progress& done) const {
    const auto found = needs_.find(s.given);
    if (found == needs_.end()) return true;
    return std::ranges::equal(done, found->second, std::greater_equal());
  }

 private:
  std::unordered_map<value, progress> needs_;
};

}  // namespace weir::linear
