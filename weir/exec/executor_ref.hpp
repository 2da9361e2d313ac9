// Where a coroutine of weir goes on after it has waited: on a scheduler of weir, on an executor of somebody
// else's, or on the thread that completes what it waited for.
//
// Thread-safety: a value.
#pragma once

#include <weir/base/resumption.hpp>
#include <weir/exec/scheduler.hpp>

#include <coroutine>

namespace weir::detail {

/// Inherited from the awaiting coroutine, which outlives what it awaits.
class executor_ref {
 public:
  executor_ref() = default;
  explicit executor_ref(scheduler& s) noexcept : post_(&post_to_scheduler), context_(&s) {}

  /// Of the coroutine that awaits.
  template <class Promise>
  static executor_ref of(std::coroutine_handle<Promise> h) noexcept {
    executor_ref e;
    if constexpr (requires {
                    { h.promise().get_executor() } -> std::same_as<executor_ref>;
                  }) {
      e = h.promise().get_executor();
    } else if constexpr (has_executor<Promise>) {
      e.context_ = h.address();
      e.post_ = [](void* address, std::coroutine_handle<> posted) noexcept {
        std::coroutine_handle<Promise>::from_address(address).promise().get_executor().post(posted);
      };
    }
    return e;
  }

  scheduler* own() const noexcept {
    return post_ == &post_to_scheduler ? static_cast<scheduler*>(context_) : nullptr;
  }

  /// Resumes `h` there; without an executor, here.
  void post(std::coroutine_handle<> h) const noexcept {
    if (post_ != nullptr) {
      post_(context_, h);
    } else {
      h.resume();
    }
  }

  /// Starts `h` there after what is ready; without an executor, runs it here until it waits.
  void start(std::coroutine_handle<> h) const noexcept {
    if (scheduler* const on = own()) {
      scheduler_access::start(*on, h);
    } else {
      post(h);
    }
  }

  /// How `s` is told; `self` lives while it waits.
  static resumer resumer_of(const executor_ref& self, suspended& s) noexcept {
    if (scheduler* const on = self.own()) {
      s.place = on;
      return {[](void* waiting) noexcept {
                const auto* const w = static_cast<const suspended*>(waiting);
                static_cast<scheduler*>(w->place)->post(w->coroutine);
              },
              &s};
    }
    if (self.post_ == nullptr) {
      return {[](void* waiting) noexcept { resume_here(*static_cast<suspended*>(waiting)); }, &s};
    }
    s.place = const_cast<executor_ref*>(&self);
    return {[](void* waiting) noexcept {
              const auto* const w = static_cast<const suspended*>(waiting);
              static_cast<const executor_ref*>(w->place)->post(w->coroutine);
            },
            &s};
  }

  /// For a coroutine whose turn has ended: it goes behind the others of this worker; false: there are none.
  bool gives_way(std::coroutine_handle<> h) const noexcept {
    worker* const w = this_worker;
    if (w == nullptr || &w->home != own()) return false;
    operations_left = worker::operations;
    if (!w->has_others()) return false;
    w->put_last(h.address());
    return true;
  }

 private:
  static void post_to_scheduler(void* s, std::coroutine_handle<> h) noexcept {
    static_cast<scheduler*>(s)->post(h);
  }

  void (*post_)(void* context, std::coroutine_handle<>) noexcept = nullptr;
  void* context_ = nullptr;
};

}  // namespace weir::detail
