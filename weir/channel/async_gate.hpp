// Waiting without a thread for whichever of several things comes first: what async_select and sleep_for
// share.
//
// A wait has two ends that may come in either order: somebody decides it (a partner, a stop callback, a
// timer), and the coroutine has done with preparing to wait. Both arrive here; the second one goes on. So the
// preparing may list, arm and unlock in peace: the coroutine is resumed only after it.
//
// Orders: the two arrivals are acquire-release on one word: the second sees what the first did.
// Thread-safety: decided() by the one who won the party's claim, once; the rest by the coroutine.
#pragma once

#include <weir/base/resumption.hpp>
#include <weir/base/timer.hpp>
#include <weir/channel/waiter.hpp>

#include <coroutine>
#include <cstdint>
#include <utility>

namespace weir::detail {

template <class Atomics>
class async_gate {
 public:
  async_gate() noexcept
      : party(wait_party<Atomics>::shape::select,
              {[](void* gate) noexcept { static_cast<async_gate*>(gate)->decided(); }, this}) {}
  async_gate(const async_gate&) = delete;
  async_gate& operator=(const async_gate&) = delete;
  ~async_gate() { cancel_timeout(); }

  /// Before anything can decide.
  template <class Promise>
  void open(std::coroutine_handle<Promise> h) noexcept {
    resume_ = resumption_of(h, who_);
  }

  /// Claims `index` for the wait at `at`; `never` plans nothing. Throws as plan().
  void plan_timeout(time_point at, std::uint32_t index) {
    if (at == never) return;
    timeout_ = index;
    timer_.at = at;
    timer_.fire = {[](void* gate) noexcept { static_cast<async_gate*>(gate)->time_is_up(); }, this};
    plan(timer_);
    planned_ = true;
  }
  /// It does not claim any more after this.
  void cancel_timeout() noexcept {
    if (std::exchange(planned_, false)) cancel(timer_);
  }

  /// The coroutine is ready to wait. True: it stays suspended, and all of this may be gone.
  bool waits() noexcept { return !arrive(); }

  wait_party<Atomics> party;

 private:
  bool arrive() noexcept { return arrived_.fetch_add(1, std::memory_order_acq_rel) == 1; }
  void decided() noexcept {
    if (arrive()) resume_();
  }
  void time_is_up() noexcept {
    if (party.claim(timeout_)) party.finish();
  }

  typename Atomics::template atomic<std::uint32_t> arrived_{0};
  std::uint32_t timeout_ = 0;
  bool planned_ = false;
  suspended who_;
  resumer resume_;
  timer_entry timer_;
};

}  // namespace weir::detail
