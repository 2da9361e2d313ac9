// How many calls may be under way at a time: any of the algorithms, by value, behind one interface.
//
// Invariant: limit() is within the bounds of the algorithm it was made from. A value type: no clock, thread,
// lock or allocation; not thread-safe.
#pragma once

#include <weir/base/time.hpp>
#include <weir/control/aimd.hpp>
#include <weir/control/fixed.hpp>
#include <weir/control/gradient2.hpp>
#include <weir/control/vegas.hpp>

#include <concepts>
#include <cstdint>
#include <utility>
#include <variant>

namespace weir::control {

/// What every limit offers. A new one takes a header of its own and a word in concurrency_limit.
template <class T>
concept limit_algorithm =
    requires(T limit, const T& same, time_point now, duration rtt, std::int64_t in_flight) {
      { limit.sample(now, rtt, in_flight, false) } noexcept -> std::same_as<std::int64_t>;
      { same.limit() } noexcept -> std::same_as<std::int64_t>;
    };

class concurrency_limit {
  template <limit_algorithm... T>
  using one_of = std::variant<T...>;
  using any_limit = one_of<fixed, aimd, vegas, gradient2>;

 public:
  /// By default a fixed limit of 20. Implicit: an algorithm is a limit.
  concurrency_limit() = default;
  template <limit_algorithm T>
    requires std::constructible_from<any_limit, T>
  concurrency_limit(T algorithm) : limit_(std::move(algorithm)) {}

  /// A call has ended: how long it took, how many were under way when it began (below 2^62), whether it was
  /// dropped. The new limit. O(1).
  std::int64_t sample(time_point now, duration rtt, std::int64_t in_flight, bool dropped) noexcept {
    return std::visit([&](auto& limit) { return limit.sample(now, rtt, in_flight, dropped); }, limit_);
  }

  /// Calls that may be under way at a time; at least 1.
  std::int64_t limit() const noexcept {
    return std::visit([](const auto& limit) { return limit.limit(); }, limit_);
  }

 private:
  any_limit limit_;
};

}  // namespace weir::control
