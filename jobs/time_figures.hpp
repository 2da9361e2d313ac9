// How the times of many jobs are told: p50, p90, p99 and the longest.
//
// Thread-safety: pure functions.
#pragma once

#include <jobs/report.hpp>
#include <weir/base/time.hpp>
#include <weir/observe/histogram.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <utility>

namespace weir::jobs {

inline constexpr std::array<std::pair<const char*, double>, 4> time_quantiles{
    {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1}}};

inline double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

/// "  p50 1.2ms  p90 ...".
inline std::string times_text(const histogram_snapshot& times) {
  std::string text;
  for (const auto& [name, q] : time_quantiles) text += fmt::format("  {} {}", name, brief(times.p(q)));
  return text;
}

/// The same in seconds.
inline nlohmann::ordered_json times_json(const histogram_snapshot& times) {
  nlohmann::ordered_json object;
  for (const auto& [name, q] : time_quantiles) object[name] = seconds(times.p(q));
  return object;
}

}  // namespace weir::jobs
