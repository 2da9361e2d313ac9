// Quantities as people write them: "250us", "50ms", "30s", "64K", "1.5G", "100/s", "100/s:20", "10%".
//
// Invariant: a text without a unit is refused, with a right one in the message, because "5" has been read as
// seconds and as milliseconds by people who were both sure; what to_string prints, parse_duration reads back
// as the same value. Thread-safety: pure functions.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// A duration: a number of 0 or more, with or without a fraction, and one of ns us ms s m h. A fraction below
/// a nanosecond is cut; beyond 292 years it is refused. Error: std::errc::invalid_argument; the detail names
/// the text and the remedy. O(length).
io_result<duration> parse_duration(std::string_view text);

/// The same duration in the largest unit that shows it exactly: "1500ms", "1m", "0s".
std::string to_string(duration);

/// Bytes: a number of 0 or more, whole or with a fraction, and nothing or one of B K M G T (powers of 1024,
/// also written KiB, MiB...; the number of bytes is cut to a whole one). Error as parse_duration.
io_result<std::uint64_t> parse_bytes(std::string_view text);

/// The same number of bytes in the largest unit that shows it exactly: "64M", "1000", "0".
std::string bytes_to_string(std::uint64_t);

/// How many may pass in a second, and how many at once after a quiet time.
struct rate {
  double per_second = 1;  ///< finite, above 0
  double burst = 1;       ///< finite, at least 1
  friend bool operator==(const rate&, const rate&) = default;
};

/// A rate: a number above 0, whole or with a fraction, `/s`, `/m` or `/h`, and maybe a colon and the burst, a
/// number of 1 or more (1 when it is left out). Error as parse_duration.
io_result<rate> parse_rate(std::string_view text);

/// A share: a number of 0 or more and a percent sign; "10%" is 0.1, "150%" 1.5. Error as parse_duration.
io_result<double> parse_share(std::string_view text);

}  // namespace weir
