// How many processors this process may use.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

/// Processors in the affinity mask, at most the cgroup's cpu.max rounded up, at least 1. Read at the first
/// call, so a later change of either is not seen. Thread-safe; O(1) after the first call.
std::size_t hardware() noexcept;

namespace detail {

/// What the text of a cgroup's cpu.max allows ("200000 100000" is 2), rounded up; 0: no limit, or not
/// understood.
std::size_t cpus_of_cpu_max(std::string_view text) noexcept;

}  // namespace detail

}  // namespace weir
