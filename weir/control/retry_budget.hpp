// How many retries there may be: a share of the requests, and a few a second besides.
//
// When everything fails, retries without a budget multiply the load that made it fail. Here a request pays in
// and a retry costs what 1 / ratio requests pay; both are forgotten after the window.
//
// Invariant: retries granted within the window cost at most what its requests paid in plus the reserve
// (min_per_second for the length of the window), except for deposits that leave it before the retries they
// paid for: then the balance is a debt, kept as it is. A value type: no clock, thread, lock or allocation;
// not thread-safe. Rules to the bit: tests/vectors/README.md, "retry_budget". Source: Finagle's RetryBudget
// on TokenBucket.newLeakyBucket; Linkerd's is the same.
#pragma once

#include <weir/base/error.hpp>
#include <weir/base/time.hpp>
#include <weir/control/sliced_window.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace weir::control {

struct retry_budget_options {
  duration window = std::chrono::seconds(10);  ///< how long a request counts; 1 s to 60 s
  std::int64_t min_per_second = 10;            ///< retries always granted; 0 to 1,000,000
  double ratio = 0.2;                          ///< retries a request; 0 to 1000
};

/// What is wrong with the options, if anything: the first bad one in the order written.
std::optional<option_error> check(const retry_budget_options&);

class retry_budget {
 public:
  /// Throws std::invalid_argument with the message of `check`; traps where exceptions are off.
  explicit retry_budget(const retry_budget_options& = {});

  /// A request, not a retry, is made: it pays in. O(1).
  void deposit(time_point now) noexcept;

  /// May one retry be made? If so it is paid for; a refusal costs nothing. O(1).
  bool try_withdraw(time_point now) noexcept;

  /// How many retries could be made at once, at least 0. Changes nothing. O(1).
  std::int64_t balance(time_point now) const noexcept;

 private:
  retry_budget_options options_;
  std::int64_t credit_;                 // what a request pays
  std::int64_t price_;                  // what a retry costs
  std::int64_t reserve_;                // what is always there
  time_point now_ = time_point::min();  // the largest time seen
  sliced_window<1> sum_;                // paid in less taken out
};

}  // namespace weir::control
