#include "checker.hpp"

#include "channel_model.hpp"

#include <algorithm>
#include <cassert>
#include <sstream>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace weir::linear {
namespace {

using progress = std::array<std::uint32_t, most_lanes>;  // steps done, a lane

constexpr stamp end_of_time = UINT64_MAX;

bool gives(const step& s) noexcept {
  return s.what == deed::push || s.what == deed::push_evicting || s.what == deed::redeem;
}
bool takes(const step& s) noexcept { return s.what == deed::pop || s.what == deed::push_evicting; }

/// When and where a value left: in a step, or behind all of them, as one of those left.
struct departure {
  stamp invoked = end_of_time;
  stamp returned = end_of_time;
  std::size_t lane = most_lanes;
  std::size_t index = 0;

  bool surely_before(const departure& other) const noexcept {
    return returned < other.invoked || (lane == other.lane && index < other.index);
  }
};

struct giving {
  value given;
  std::size_t lane;
  std::size_t index;
  departure left;
};

/// For each step that gives a value: how far the other lanes must be, so that nothing that surely left
/// earlier is still to be sent.
class sending_order {
 public:
  explicit sending_order(const window& w) {
    std::unordered_map<value, departure> left;
    for (std::size_t l = 0; l < w.lanes.size(); ++l) {
      for (std::size_t i = 0; i < w.lanes[l].size(); ++i) {
        const step& s = w.lanes[l][i];
        if (takes(s)) left[s.taken] = {s.invoked, s.returned, l, i};
      }
    }
    if (w.after) {
      for (std::size_t i = 0; i < w.after->values.size(); ++i)
        left[w.after->values[i]] = {end_of_time, end_of_time, most_lanes, i};
    }
    std::vector<giving> all;
    for (std::size_t l = 0; l < w.lanes.size(); ++l) {
      for (std::size_t i = 0; i < w.lanes[l].size(); ++i) {
        const step& s = w.lanes[l][i];
        if (!gives(s)) continue;
        if (const auto found = left.find(s.given); found != left.end())
          all.push_back({s.given, l, i, found->second});
      }
    }
    for (const giving& g : all) {
      progress& need = needs_[g.given];
      for (const giving& other : all) {
        if (other.left.surely_before(g.left))
          need[other.lane] = std::max(need[other.lane], static_cast<std::uint32_t>(other.index + 1));
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

struct configuration {
  progress done;
  std::size_t permits;
  bool closed;
  std::vector<value> values;
  friend bool operator==(const configuration&, const configuration&) = default;
};

struct configuration_hash {
  std::size_t operator()(const configuration& c) const noexcept {
    std::size_t h = c.permits * 2 + c.closed;
    const auto mix = [&h](std::uint64_t x) { h = (h ^ x) * 0x9e3779b97f4a7c15u, h ^= h >> 29; };
    for (const auto d : c.done) mix(d);
    for (const value v : c.values) mix(v);
    return h;
  }
};

class search {
 public:
  search(const window& w, std::size_t most)
      : window_(w), most_(most), order_(w), model_(w.capacity, w.before), total_(count_steps(w)) {
    assert(w.lanes.size() <= most_lanes);
  }

  verdict run() {
    verdict v;
    if (!explain_all()) v.answer = gave_up_ ? answer::gave_up : answer::not_linearisable;
    v.configurations = seen_.size();
    if (v.answer != answer::linearisable) v.explanation = explanation();
    return v;
  }

 private:
  const step* next_of(std::size_t l) const {
    return done_[l] < window_.lanes[l].size() ? &window_.lanes[l][done_[l]] : nullptr;
  }

  /// Lanes whose next step may come now: its call began before any other open one returned. Those that
  /// return first come first, for they cannot wait.
  std::vector<std::size_t> candidates() const {
    stamp horizon = end_of_time;
    std::vector<std::size_t> found;
    for (std::size_t l = 0; l < window_.lanes.size(); ++l) {
      if (const step* const s = next_of(l)) {
        horizon = std::min(horizon, s->returned);
        found.push_back(l);
      }
    }
    std::erase_if(found, [&](std::size_t l) { return next_of(l)->invoked > horizon; });
    std::ranges::sort(found, {}, [&](std::size_t l) { return next_of(l)->returned; });
    return found;
  }

  bool is_the_end() const {
    if (!window_.after) return true;
    return window_.after->closed == model_.closed() &&
           std::ranges::equal(window_.after->values, model_.values());
  }

  /// True when the steps that are not done can be put in order from here.
  bool explain_all() {
    if (steps_done_ == total_) return is_the_end();
    const auto now = model_.values();
    if (!seen_.insert({done_, model_.permits(), model_.closed(), {now.begin(), now.end()}}).second)
      return false;
    if (seen_.size() > most_) gave_up_ = true;
    if (gave_up_) return false;
    note_progress();
    const std::vector<std::size_t> lanes = candidates();
    for (const std::size_t l : lanes) {
      if (model_.capacity() == 0 && try_to_meet(l, lanes)) return true;
      if (try_alone(l)) return true;
    }
    return false;
  }

  bool try_alone(std::size_t l) {
    const step& s = *next_of(l);
    if (gives(s) && !order_.allows(s, done_)) return false;
    const auto before = model_.save();
    if (!model_.apply(s)) return false;
    ++done_[l], ++steps_done_;
    if (explain_all()) return true;
    --done_[l], --steps_done_;
    model_.restore(before);
    return false;
  }

  bool try_to_meet(std::size_t giver, const std::vector<std::size_t>& lanes) {
    for (const std::size_t taker : lanes) {
      if (taker == giver || !model_.meet(*next_of(giver), *next_of(taker))) continue;
      ++done_[giver], ++done_[taker], steps_done_ += 2;
      if (explain_all()) return true;
      --done_[giver], --done_[taker], steps_done_ -= 2;
    }
    return false;
  }

  void note_progress() {
    if (steps_done_ < furthest_ || (steps_done_ == furthest_ && furthest_ != 0)) return;
    furthest_ = steps_done_;
    furthest_done_ = done_;
    furthest_values_.assign(model_.values().begin(), model_.values().end());
    furthest_closed_ = model_.closed();
  }

  /// Around the point where the best order got stuck; a window has hundreds of lines.
  std::string explanation() const {
    std::ostringstream out;
    out << (gave_up_ ? "gave up looking for an order" : "no order explains this window") << " after "
        << seen_.size() << " configurations\ncapacity " << window_.capacity
        << ", before: " << to_string(window_.before) << "\nan order of " << furthest_ << " of " << total_
        << " steps leads to: " << to_string(contents{furthest_values_, furthest_closed_})
        << (window_.after ? "; all of them must lead to: " + to_string(*window_.after) : "")
        << "\nthere, of each lane, the last steps done and the next ones:\n";
    for (std::size_t l = 0; l < window_.lanes.size(); ++l) {
      const std::size_t at = furthest_done_[l];
      for (std::size_t i = at < 3 ? 0 : at - 3; i < std::min(at + 3, window_.lanes[l].size()); ++i) {
        const step& s = window_.lanes[l][i];
        out << (i < at    ? "   done"
                : i == at ? "-> next"
                          : "  later")
            << "  lane " << l << "  [" << s.invoked << ", " << s.returned << "]  " << to_string(s) << '\n';
      }
    }
    if (total_ <= 64) out << "all of it:\n" << to_string(window_);
    return out.str();
  }

  const window& window_;
  const std::size_t most_;
  const sending_order order_;
  channel_model model_;
  const std::size_t total_;
  progress done_{};
  std::size_t steps_done_ = 0;
  std::unordered_set<configuration, configuration_hash> seen_;
  bool gave_up_ = false;
  std::size_t furthest_ = 0;
  progress furthest_done_{};
  std::vector<value> furthest_values_;
  bool furthest_closed_ = false;
};

}  // namespace

verdict check(const window& w, std::size_t most) { return search(w, most).run(); }

std::string check_values(const std::vector<window>& round, const contents& left) {
  enum class fate : std::uint8_t { sent, gone };
  std::unordered_map<value, fate> fates;
  for (const window& w : round) {
    for (const lane& l : w.lanes) {
      for (const step& s : l) {
        if (gives(s) && !fates.emplace(s.given, fate::sent).second)
          return name_of(s.given) + " was sent twice";
      }
    }
  }
  const auto leave = [&fates](value v) -> std::string {
    const auto found = fates.find(v);
    if (found == fates.end()) return name_of(v) + " was never sent, and came out";
    if (std::exchange(found->second, fate::gone) == fate::gone) return name_of(v) + " came out twice";
    return {};
  };
  std::array<std::array<std::int64_t, most_lanes>, most_lanes> last;
  for (auto& of_receiver : last) of_receiver.fill(-1);
  for (const window& w : round) {
    for (std::size_t l = 0; l < w.lanes.size(); ++l) {
      for (const step& s : w.lanes[l]) {
        if (!takes(s)) continue;
        if (std::string why = leave(s.taken); !why.empty()) return why;
        auto& before = last[l][lane_of(s.taken)];
        if (std::exchange(before, turn_of(s.taken)) > turn_of(s.taken))
          return "lane " + std::to_string(l) + " got " + name_of(s.taken) +
                 " behind a later one of its sender";
      }
    }
  }
  for (const value v : left.values)
    if (std::string why = leave(v); !why.empty()) return why;
  for (const auto& [v, f] : fates)
    if (f == fate::sent) return name_of(v) + " was accepted, and is lost";
  return {};
}

}  // namespace weir::linear
