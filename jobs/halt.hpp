// Counts failures until the user's --halt rule says that the run is over.
#pragma once

#include <jobs/run_options.hpp>

#include <atomic>
#include <cstdint>

namespace weir::jobs {

/// Thread-safe.
class halt_watch {
 public:
  explicit halt_watch(halt_rule rule) noexcept : rule_(rule) {}

  /// A job has failed for good. True for exactly one call, the one that completes the rule's number.
  bool failed() noexcept {
    if (rule_.what == halt_rule::kind::never) return false;
    // Relaxed: the number alone decides; who is told publishes nothing by it.
    return failures_.fetch_add(1, std::memory_order_relaxed) + 1 == rule_.failures;
  }

  const halt_rule& rule() const noexcept { return rule_; }

 private:
  const halt_rule rule_;
  std::atomic<std::uint64_t> failures_ = 0;
};

}  // namespace weir::jobs
