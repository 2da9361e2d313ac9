// Measured quantities for people, three digits and a unit (weir::to_string is for exact ones), and text that
// fits.
//
// Thread-safety: pure functions.
#pragma once

#include <weir/base/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::bench {

/// "0 s", "870 ns", "2.04 ms", "64.2 ms", "1.92 s", "120 s". Negative durations count as 0.
std::string readable(duration);

/// "0 B", "512 B", "2.05 MiB", "250 MiB"; "unknown" for none.
std::string readable_bytes(std::optional<std::uint64_t>);

/// "0", "7.3", "413", "12,400": a whole number, or a rate.
std::string readable_count(std::uint64_t);
std::string readable_rate(double);

/// The text with its lines broken at blanks so that none is wider than `columns` (a longer word stays whole).
/// Newlines stay where they are. O(length).
std::string wrapped(std::string_view text, std::size_t columns);

}  // namespace weir::bench
