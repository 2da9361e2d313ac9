// What a measured plan says: the widths, what follows from them, the options to use.
//
// Thread-safety: values and pure functions.
#pragma once

#include <jobs/capacity_plan.hpp>
#include <jobs/width_trial.hpp>

#include <optional>
#include <span>
#include <string>

namespace weir::jobs {

/// The options of `weir run` that follow: "-j4 -q16".
std::string run_options_of(const width_findings&, const std::optional<capacity_plan>&);

/// What is not given of the load is what was found.
plan_request with_findings(plan_request, const width_findings&);

/// A table of the widths, the findings, the options to use, and the plan if there is one. `load` as it was
/// asked for.
std::string as_text(std::span<const width_result>, const width_findings&, const std::optional<capacity_plan>&,
                    const plan_request* load);

/// One object: cores, wait_compute, service (seconds), workers, options, widths; with a plan its keys too.
std::string as_json(std::span<const width_result>, const width_findings&,
                    const std::optional<capacity_plan>&);

/// The widths, a row each.
std::string as_csv(std::span<const width_result>);

}  // namespace weir::jobs
