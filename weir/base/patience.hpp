// Waiting for somebody who is known to be about to finish.
//
// Thread-safety: each object belongs to one thread.
#pragma once

#include <weir/base/futex.hpp>

#include <chrono>
#include <cstdint>

namespace weir::detail {

/// Each call gives the other side a little longer: it polls for under a microsecond (not on one processor),
/// then yields, then sleeps 50 us at a time, so that somebody of lower priority gets the processor, too.
template <class Atomics>
class patience {
 public:
  void operator()() noexcept {
    if (Atomics::may_poll() && spent_ < polls) {
      Atomics::pause();
    } else if (spent_ < polls + yields) {
      Atomics::yield();
    } else {
      typename Atomics::template atomic<std::uint32_t> nobody_wakes{0};
      Atomics::wait(nobody_wakes, 0, after(Atomics::now(), nap));
      return;
    }
    ++spent_;
  }

 private:
  static constexpr int polls = 30;
  static constexpr int yields = 20;
  static constexpr duration nap = std::chrono::microseconds(50);

  int spent_ = 0;
};

}  // namespace weir::detail
