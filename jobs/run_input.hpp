// What a run reads its items from, and how much of them fits into one job.
#pragma once

#include <jobs/command_template.hpp>
#include <jobs/run.hpp>
#include <jobs/source.hpp>
#include <weir/base/error.hpp>

#include <cstddef>
#include <memory>

namespace weir::jobs {

/// The words of the request, which are moved out of it, or the file, or standard input. `interrupt`: see
/// stream_source. Error: the input cannot be opened; the detail says which and why.
io_result<std::unique_ptr<source>> open_input(run_request& request, int interrupt);

/// Bytes of items that fit into one command: what the system allows (execve(2)) less what else is there.
std::size_t batch_budget(const command_template& command);

}  // namespace weir::jobs
