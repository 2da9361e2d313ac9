// What held jobs back, and how often they were tried again: a part of the report of a run.
//
// Thread-safety: values and pure functions.
#pragma once

#include <weir/base/time.hpp>
#include <weir/control/circuit_breaker.hpp>
#include <weir/observe/histogram.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::jobs {

struct breaker_figures {
  control::breaker_state state = control::breaker_state::closed;
  std::uint64_t changes = 0;
  std::uint64_t opened = 0;
  std::uint64_t held = 0;  ///< attempts that had to wait for it
  duration held_time{};    ///< in which it held starts back
};

/// A number that moves: the adaptive limit, the workers.
struct moving_figures {
  std::uint64_t now = 0, least = 0, most = 0;
};

struct lane_figures {
  std::uint64_t submitted = 0;
  std::uint64_t started = 0;
  std::uint64_t lost = 0;
  histogram_snapshot wait{};  ///< of those started, from arrival
};

/// What would have been held or refused, had it not been a shadow.
struct shadow_figures {
  std::uint64_t rate = 0, breaker = 0, limit = 0, retry_budget = 0, deadline = 0;
};

/// What was not asked for is not there.
struct control_report {
  std::uint64_t retries = 0;          ///< attempts beyond the first ones
  std::uint64_t retries_refused = 0;  ///< by the budget
  bool has_rate = false;
  std::uint64_t rate_limited = 0;  ///< attempts that had to wait for the rate
  duration rate_limited_time{};    ///< in which it held starts back
  std::optional<breaker_figures> breaker{};
  std::optional<moving_figures> limit{};
  std::optional<moving_figures> workers{};
  std::vector<lane_figures> lanes{};
  std::optional<shadow_figures> shadow{};
};

/// "closed", "open", "half_open".
const char* name_of(control::breaker_state) noexcept;

/// A line each of what there is to tell, each ended by a newline; "" for nothing.
std::string as_text(const control_report&);

/// retries, retries_refused, rate_limited, rate_limited_seconds always; breaker, limit, workers, lanes and
/// shadow when they were asked for.
void add_to(nlohmann::ordered_json& object, const control_report&);

}  // namespace weir::jobs
