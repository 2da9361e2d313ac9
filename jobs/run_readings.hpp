// The figures of a run under the names that Prometheus knows them by.
//
// Thread-safety: a pure function.
#pragma once

#include <jobs/live_figures.hpp>
#include <weir/observe/readings.hpp>

#include <string_view>

namespace weir::jobs {

/// Those of the pool, corrected as the report corrects them (what the run ended before it could start was
/// cancelled, say), and what held jobs back: further attempts always, rate, limit, breaker and shadow where
/// they were asked for. weir_in_flight counts attempts, not jobs that stand at a gate.
void add(readings& to, std::string_view pool, const live_figures&);

}  // namespace weir::jobs
