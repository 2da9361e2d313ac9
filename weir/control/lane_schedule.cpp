#include <weir/base/option_error.hpp>
#include <weir/control/lane_schedule.hpp>

#include <algorithm>
#include <cassert>

namespace weir::control {

std::optional<option_error> check(const lane_schedule_options& o) {
  if (auto bad = check_range("lanes", o.lanes, 1)) return bad;
  if (o.starvation_limit >= o.lanes) return std::nullopt;
  return bad_option("starvation_limit", o.starvation_limit,
                    {"is below the number of lanes, ", o.lanes, "; use ", o.lanes, " or more"});
}

lane_schedule::lane_schedule(const lane_schedule_options& options)
    : starvation_limit_(checked(options).starvation_limit),
      waits_(static_cast<std::size_t>(options.lanes)),
      passed_(static_cast<std::size_t>(options.lanes)),
      within_(static_cast<std::size_t>(options.lanes)) {}

std::optional<std::size_t> lane_schedule::pick_waiting() noexcept {
  std::optional<std::size_t> first;
  std::size_t below = 0;  // waiting lanes other than lane 0
  for (std::size_t i = passed_.size(); i-- > 0;) {
    if (!waits_[i]) {
      passed_[i] = 0;
      continue;
    }
    first = i;
    below += i > 0;
  }
  if (!first) return std::nullopt;
  const std::size_t picked = due_lane(below).value_or(*first);
  for (std::size_t i = 0; i < passed_.size(); ++i) passed_[i] += waits_[i];
  passed_[picked] = 0;
  return picked;
}

std::optional<std::size_t> lane_schedule::due_lane(std::size_t below) noexcept {
  if (below == 0) return std::nullopt;
  // Only a slack under the number of waiting lanes can make one due: count those, by slack.
  std::fill_n(within_.begin(), below, 0);
  std::int64_t least = starvation_limit_;
  std::size_t lane = 0;
  for (std::size_t i = 1; i < passed_.size(); ++i) {
    if (!waits_[i]) continue;
    const std::int64_t slack = starvation_limit_ - 1 - passed_[i];
    assert(slack >= 0);  // the invariant: never was a set of lanes so near its limit that one had to miss it
    if (slack < least) {
      least = slack;
      lane = i;
    }
    if (slack < static_cast<std::int64_t>(below)) ++within_[static_cast<std::size_t>(slack)];
  }
  std::size_t urgent = 0;
  for (std::size_t k = 1; k <= below; ++k) {
    urgent += within_[k - 1];
    if (urgent >= k) return lane;
  }
  return std::nullopt;
}

}  // namespace weir::control
