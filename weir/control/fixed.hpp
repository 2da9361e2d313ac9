// A concurrency limit that does not adapt.
//
// Invariant: limit() is the option. A value type, not thread-safe.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

#include <cstdint>
#include <optional>

namespace weir::control {

struct fixed_options {
  std::int64_t limit = 20;  ///< calls at a time; at least 1
};

/// What is wrong with the options, if anything.
std::optional<option_error> check(const fixed_options&);

class fixed {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit fixed(const fixed_options& = {});

  /// The limit, whatever is measured. O(1).
  std::int64_t sample(time_point, duration, std::int64_t, bool) noexcept { return limit_; }

  std::int64_t limit() const noexcept { return limit_; }

 private:
  std::int64_t limit_;
};

}  // namespace weir::control
