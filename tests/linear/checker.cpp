#include "checker.hpp"

#include "channel_model.hpp"
#include "value_order.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <sstream>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace weir::linear {
namespace {

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
  search(const window& w, const sending_order& order, std::size_t most)
      : window_(w), most_(most), order_(order), model_(w.capacity, w.before), total_(count_steps(w)) {
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
    hurry(found);
    return found;
  }

  /// Whoever saw it full needs sends first, whoever saw it empty receives.
  void hurry(std::vector<std::size_t>& lanes) const {
    const auto looking = std::ranges::find_if(lanes, [&](std::size_t l) { return only_looks(*next_of(l)); });
    if (looking == lanes.end()) return;
    const bool full = next_of(*looking)->what == deed::refuse_full;
    std::ranges::sort(lanes, {}, [&](std::size_t l) {
      const step& s = *next_of(l);
      return std::pair(full ? takes(s) : gives(s), s.returned);
    });
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
    // A step that only looks may as well come now as later: if any order goes on from here, one with it does.
    for (const std::size_t l : lanes)
      if (only_looks(*next_of(l)) && model_.apply(*next_of(l))) return go_on(l);
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
    if (go_on(l)) return true;
    model_.restore(before);
    return false;
  }

  bool go_on(std::size_t l) {
    ++done_[l], ++steps_done_;
    if (explain_all()) return true;
    --done_[l], --steps_done_;
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
  const sending_order& order_;
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

verdict check(const window& w, std::size_t most) {
  const std::vector<journey> all = journeys_of(w);
  const value_order sure(all);
  const std::vector<std::size_t> by_send = places(all, sure, guess::by_end_of_send);
  const std::vector<std::size_t> by_receive = places(all, sure, guess::by_end_of_receive);
  std::size_t tried = 0;
  const auto attempt = [&](std::size_t at_most, auto before) {
    const sending_order order(all, before);
    verdict v = search(w, order, std::min(at_most, most)).run();
    v.configurations = tried += v.configurations;
    return v;
  };
  // A guess at the order of values leaves little to search, and is nearly always right. Only the last attempt
  // can say that there is no order.
  const auto sent_before = [&](std::size_t i, std::size_t j) { return by_send[i] < by_send[j]; };
  const auto both = [&](std::size_t i, std::size_t j) {
    return by_send[i] < by_send[j] && by_receive[i] < by_receive[j];
  };
  if (verdict v = attempt(5'000, sent_before); v.answer == answer::linearisable) return v;
  if (verdict v = attempt(200'000, both); v.answer == answer::linearisable) return v;
  return attempt(most, [&](std::size_t i, std::size_t j) { return sure.before(i, j); });
}

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
