// What guards show of themselves, as sources of figures.
//
//   const auto shown = weir::add_figures(sources, "db", breaker);
//
// Each shows, under its name in the label `pool`, what it decides, and what it would have refused in shadow
// mode. The guard outlives the handle. Thread-safety: all of it; each is O(1) a collection.
#pragma once

#include <weir/guard/bulkhead.hpp>
#include <weir/guard/circuit_breaker.hpp>
#include <weir/guard/rate_limiter.hpp>
#include <weir/guard/retry.hpp>
#include <weir/guard/throttle.hpp>
#include <weir/observe/figure_sources.hpp>

#include <string>

namespace weir {

/// weir_circuit_state; shadow: reason "breaker".
[[nodiscard]] figure_source add_figures(figure_sources&, std::string name, const circuit_breaker&);
/// weir_rate_limited_total; shadow: reason "rate".
[[nodiscard]] figure_source add_figures(figure_sources&, std::string name, const rate_limiter&);
/// weir_concurrency_limit and weir_in_flight; shadow: reason "limit".
[[nodiscard]] figure_source add_figures(figure_sources&, std::string name, const bulkhead&);
/// weir_jobs_retried_total; shadow: reason "retry".
[[nodiscard]] figure_source add_figures(figure_sources&, std::string name, const retry&);
/// Shadow: reason "throttle".
[[nodiscard]] figure_source add_figures(figure_sources&, std::string name, const throttle&);

}  // namespace weir
